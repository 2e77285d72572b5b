import { posix } from "node:path";
import { managerInstall, nodeInstall } from "./node-install.js";
import { runScript } from "./node-stack.js";
import type { NodeStack } from "./stack.js";

/** Where the image has what it starts the app with. */
const ownHoldfast = "/opt/holdfast/node_modules/.bin/holdfast";
/** What is installed to start the app with: the path of `holdfast` in the image. */
export function holdfastIn(stack: NodeStack): string {
  return stack.hasHoldfast ? "/app/node_modules/.bin/holdfast" : ownHoldfast;
}

/**
 * Write the Dockerfile of a Node app: manifests and lock file first, so that what was installed is taken from the cache as long as they
 * stay; a stage that builds; one that installs what production needs; the image of both, run by nobody's root. `root` is the app's folder
 * in what is built, `file` the Dockerfile's path there, `version` the release of holdfast that starts it.
 */
export function nodeDockerfile(
  stack: NodeStack,
  names: { readonly name: string; readonly root: string; readonly file: string; readonly version: string },
): string {
  const { name, root, file, version } = names;
  const { workspace } = stack;
  const manager = managerInstall(stack);
  const members = workspace === undefined ? [] : [...workspace.needs, workspace.app];
  const stages = [
    `# docker build -f ${file} -t ${name} .
# Made by holdfast init.
# A line of releases that gets its security updates; for a build that is the same to the last bit, add @sha256:… of the image you tried.
ARG BASE=node:${stack.nodeMajor}-bookworm-slim`,
    [
      "# What is installed, and nothing else: as long as these files stay, the stages below come from the cache.",
      "FROM ${BASE} AS manifests",
      "WORKDIR /app",
      ...(manager === undefined ? [] : [`RUN ${manager}`]),
      `COPY ${stack.manifests.join(" ")} ./`,
      ...members.map(({ folder }) => `COPY ${folder}/package.json ${folder}/`),
      ...(stack.prisma === undefined ? [] : [`COPY ${posix.join(root, stack.prisma)} ${posix.join(root, stack.prisma)}`]),
    ].join("\n"),
    [
      "FROM manifests AS build",
      `RUN ${nodeInstall(stack)}`,
      ...sourcesOf(stack),
      "# What production needs is installed below, and joins what was built.",
      `RUN ${[...buildsOf(stack), "find . -name node_modules -prune -exec rm -rf {} +"].join(" && \\\n  ")}`,
    ].join("\n"),
    ["FROM manifests AS dependencies", `RUN ${installProduction(stack)} && rm -f .npmrc`].join("\n"),
    ...(stack.hasHoldfast
      ? []
      : [
          `# What checks the variables, migrates once across instances, and passes signals on.
FROM \${BASE} AS holdfast
ARG HOLDFAST=${version}
RUN npm install --prefix /opt/holdfast --no-audit --no-fund --ignore-scripts "holdfast@\${HOLDFAST}"`,
        ]),
    [
      "FROM ${BASE}",
      `ENV NODE_ENV=production PORT=8080${stack.hasSourceMaps ? " NODE_OPTIONS=--enable-source-maps" : ""}`,
      "WORKDIR /app",
      ...(stack.hasHoldfast ? [] : ["COPY --from=holdfast /opt/holdfast /opt/holdfast"]),
      "COPY --from=dependencies /app ./",
      ...(workspace === undefined
        ? ["COPY --from=build /app ./"]
        : members.map(({ folder }) => `COPY --from=build /app/${folder} ${folder}`)),
      ...(root === "." ? [] : [`WORKDIR /app/${root}`]),
      "# Which release this is; migrations and error reports ask for it.",
      "ARG RELEASE=",
      "ENV HOLDFAST_RELEASE=${RELEASE} SENTRY_RELEASE=${RELEASE}",
      ...(stack.staticFolder === undefined ? [] : writable(stack.staticFolder)),
      `# By number, for not every base has a user of that name. The app writes nothing ${stack.staticFolder === undefined ? "" : "else "}below /app.`,
      "USER 1000:1000",
      "EXPOSE 8080",
      `CMD ${JSON.stringify([holdfastIn(stack), "start", "--", ...startOf(stack)])}`,
    ].join("\n"),
  ];
  return `${stages.join("\n\n")}\n`.replaceAll('","', '", "');
}

/** A folder is replaced whole, which takes the one around it too. */
function writable(folder: string): readonly string[] {
  const around = posix.dirname(folder);
  return [
    "# holdfast start makes the static files anew there; all the rest belongs to root.",
    `RUN mkdir -p ${folder} && chown 1000:1000 ${around} && chown -R 1000:1000 ${folder}`,
  ];
}

function installProduction({ manager, workspace, isLocked }: NodeStack): string {
  switch (manager) {
    case "npm":
      return `${isLocked ? "npm ci" : "npm install"} --omit=dev${workspace === undefined ? "" : ` -w ${workspace.app.name}`}`;
    case "pnpm":
      return `pnpm install --frozen-lockfile --prod${workspace === undefined ? "" : ` --filter "${workspace.app.name}..."`}`;
    case "yarn":
      return "yarn install --frozen-lockfile --production";
    case "yarn-berry":
      return `yarn workspaces focus --production${workspace === undefined ? "" : ` ${workspace.app.name}`}`;
  }
}

function sourcesOf({ workspace }: NodeStack): readonly string[] {
  if (workspace === undefined) return ["COPY . ."];
  const configs = workspace.configs.length === 0 ? [] : [`COPY ${workspace.configs.join(" ")} ./`];
  return [...configs, ...[...workspace.needs, workspace.app].map(({ folder }) => `COPY ${folder} ${folder}`)];
}

function buildsOf({ manager, workspace, build }: NodeStack): readonly string[] {
  if (workspace === undefined) return build === undefined ? [] : [runScript(manager, "build", undefined)];
  const needs = workspace.needs.map(({ name }) => buildNeed(manager, name));
  const own = build === undefined ? [] : [runScript(manager, "build", workspace.app.name)];
  // A build that compiles what it refers to comes first: what else its needs make is made of the outcome.
  return build?.makesNeeds === true ? [...own, ...needs] : [...needs, ...own];
}

/** Not every package of a workspace has something to build. */
function buildNeed(manager: NodeStack["manager"], name: string): string {
  if (manager === "npm") return `npm run build --if-present -w ${name}`;
  return manager === "pnpm" ? `pnpm --filter ${name} run --if-present build` : `yarn workspaces foreach --from ${name} run build`;
}

function startOf({ start, workspace, manager }: NodeStack): readonly string[] {
  // npm and yarn install into the workspace's root.
  if (workspace === undefined || manager === "pnpm") return start;
  return start.map((word) => word.replace(/^node_modules\//, "/app/node_modules/"));
}
