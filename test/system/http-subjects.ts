import { createHash } from "node:crypto";
import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getRequestListener } from "@hono/node-server";
import { type Media, type MediaFile, openMedia } from "@holdfast/media";
import { expressMedia } from "@holdfast/media/express";
import { fastifyMedia } from "@holdfast/media/fastify";
import { honoMedia } from "@holdfast/media/hono";
import { nodeHandler } from "@holdfast/media/node";
import { serve } from "@holdfast/server";
import express from "express";
import { fastify } from "fastify";
import { Hono } from "hono";
import sharp from "sharp";
import { Daemons, findFreePorts } from "../../bench/src/servers/daemons.js";
import { type Facts, size, type Target } from "./http-cases.js";
import { makeWav } from "./made-media.js";

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Something that answers requests, and how it is let go of. */
export interface Subject {
  ask(method: string, path: string, headers: Readonly<Record<string, string>>): Promise<Answer>;
  stop(): Promise<void>;
}

/** Media with the files that the cases are about, in a folder of its own. */
export interface Fixture {
  readonly folder: string;
  readonly media: Media;
  readonly facts: Readonly<Record<Target, Facts>>;
}

const quiet = { info: () => undefined, warn: console.warn, error: console.error };

/** Keep the files that the cases ask for. */
export async function makeFixture(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-http-"));
  const media = await openMedia({ cwd: folder, env: {}, log: quiet, settleEveryMs: 0, authorize: (_, { kind }) => kind === "upload" });
  const photo = await sharp({
    create: { width: 300, height: 200, channels: 3, background: "#2a6f97", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .jpeg()
    .toBuffer();
  const open = { visibility: "public" } as const;
  const publicPhoto = await media.put(photo, { name: "photo.jpg", ...open });
  const privatePhoto = await media.put(photo, { name: "photo.jpg" });
  const document = Buffer.from("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n");
  const recording = makeWav(size);
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  const path = publicPhoto.url({ width: 128 });
  const variant = await media.handler(new Request(`http://localhost${path}`, { headers: { accept: "image/webp,*/*;q=0.8" } }));
  const variantBytes = new Uint8Array(await variant.arrayBuffer());
  const facts: Record<Target, Facts> = {
    public: factsOf(publicPhoto, photo),
    private: factsOf(privatePhoto, photo),
    unsigned: { ...factsOf(privatePhoto, photo), path: privatePhoto.originalUrl().replace(/\?.*/, "") },
    document: factsOf(await media.put(document, { name: "Übersicht 2026.pdf", ...open }), document),
    recording: factsOf(await media.put(recording, { name: "tone.wav", ...open }), recording),
    drawing: factsOf(await media.put(drawing, { name: "drawing.svg", ...open }), drawing),
    variant: { ...factsOf(publicPhoto, variantBytes), path },
    upload: { path: "/media", bytes: new Uint8Array(), etag: "", lastModified: "" },
    nothing: { path: "/media/01m7xvd3a0eb88zgqcxxff6rw2/nothing.jpg", bytes: new Uint8Array(), etag: "", lastModified: "" },
  };
  return { folder, media, facts };
}

function factsOf(file: MediaFile, bytes: Uint8Array): Facts {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { path: file.originalUrl(), bytes, etag: `"${sha256.slice(0, 32)}"`, lastModified: new Date(file.storedAt).toUTCString() };
}

/** How each subject of an app is started over the same media. */
export const apps: Readonly<Record<string, (media: Media) => Promise<Subject>>> = {
  "the handler": async (media) => ({
    async ask(method, path, headers) {
      const response = await media.handler(new Request(`http://localhost${path}`, { method, headers }));
      return { status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) };
    },
    stop: async () => undefined,
  }),
  "node:http": async (media) => {
    const handle = nodeHandler(media);
    return await listening((request, response) => void handle(request, response));
  },
  Express: async (media) => await listening(express().use(expressMedia(media))),
  Fastify: async (media) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyMedia(media));
    const origin = await app.listen({ port: 0, host: "127.0.0.1" });
    return { ask: asking(Number(new URL(origin).port)), stop: async () => await app.close() };
  },
  Hono: async (media) => {
    const app = new Hono().use(honoMedia(media));
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    return await listening((request, response) => void listener(request, response));
  },
};

