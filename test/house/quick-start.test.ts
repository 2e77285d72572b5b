import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./workspace.js";

describe("examples/quick-start", () => {
  let folder = "";
  let running: { readonly child: ChildProcess; readonly url: string };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "holdfast-quick-start-"));
    build();
    running = await start(folder);
  });
  afterAll(async () => {
    await stop(running.child);
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows a form, takes a photo and shows its variant", async () => {
    expect(await (await fetch(running.url)).text()).toContain('type="file"');
    const uploaded = await upload(running.url, await photo(), "cat <1>.jpg");
    expect(uploaded.status).toBe(200);
    const page = await uploaded.text();
    expect(page).toContain('alt="cat &lt;1&gt;.jpg"');
    expect(await widthOf(running.url, page)).toBe(640);
  });

  it("says in words what is wrong with a file that is no picture", async () => {
    const refused = await upload(running.url, Buffer.from("not a photo"), "cat.jpg");
    expect(refused.status).toBe(415);
    expect(await refused.text()).toMatch(/^"cat\.jpg" .+\.$/s);
  });

  it("still has the photo when it is killed and started again", async () => {
    running.child.kill("SIGKILL");
    await once(running.child, "exit");
    running = await start(folder);
    expect(await widthOf(running.url, await (await fetch(running.url)).text())).toBe(640);
  });

  it("ends when it is told to", async () => {
    await stop(running.child);
    expect(running.child.exitCode).toBe(0);
  });
});

function build(): void {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, "-b", join(root, "examples/quick-start")], { encoding: "utf8" });
  expect(stdout + stderr).toBe("");
}

async function photo(): Promise<Buffer> {
  return await sharp({ create: { width: 1200, height: 800, channels: 3, background: "#8a6d3b" } })
    .jpeg()
    .toBuffer();
}

async function upload(url: string, bytes: Buffer, name: string): Promise<Response> {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  return await fetch(`${url}/photos`, { method: "POST", body: form });
}

/** Fetch the first picture of a page and measure it. */
async function widthOf(url: string, page: string): Promise<number> {
  const path = /<img src="([^"]+)"/.exec(page)?.[1] ?? "";
  const response = await fetch(url + path);
  expect(response.status).toBe(200);
  return (await sharp(Buffer.from(await response.arrayBuffer())).metadata()).width;
}

async function start(folder: string): Promise<{ child: ChildProcess; url: string }> {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, PORT: String(await freePort()) };
  const child = spawn(process.execPath, [join(root, "examples/quick-start/dist/app.js")], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const text of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    said += text;
    const url = /^Photos: (http:\S+)$/m.exec(said)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error(`The example ended before it listened: ${said}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exited;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
