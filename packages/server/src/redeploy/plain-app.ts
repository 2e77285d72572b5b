import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { basename, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";

// The app of a thousand tutorials: uploads go to a folder below the working directory, and are served from there.
// It does nothing wrong on purpose. It imports nothing but Node, so that this one file is the whole app.

const folder = join(process.cwd(), "uploads");
mkdirSync(folder, { recursive: true });

const types: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
};

async function save(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const extension = extname(url.searchParams.get("name") ?? "").toLowerCase();
  const name = `${randomUUID()}${types[extension] === undefined ? "" : extension}`;
  await pipeline(request, createWriteStream(join(folder, name)));
  response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ url: `/uploads/${name}` }));
}

async function send(response: ServerResponse, url: URL): Promise<void> {
  const file = join(folder, basename(url.pathname));
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end(`Cannot GET ${url.pathname}\n`);
    return;
  }
  response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "content-length": found.size });
  await pipeline(createReadStream(file), response);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const answered = request.method === "POST" && url.pathname === "/uploads" ? save(request, response, url) : send(response, url);
  answered.catch(() => response.destroy());
});

server.listen(Number(process.env["PORT"] ?? 0), "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 });
});

process.once("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
process.once("disconnect", () => process.exit(0)); // whoever started it has gone