async function listening(listener: RequestListener): Promise<Subject> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ask: asking((server.address() as AddressInfo).port),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Start the service over the folder of a fixture whose own media is closed. */
export async function startServiceOver(folder: string): Promise<Subject & { readonly port: number }> {
  const service = await serve({
    port: 0,
    cwd: folder,
    env: { HOLDFAST_TOKEN: "a-token-for-the-tests-0123456789" },
    print: () => undefined,
  });
  return { port: service.port, ask: asking(service.port), stop: service.close };
}

const documentation = fileURLToPath(new URL("../../docs/behind-a-proxy.md", import.meta.url));

/** The configuration that the documentation gives for a proxy, with these things put in place of what stands there. */
async function documented(language: "nginx" | "vcl", changes: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(documentation, "utf8");
  let configuration = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(text)?.[1] ?? "";
  for (const [from, to] of Object.entries(changes)) {
    if (!configuration.includes(from)) throw new Error(`docs/behind-a-proxy.md has no "${from}" in its ${language}`);
    configuration = configuration.replace(from, to);
  }
  return configuration;
}

/** nginx, as the documentation sets it up. */
export async function startNginx(servicePort: number): Promise<Subject> {
  const daemons = await Daemons.create("nginx");
  const { folder } = daemons;
  const [port = 0] = await findFreePorts(1);
  const http = await documented("nginx", {
    "/var/cache/nginx/holdfast": join(folder, "cache"),
    "127.0.0.1:4100": `127.0.0.1:${servicePort}`,
    "listen 80;": `listen 127.0.0.1:${port};`,
  });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/tmp-${kind};`);
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const configuration = `daemon off;\nworker_processes 1;\npid ${folder}/nginx.pid;\n${user}\nevents { worker_connections 256; }\nhttp {\naccess_log off;\n${temporary.join("\n")}\n${http}\n}\n`;
  await writeFile(join(folder, "nginx.conf"), configuration);
  daemons.start("nginx", "nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"]);
  return await proxied(daemons, port);
}

/** Varnish, as the documentation sets it up. */
export async function startVarnish(servicePort: number): Promise<Subject> {
  const daemons = await Daemons.create("varnish");
  const { folder } = daemons;
  const [port = 0] = await findFreePorts(1);
  await mkdir(join(folder, "work"));
  await writeFile(join(folder, "holdfast.vcl"), await documented("vcl", { '"4100"': `"${servicePort}"` }));
  const args = ["-F", "-n", join(folder, "work"), "-a", `127.0.0.1:${port}`, "-T", "none", "-f", join(folder, "holdfast.vcl")];
  daemons.start("varnish", "varnishd", [...args, "-s", "malloc,64m", "-j", "none"]);
  return await proxied(daemons, port);
}

async function proxied(daemons: Daemons, port: number): Promise<Subject> {
  const ask = asking(port);
  await daemons.until("the proxy", async () => (await ask("GET", "/healthz", {})).status === 200, 20_000);
  return { ask, stop: async () => await daemons.stop() };
}

/** Ask over a connection of its own, with these headers and no others but the host. */
function asking(port: number): Subject["ask"] {
  return async (method, path, headers) =>
    await new Promise((resolve, reject) => {
      const request = httpRequest({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
        const blocks: Buffer[] = [];
        response.on("data", (block: Buffer) => blocks.push(block));
        response.once("error", reject);
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, value?.toString()])),
            body: Buffer.concat(blocks),
          }),
        );
      });
      request.once("error", reject);
      request.setTimeout(20_000, () => request.destroy(new Error("no answer within 20 seconds")));
      request.end();
    });
}

/** Close what is left of a fixture. */
export async function removeFixture({ folder }: Pick<Fixture, "folder">): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
