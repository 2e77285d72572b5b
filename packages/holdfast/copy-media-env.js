// Puts what @holdfast/media knows of an environment (its folder env/, which imports nothing), and how it prepares static files, into dist,
// types and all: the same rules hold in an app at its start and on the command line, and holdfast still needs none of the heavy packages.
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";

/** Copy what was built and `isWanted` from one folder to another, which is emptied first; `rename` says what a file is called there. */
async function copy(from, to, isWanted, rename = (file) => file) {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    if (/(?<!\.test|\.fixture)(?:\.js|\.d\.ts)$/.test(file) && isWanted(file))
      await copyFile(new URL(file, from), new URL(rename(file), to));
  }
}

await copy(new URL("../media/dist/env/", import.meta.url), new URL("dist/media-env/", import.meta.url), () => true);
await copy(
  new URL("../media/dist/http/", import.meta.url),
  new URL("dist/media-static/", import.meta.url),
  (file) => file.startsWith("static-folder."),
  (file) => file.replace("static-", ""),
);
