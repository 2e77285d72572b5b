import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

/** A real site that serves the files of a folder, as an app with an `uploads/` folder does. */
export interface PictureSite {
  readonly origin: string;
  /** The folder it serves: wipe it, and the site is redeployed. */
  readonly folder: string;
  /** Every request so far. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  /** Answer some paths in another way than from the folder. */
  answer(path: string, answer: (request: IncomingMessage, response: ServerResponse) => void): void;
  put(name: string, bytes: Uint8Array | string): Promise<string>;
  wipe(): Promise<void>;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".gif": "image/gif",
  ".svg": "image/svg+xml",
  ".pdf": "application/pdf",
};

/** The smallest valid PNG (1 × 1) and GIF. */
export const pngBytes: Buffer = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
export const gifBytes: Buffer = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");

/** Start the site on a port of its own. */
export async function pictureSite(): Promise<PictureSite> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-site-"));
  const answers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
  const requests: PictureSite["requests"] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    requests.push({ path: request.url ?? "/", headers: request.headers });
    const special = answers.get(path);
    if (special !== undefined) return special(request, response);
    readFile(join(folder, path)).then(
      (bytes) =>
        response
          .writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream", etag: `"${bytes.length}"` })
          .end(bytes),
      () => response.writeHead(404, { "content-type": "text/html" }).end("<!doctype html><h1>Not found</h1>"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    folder,
    requests,
    answer: (path, answer) => void answers.set(path, answer),
    put: async (name, bytes) => {
      await writeFile(join(folder, name), bytes);
      return `${origin}/${name}`;
    },
    wipe: async () => {
      await rm(folder, { recursive: true });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
