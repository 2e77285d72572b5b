import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildImage, type Container, lacksContainers, makeBase, runInContainer, startContainer } from "./container.js";
import { lockCommands, makeApp, makeDjangoProject, nodeApp, nodeAppWithStaticFiles, runInit } from "./made-apps.js";
import { type OwnRegistry, startOwnRegistry } from "./own-registry.js";

const run = promisify(execFile);
const python = process.env["HOLDFAST_TEST_PYTHON"] ?? "";
const lacksDjango = !existsSync(python);
if (lacksDjango && process.env["CI"] !== undefined) throw new Error("Name a Python with Django and Pillow in HOLDFAST_TEST_PYTHON");

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
const removed = (folder: string): string => {
  cleanups.push(async () => await rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Send the first half of a request, as a browser does; `finish` sends the rest and answers what came back. */
function beginRequest(url: string, body: Buffer, type: string): { finish(): Promise<readonly [number, string]> } {
  const half = Math.floor(body.length / 2);
  const sending = request(url, { method: "POST", headers: { "content-type": type, "content-length": body.length } });
  const answered = new Promise<readonly [number, string]>((resolve, reject) => {
    sending.on("error", reject);
    sending.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (block: string) => (text += block));
      response.on("end", () => resolve([response.statusCode ?? 0, text]));
    });
  });
  answered.catch(() => undefined);
  sending.write(body.subarray(0, half));
  return {
    async finish() {
      sending.end(body.subarray(half));
      return await answered;
    },
  };
}

/** Whether a request over a connection of its own is answered; one that is open already may still be. */
async function answersAnew(url: string): Promise<boolean> {
  const asking = request(url, { agent: false, timeout: 700 }).end();
  asking.on("timeout", () => asking.destroy());
  const answered = await new Promise<boolean>((resolve) => {
    asking.once("response", () => resolve(true));
    asking.on("error", () => resolve(false));
    asking.on("close", () => resolve(false));
  });
  asking.destroy();
  return answered;
}

/** Tell a container to stop while a request is half sent, and send the rest when it takes no new ones. */
async function stopUnder(container: Container, upload: ReturnType<typeof beginRequest>): Promise<readonly [number, string]> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  await container.terminate();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await answersAnew(`${container.origin}/healthz`)).toBe(false);
  return await upload.finish();
}

describe.skipIf(lacksContainers)("the image that holdfast init writes", () => {
  let registry: OwnRegistry | undefined;
  beforeAll(async () => {
    await makeBase("node");
    await makeBase("python");
    await makeBase("nginx");
    registry = await startOwnRegistry();
  }, 300_000);
  afterAll(async () => await registry?.close());

  it.each(Object.entries(lockCommands))(
    "for a TypeScript app by %s is built from its lock file, and lets an upload finish",
    async (manager, [program = "", ...args]) => {
      const folder = removed(await makeApp(manager === "npm" ? nodeAppWithStaticFiles : nodeApp));
      await run(program, args, { cwd: folder });
      await rm(join(folder, "node_modules"), { recursive: true, force: true });
      await runInit(folder, ["--registry", "you/counter"]);
      const image = await buildImage({
        name: `init-${manager}`,
        context: folder,
        file: "Dockerfile",
        ...(registry === undefined ? {} : { registry: registry.url }),
      });

      // What is required is checked before the start.
      await expect(startContainer(image, 4291, { env: {} })).rejects.toThrow("SESSION_SECRET is not set");
      const container = await startContainer(image, 4291, {
        env: { SESSION_SECRET: "0123456789abcdef0123456789abcdef", HOLDFAST_RELEASE: "r1" },
      });
      cleanups.push(container.remove);
      expect(await container.user()).toBe("1000");
      expect(await (await fetch(`${container.origin}/env`)).json()).toMatchObject({ release: "r1", mode: "production" });
      if (manager === "npm") expect(await container.log()).toContain("static: 1 files");
      const upload = beginRequest(`${container.origin}/upload`, Buffer.alloc(500_000), "application/octet-stream");
      expect(await stopUnder(container, upload)).toEqual([201, "500000"]);
      expect(await container.ended()).toBe(0);
      const inside = await runInContainer(image, { env: {} }, ["ls", "-a", "/app", "/app/node_modules"]);
      expect(inside).toMatch(/^picocolors$/m);
      expect(inside).not.toMatch(/^(typescript|\.npmrc|\.env)$/m);
    },
  );

  it.skipIf(lacksDjango)("for a new Django project serves and lets an upload finish, as nobody's root", async () => {
    const folder = removed(await makeDjangoProject(python));
    const said = await runInit(folder, ["--registry", "you/shop"]);
    expect(said).toContain("Records (default, config/settings.py");
    const image = await buildImage({ name: "init-django", context: folder, file: "Dockerfile", base: "python" });
    const container = await startContainer(image, 4291, { env: { WEB_CONCURRENCY: "1" } });
    cleanups.push(container.remove);
    expect(await container.user()).toBe("1000");
    expect((await fetch(`${container.origin}/admin/login/`)).status).toBe(200);
    const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: "#a63" } })
      .jpeg()
      .toBuffer();
    const head =
      '--x\r\ncontent-disposition: form-data; name="title"\r\n\r\nTabouret\r\n--x\r\ncontent-disposition: form-data; name="photo"; filename="stool.jpg"\r\ncontent-type: image/jpeg\r\n\r\n';
    const body = Buffer.concat([Buffer.from(head), picture, Buffer.from("\r\n--x--\r\n")]);
    const upload = beginRequest(`${container.origin}/articles`, body, "multipart/form-data; boundary=x");
    expect(await stopUnder(container, upload)).toEqual([201, "articles/stool.jpg"]);
    expect(await container.ended()).toBe(0);
    expect(await container.log()).toContain("static files copied to '/app/staticfiles'");
  });

  it("for pages hands them out on the port, as nobody's root", async () => {
    const folder = removed(await makeApp({ "public/index.html": "<h1>Bonjour</h1>", "public/app.0a1b2c3d.css": "a {}" }));
    await runInit(folder, ["--deploy", "image", "--registry", "you/pages"]);
    expect(await readFile(join(folder, "render.yaml"), "utf8")).toContain("runtime: image");
    const image = await buildImage({ name: "init-pages", context: folder, file: "Dockerfile", base: "nginx" });
    const container = await startContainer(image, 4291, { env: {}, healthPath: "/" });
    cleanups.push(container.remove);
    expect(await container.user()).toBe("1000");
    expect(await (await fetch(`${container.origin}/`)).text()).toBe("<h1>Bonjour</h1>");
    expect((await fetch(`${container.origin}/app.0a1b2c3d.css`)).headers.get("cache-control")).toContain("immutable");
    await container.terminate();
    expect(await container.ended()).toBe(0);
  });
});
