import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type Balancer, startBalancer } from "./balancer.js";
import { type Cloud, makeCloud } from "./cloud-home.js";

const lab = inject("lab");
const root = fileURLToPath(new URL("../..", import.meta.url));
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Release {
  readonly origin: string;
  readonly printed: () => string;
  stop(): Promise<void>;
}

/** Start a release in a folder of its own, by `holdfast start`; resolves when it listens. Its folder goes with it. */
async function start(name: string, cloud: Cloud, isPublished = true): Promise<Release> {
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`));
  const files = {
    release: name,
    "package.json": '{ "type": "module" }',
    "holdfast.yaml": `start:\n  static: { from: public, to: dist/static${isPublished ? ", publish: true" : ""} }\n`,
    "public/app.js": `console.log("${name}", "${"code ".repeat(200)}");`,
    "public/css/app.css": `body { background: url(../logo.svg) } /* ${name} ${"rule ".repeat(200)} */`,
    "public/logo.svg": `<svg xmlns="http://www.w3.org/2000/svg"><title>${name}</title></svg>`,
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  await copyFile(fileURLToPath(new URL("static-app.mjs", import.meta.url)), join(folder, "app.mjs"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const child: ChildProcess = spawn(process.execPath, [join(root, "packages/holdfast/dist/bin.js"), "start", "--", "node", "app.mjs"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], PORT: "0", HOLDFAST_RELEASE: name, ...cloud.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const ended = once(child, "close");
  const origin = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (block: Buffer) => {
        text += block.toString();
        const port = /listening on (\d+)/.exec(text)?.[1];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      });
    }
    void ended.then(() => reject(new Error(text)));
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  cleanups.push(stop);
  return { origin, printed: () => text, stop };
}

/** The URLs of a page's files, and of those that its style sheet asks for. */
async function assetsOf(page: string, origin: string): Promise<string[]> {
  const urls = [...page.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, url = ""]) => url);
  const sheets = urls.filter((url) => url.endsWith(".css"));
  const nested = await Promise.all(
    sheets.map(async (sheet) => {
      const css = await (await fetch(origin + sheet)).text();
      return [...css.matchAll(/url\(([^)]+)\)/g)].map(([, url = ""]) => new URL(url, origin + sheet).pathname);
    }),
  );
  return [...urls, ...nested.flat()];
}

/** Ask for a page and for all its files through the balancer, each in the hope that another release answers; answers what was missing. */
async function visit(balancer: Balancer, missing: string[], codings: readonly string[]): Promise<string> {
  const response = await fetch(balancer.origin);
  const page = await response.text();
  if (response.status !== 200) missing.push(`the page: ${response.status}`);
  for (const coding of codings) {
    for (const url of await assetsOf(page, balancer.origin)) {
      const asset = await fetch(balancer.origin + url, { headers: { "accept-encoding": coding } });
      await asset.arrayBuffer();
      if (asset.status !== 200) missing.push(`${response.headers.get("x-release")}: ${url} ${asset.status}`);
    }
  }
  return response.headers.get("x-release") ?? "";
}

describe.runIf(lab !== undefined)("two releases behind a balancer, their files in a bucket", () => {
  it("miss nothing of each other's pages while both live, nor after the old one has gone with its disk", async () => {
    if (lab === undefined) return;
    const cloud = await makeCloud(lab);
    cleanups.push(cloud.remove);
    const balancer = await startBalancer();
    cleanups.push(balancer.close);
    const old = await start("one", cloud);
    balancer.add(old.origin);
    const before = await (await fetch(balancer.origin)).text();
    const kept = await assetsOf(before, balancer.origin);

    // A visitor never stops asking, from before the redeploy until after it.
    const missing: string[] = [];
    const seen = new Set<string>();
    let isOver = false;
    const visitor = (async () => {
      while (!isOver) seen.add(await visit(balancer, missing, ["br", "gzip", "identity"]));
    })();
    const now = await start("two", cloud);
    expect(now.printed()).toMatch(/static: 3 files in s3 \(bucket "[^"]+"[^)]*\), \d objects of them new/);
    balancer.add(now.origin);
    for (let round = 0; round < 5; round += 1) await visit(balancer, missing, ["br", "identity"]);
    balancer.remove(old.origin);
    await old.stop();
    await visit(balancer, missing, ["br"]);
    isOver = true;
    await visitor;
    expect(missing).toEqual([]);
    expect(seen).toEqual(new Set(["one", "two"]));

    // A tab that was left open still shows the page of before.
    const after = await Promise.all(kept.map(async (url) => (await fetch(balancer.origin + url)).status));
    expect(after).toEqual(kept.map(() => 200));
  });

  it("would miss some where they are not published", async () => {
    if (lab === undefined) return;
    const cloud = await makeCloud(lab);
    cleanups.push(cloud.remove);
    const balancer = await startBalancer();
    cleanups.push(balancer.close);
    for (const name of ["three", "four"]) balancer.add((await start(name, cloud, false)).origin);
    const missing: string[] = [];
    for (let round = 0; round < 3; round += 1) await visit(balancer, missing, ["identity"]);
    expect(missing).not.toEqual([]);
  });
});
