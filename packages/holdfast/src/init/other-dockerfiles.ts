import type { DjangoStack, PythonPackages, StaticStack } from "./stack.js";
import { nodeInstall } from "./node-install.js";
import { runScript } from "./node-stack.js";

/** The names that a Dockerfile is written with: the image's, and the file's own path in what is built. */
export interface ImageNames {
  readonly name: string;
  readonly file: string;
}

/** Versions of what installs from lock files. */
const installers = { uv: "uv==0.13.9", poetry: "poetry==2.5.1", pipenv: "pipenv==2026.10.3" } as const;

/** Write the Dockerfile of a Django project: packages in a virtual environment, then the code, started by `start.sh` as nobody's root. */
export function djangoDockerfile({ packages, python, settings, writes }: DjangoStack, { name, file }: ImageNames): string {
  const folders = writes.filter((folder) => folder !== ".");
  const owned = ["-R 1000:1000", ...folders].join(" ");
  const writable = [
    ...(folders.length === 0 ? [] : [`mkdir -p ${folders.join(" ")}`, `chown ${owned}`]),
    // A database that is a file lays its journal beside itself.
    ...(writes.includes(".") ? ["chown 1000:1000 ."] : []),
  ];
  return `# docker build -f ${file} -t ${name} .
# Made by holdfast init.
# A line of releases that gets its security updates; for a build that is the same to the last bit, add @sha256:… of the image you tried.
ARG BASE=python:${python}-slim-bookworm

# The packages alone: as long as their file stays, this stage comes from the cache.
FROM \${BASE} AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /opt/venv
ENV PATH="/opt/venv/bin:\${PATH}"
${installsOf(packages).join("\n")}

FROM \${BASE}
ENV PATH="/opt/venv/bin:\${PATH}" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=${settings} PORT=8000
WORKDIR /app
COPY --from=dependencies /opt/venv /opt/venv
COPY . .
${writable.length === 0 ? "" : `# What the app writes; all the rest belongs to root.\nRUN ${writable.join(" && ")}\n`}# Which release this is; error reports ask for it.
ARG RELEASE=
ENV HOLDFAST_RELEASE=\${RELEASE} SENTRY_RELEASE=\${RELEASE}
USER 1000:1000
EXPOSE 8000
CMD ["sh", "./start.sh"]
`;
}

function installsOf({ file, installer, added }: PythonPackages): readonly string[] {
  const extra = added.map((one) => `"${one}"`).join(" ");
  const about = added.length === 0 ? [] : [`# ${extra}: what the app needs in production, and its file does not name.`];
  const andExtra = added.length === 0 ? "" : ` && \\\n  pip install ${extra}`;
  switch (installer) {
    case "uv":
      return [
        "COPY pyproject.toml uv.lock ./",
        ...about,
        `RUN pip install "${installers.uv}" && \\
  UV_PROJECT_ENVIRONMENT=/opt/venv uv sync --frozen --no-dev --no-install-project --inexact${andExtra}`,
      ];
    case "poetry":
      return [
        "COPY pyproject.toml poetry.lock ./",
        ...about,
        `RUN python -m venv /opt/poetry && \\
  /opt/poetry/bin/pip install "${installers.poetry}" && \\
  VIRTUAL_ENV=/opt/venv /opt/poetry/bin/poetry install --only main --no-root --no-interaction${andExtra}`,
      ];
    case "pipenv":
      return [
        "COPY Pipfile Pipfile.lock ./",
        ...about,
        `RUN python -m venv /opt/pipenv && \\
  /opt/pipenv/bin/pip install "${installers.pipenv}" && \\
  /opt/pipenv/bin/pipenv requirements > /tmp/requirements.txt && \\
  pip install -r /tmp/requirements.txt${andExtra}`,
      ];
    case "pip": {
      if (file === undefined) return [...about, ...(extra === "" ? [] : [`RUN pip install ${extra}`])];
      // A list in a folder may name its neighbours.
      const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/")) : undefined;
      const copied = folder === undefined ? `COPY ${file} ./` : `COPY ${folder} ${folder}/`;
      return [copied, ...about, `RUN pip install -r ${file}${extra === "" ? "" : ` ${extra}`}`];
    }
  }
}

/** Write the Dockerfile of pages: built where they have to be, handed out by nginx on \`$PORT\` as nobody's root. */
export function staticDockerfile({ publish, build }: StaticStack, { name, file }: ImageNames): string {
  const stage =
    build === undefined
      ? ""
      : `ARG NODE=node:${build.nodeMajor}-bookworm-slim

FROM \${NODE} AS build
WORKDIR /app
COPY ${build.manifests.join(" ")} ./
RUN ${nodeInstall(build)}
COPY . .
RUN ${runScript(build.manager, "build", undefined)}

`;
  return `# docker build -f ${file} -t ${name} .
# Made by holdfast init.
ARG BASE=nginxinc/nginx-unprivileged:1.29-bookworm
${stage}FROM \${BASE}
ENV PORT=8080
COPY nginx.conf /etc/nginx/nginx.conf
COPY ${build === undefined ? `${publish} ` : `--from=build /app/${publish} `}/usr/share/nginx/html
USER 1000:1000
EXPOSE 8080
# nginx ends at once on SIGTERM, and lets answers finish on SIGQUIT.
STOPSIGNAL SIGQUIT
CMD ["sh", "-c", "sed \\"s/listen 8080/listen \${PORT}/\\" /etc/nginx/nginx.conf > /tmp/nginx.conf && exec nginx -c /tmp/nginx.conf -g 'daemon off;'"]
`;
}

/** Write the settings of nginx for pages: compressed, hashed files kept for ever, everything else asked for again. */
export function nginxConf(): string {
  return `# Hands out the pages. Made by holdfast init. The port is replaced by $PORT when it starts.
worker_processes auto;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  client_body_temp_path /tmp/nginx-body;
  proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-fastcgi;
  uwsgi_temp_path /tmp/nginx-uwsgi;
  scgi_temp_path /tmp/nginx-scgi;
  access_log /dev/stdout;
  server_tokens off;
  sendfile on;
  gzip on;
  gzip_vary on;
  gzip_types text/css application/javascript application/json image/svg+xml;
  server {
    listen 8080;
    root /usr/share/nginx/html;
    absolute_redirect off;
    add_header X-Content-Type-Options nosniff always;
    # Names with a hash change with their bytes.
    location ~ "[.-][A-Za-z0-9_-]{8,}\\.(?:css|js|mjs|woff2?|png|jpe?g|webp|avif|svg)$" {
      add_header X-Content-Type-Options nosniff always;
      add_header Cache-Control "public, max-age=31536000, immutable";
      try_files $uri =404;
    }
    location / {
      add_header X-Content-Type-Options nosniff always;
      add_header Cache-Control "no-cache";
      try_files $uri $uri/index.html $uri.html =404;
    }
    error_page 404 /404.html;
  }
}
`;
}
