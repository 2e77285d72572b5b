import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "./ports.js";
import { type Program, startProgram } from "./program.js";

/** An nginx of our own, with one worker, serving one file. */
export interface Nginx extends Program {
  readonly url: string;
}

/** How to get nginx, for people. */
export const howToGetNginx = "nginx is not installed, so it is left out (on Debian: apt-get install nginx-light)";

/** Start nginx on loopback with a configuration made for the measurement, and wait until it answers. */
export async function startNginx(
  folder: string,
  content: { readonly body: Uint8Array; readonly gzipped?: Uint8Array; readonly headers: Readonly<Record<string, string>> },
): Promise<Nginx> {
  const root = join(folder, "nginx");
  await mkdir(join(root, "files"), { recursive: true });
  await chmod(folder, 0o755);
  await writeFile(join(root, "files", "variant"), content.body);
  // What lies compressed beside a file is sent to whoever takes it.
  if (content.gzipped !== undefined) await writeFile(join(root, "files", "variant.gz"), content.gzipped);
  const port = await findFreePort();
  const configuration = join(root, "nginx.conf");
  await writeFile(configuration, configurationFor(root, port, content.headers));
  const url = `http://127.0.0.1:${port}/variant`;
  const program = await startProgram({ path: "nginx", args: ["-p", root, "-c", configuration, "-e", "stderr"], url });
  return { url, ...program };
}

/** What nginx sends by itself, and must not be told to send twice. */
const ownHeaders = new Set(["content-type", "content-length", "etag", "last-modified", "accept-ranges"]);

function configurationFor(root: string, port: number, headers: Readonly<Record<string, string>>): string {
  const added = Object.entries(headers).filter(([name]) => !ownHeaders.has(name));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${root}/tmp-${kind};`);
  return `daemon off;
worker_processes 1;
pid ${root}/nginx.pid;
${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.join("\n  ")}
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  gzip_static on;
  gzip_vary on;
  default_type ${JSON.stringify(headers["content-type"] ?? "application/octet-stream")};
  server {
    listen 127.0.0.1:${port};
    root ${root}/files;
    ${added.map(([name, value]) => `add_header ${name} ${JSON.stringify(value)};`).join("\n    ")}
  }
}
`;
}
