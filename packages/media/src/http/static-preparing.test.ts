import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { isHoldfastError } from "../errors.js";
import { openStaticFiles } from "./static-files.js";
import { prepareStaticFiles } from "./static-preparing.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "holdfast-static-"));
  onTestFinished(async () => await rm(root, { recursive: true, force: true }));
});

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, folder, name), text);
  return join(root, folder);
}

it("files of several folders are served as of one, of two of one name the later folder's", async () => {
  const shared = await write("shared", { "style.css": 'a { background: url("dot.svg") }', "icon.svg": "shared", "dot.svg": "shared" });
  const own = await write("own", { "icon.svg": "own", "app.js": "1;", ".hidden": "no" });
  const to = join(root, "made", "static");
  expect(await prepareStaticFiles({ from: [shared, own], to })).toEqual({ files: 4, bytes: 56, compressed: 0 });
  const files = await openStaticFiles({ folder: to });
  const text = async (name: string): Promise<string | undefined> =>
    await (await files.handler(new Request(`http://app.example${files.url(name)}`)))?.text();
  expect(await Promise.all(["icon.svg", "dot.svg", "app.js"].map(text))).toEqual(["own", "shared", "1;"]);
  // What a style sheet refers to may lie in another folder, and has its hash all the same.
  expect(`/static/${/url\("([^"]*)"\)/.exec((await text("style.css")) ?? "")?.[1]}`).toBe(files.url("dot.svg"));
});

it("a folder that is made within another, or of one that is not there, is not made", async () => {
  const own = await write("own", { "app.js": "1;" });
  for (const options of [
    { from: own, to: join(own, "static") },
    { from: [own, join(root, "nowhere")], to: join(root, "static") },
  ]) {
    await expect(prepareStaticFiles(options)).rejects.toSatisfy((error) => isHoldfastError(error, "CONFIG_INVALID"));
  }
  expect([await readdir(root), await readdir(own)]).toEqual([["own"], ["app.js"]]);
});
