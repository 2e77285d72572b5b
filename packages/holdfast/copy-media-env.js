// Puts what @holdfast/media knows of an environment (its folder env/, which imports nothing) into dist, types and all: the same
// rules hold in an app at its start and on the command line, and holdfast still needs none of the heavy packages.
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";

const from = new URL("../media/dist/env/", import.meta.url);
const to = new URL("dist/media-env/", import.meta.url);
await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
for (const file of await readdir(from)) {
  if (/(?<!\.test|\.fixture)(?:\.js|\.d\.ts)$/.test(file)) await copyFile(new URL(file, from), new URL(file, to));
}
