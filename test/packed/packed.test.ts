import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installInto, packages, packAll, type Ran, repository, run, type Tarballs } from "./packages.js";

/** This Node, and those that HOLDFAST_TEST_NODES names: paths of binaries, separated by colons. */
const nodes = [process.execPath, ...(process.env["HOLDFAST_TEST_NODES"] ?? "").split(":").filter((path) => path !== "")];

const bin = (name: string): string => join(repository, "node_modules", ".bin", name);
const manifestOf = (folder: string): { exports: Record<string, unknown>; version: string } =>
  JSON.parse(readFileSync(join(repository, "packages", folder, "package.json"), "utf8"));

let work: string;
let tarballs: Tarballs;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "holdfast-packed-"));
  tarballs = await packAll(work);
});
afterAll(async () => {
  await rm(work, { recursive: true, force: true });
});

describe.each(packages)("the tarball of $name", ({ folder }) => {
  it("pleases publint", async () => {
    const { exitCode, stdout, stderr } = await run(bin("publint"), ["run", tarballs[folder], "--strict"], { cwd: work });
    expect({ exitCode, said: stdout + stderr }).toMatchObject({ exitCode: 0, said: expect.stringContaining("All good") });
  });

  it("has types that resolve from ES modules and bundlers", async () => {
    const { exitCode, stdout } = await run(bin("attw"), [tarballs[folder], "--profile", "esm-only", "--no-emoji"], { cwd: work });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
  });

  it("carries its README and licence, and no tests, fixtures or build records", async () => {
    const files = (await run("tar", ["tzf", tarballs[folder]], { cwd: work })).stdout.split("\n");
    expect(files).toEqual(expect.arrayContaining(["package/README.md", "package/LICENSE", "package/package.json"]));
    expect(files.filter((file) => /\.(test|fixture)\.|tsbuildinfo|\/src\//.test(file))).toEqual([]);
  });

  it("says nothing of the machine that built it", async () => {
    const text = (await run("tar", ["xzOf", tarballs[folder]], { cwd: work })).stdout;
    expect(text.length).toBeGreaterThan(1000);
    expect(text).not.toContain(repository);
  });
});

describe("media and server in a project of their own", () => {
  const entryPoints = (["media", "server"] as const).flatMap((folder) =>
    Object.keys(manifestOf(folder).exports)
      // The script for pages gives nothing away: it acts.
      .filter((entry) => entry !== "./package.json" && entry !== "./media-image.js")
      .map((entry) => `@holdfast/${folder}${entry.slice(1)}`),
  );
  let project: string;
  beforeAll(async () => {
    project = join(work, "library");
    await installInto(project, [tarballs.media, tarballs.server, `@types/node@${versionOfTypes()}`]);
  });

  describe.each(nodes)("on %s", (node) => {
    it.each(entryPoints)("%s is imported and required, and is the same both ways", async (entry) => {
      const imported = `console.log(Object.keys(await import("${entry}")).sort().join())`;
      const required = `console.log(Object.keys(require("${entry}")).filter((name) => name !== "__esModule").sort().join())`;
      const byImport = await run(node, ["--input-type=module", "-e", imported], { cwd: project });
      const byRequire = await run(node, ["--input-type=commonjs", "-e", required], { cwd: project });
      expect(byImport).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^\w+/), stderr: "" });
      expect(byRequire).toMatchObject({ exitCode: 0, stdout: byImport.stdout });
    });

    it("@holdfast/media/media-image.js does nothing where there is no page", async () => {
      const program = `await import("@holdfast/media/media-image.js"); console.log("unmoved")`;
      const ran = await run(node, ["--input-type=module", "-e", program], { cwd: project });
      expect(ran).toEqual({ exitCode: 0, stdout: "unmoved\n", stderr: "" });
    });

    it("keeps a photo and gives it back, by require()", async () => {
      const folder = await mkdtemp(join(project, "data-"));
      const program = `
        const { openMedia } = require("@holdfast/media");
        (async () => {
          const media = await openMedia({ cwd: ${JSON.stringify(folder)}, env: {}, log: { info() {}, warn() {}, error() {} } });
          const file = await media.put(Buffer.from(${JSON.stringify(gif)}, "base64"), { name: "dot.gif" });
          const body = await media.open(file.id);
          const blocks = [];
          for await (const block of body.bytes) blocks.push(block);
          await media.close();
          console.log(Buffer.concat(blocks).toString("base64"));
        })();`;
      const { exitCode, stdout, stderr } = await run(node, ["--input-type=commonjs", "-e", program], { cwd: project });
      expect({ exitCode, stdout: stdout.trim(), stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stdout: gif, stderr: "" });
    });
  });

  it("type-check in a strict program that also checks the libraries", async () => {
    const program = `
      import { createServer } from "node:http";
      import { type Media, openMedia } from "@holdfast/media";
      import { nodeHandler } from "@holdfast/media/node";
      import { type RunningService, serve } from "@holdfast/server";
      const media: Media = await openMedia({ tablePrefix: "shop_" });
      const photo = await media.put(new Blob(["…"]), { name: "cat.jpg", attachTo: ["article", "42", "cover"] });
      const url: string = photo.url({ width: 640 });
      createServer(nodeHandler(media)).listen(0);
      const service: RunningService = await serve({ port: 0, print: (line: string) => console.log(line, url) });
      // @ts-expect-error: a width is a number, so a type that became \`any\` on the way would be noticed here
      photo.url({ width: "640" });
      await service.close();
    `;
    await writeFile(join(project, "program.ts"), program);
    const compilerOptions = { strict: true, module: "nodenext", target: "es2022", types: ["node"], skipLibCheck: false, noEmit: true };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["program.ts"] }));
    expect(await run(bin("tsc"), ["-p", project], { cwd: project })).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("holdfast alone", () => {
  let project: string;
  beforeAll(async () => {
    project = join(work, "alone");
    await installInto(project, [tarballs.holdfast]);
  });

  it("installs at most 15 MB, and no image, database or cloud client", async () => {
    const installed = (await readdir(join(project, "node_modules"))).filter((name) => !name.startsWith("."));
    // What reads repositories and their deploy files comes with it, and what asks in a terminal.
    expect(installed.toSorted()).toEqual([
      "@clack",
      "@oxc-parser",
      "@oxc-project",
      "commander",
      "dockerfile-ast",
      "fast-string-truncated-width",
      "fast-string-width",
      "fast-wrap-ansi",
      "holdfast",
      "oxc-parser",
      "picocolors",
      "sisteransi",
      "smol-toml",
      "vscode-languageserver-textdocument",
      "vscode-languageserver-types",
      "yaml",
    ]);
    expect(await sizeOf(join(project, "node_modules"))).toBeLessThan(15_000_000);
  });

  it.each(nodes)("prints its version on %s", async (node) => {
    const holdfast = join(project, "node_modules", ".bin", "holdfast");
    const { version } = manifestOf("holdfast");
    expect(await run(node, [holdfast, "--version"], { cwd: project })).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each(nodes)("remembers a picture and finds it gone on %s", async (node) => {
    let isThere = true;
    const site = createServer((_, response) => {
      if (isThere) response.writeHead(200, { "content-type": "image/gif" }).end(Buffer.from(gif, "base64"));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    const address = site.address();
    const url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/dot.gif`;
    const cwd = await mkdtemp(join(work, "verify-"));
    const verify = async (...args: string[]): Promise<Ran> =>
      await run(node, [join(project, "node_modules", ".bin", "holdfast"), "verify", ...args], { cwd });
    expect(await verify(url)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("remembered"), stderr: "" });
    expect(await verify()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("same bytes"), stderr: "" });
    isThere = false;
    expect(await verify()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("gone"), stderr: "" });
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  it("prints its version for less than two and a half times what Node takes to do nothing", async () => {
    const holdfast = join(project, "node_modules", "holdfast", "dist", "bin.js");
    const ours = await cpuSeconds([holdfast, "--version"], project);
    const floor = await cpuSeconds(["-e", "0"], project);
    expect(floor).toBeGreaterThan(0);
    expect(ours / floor).toBeLessThan(2.5);
  });

  it("says how to install the service when it is asked to serve", async () => {
    const holdfast = join(project, "node_modules", ".bin", "holdfast");
    const { exitCode, stdout, stderr } = await run(holdfast, ["serve"], { cwd: project });
    expect(stderr).toContain(`npm install @holdfast/server@${manifestOf("server").version}\n`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  });

  it("says how to install what speaks to storages when it is asked about one", async () => {
    const holdfast = join(project, "node_modules", ".bin", "holdfast");
    const { exitCode, stdout, stderr } = await run(holdfast, ["storage", "check"], { cwd: project });
    expect(stderr).toContain(`npm install @holdfast/media@${manifestOf("media").version}\nThen run \`holdfast storage check\` again.\n`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "" });
  });
});

/** A GIF of one pixel. */
const gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

function versionOfTypes(): string {
  const manifest: { devDependencies: Record<string, string> } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  return manifest.devDependencies["@types/node"] ?? "20";
}

/** Eight runs' processor time, which a busy machine changes little: the shell's `times` sums it up for its children. */
async function cpuSeconds(args: readonly string[], cwd: string): Promise<number> {
  const script = 'for i in 1 2 3 4 5 6 7 8; do "$@" > /dev/null; done; times';
  const { stdout } = await run("sh", ["-c", script, "sh", process.execPath, ...args], { cwd });
  const ofChildren = stdout.trim().split("\n").at(-1) ?? "";
  return [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(entries.map(async (entry) => (await stat(join(folder, entry))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
