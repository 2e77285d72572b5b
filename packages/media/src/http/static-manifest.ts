import { createHash } from "node:crypto";
import { lstat, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { fail } from "../errors.js";
import { isKey } from "../storage/key.js";
import { type Asset, type Coding, fileForm, typeOf } from "./static-asset.js";

/** What `holdfast start` wrote beside the files: the name each one is served by. */
export interface ReadManifest {
  /** By the name that the app's own pages know: the hashed name. */
  readonly files: ReadonlyMap<string, string>;
  /** The same for the same files, in whatever order they were written. */
  readonly id: string;
}

const manifestName = "manifest.json";
const maxManifestBytes = 8 * 1024 * 1024;
/** A hash of twelve hexadecimal digits before the ending: what no other bytes are called. */
const hashed = /^.+\.([0-9a-f]{12})(?:\.[^./]+)?$/;

/** The hash in a file's name, where there is one. */
export function hashIn(name: string): string | undefined {
  return hashed.exec(name)?.[1];
}

/** Read `manifest.json` of a prepared folder. @throws CONFIG_INVALID */
export async function readManifest(folder: string): Promise<ReadManifest> {
  const path = join(folder, manifestName);
  const unusable = (reason: string, cause?: unknown): Error =>
    fail("CONFIG_INVALID", { problems: [`${path} ${reason}: holdfast start makes it (start.static in holdfast.yaml).`] }, { cause });
  let text: string;
  try {
    const handle = await open(path, "r");
    try {
      const { size } = await handle.stat();
      if (size > maxManifestBytes) throw new Error(`it has ${size} bytes`);
      text = await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unusable("cannot be read", cause);
  }
  const files = new Map<string, string>();
  try {
    const manifest = JSON.parse(text) as { readonly version?: unknown; readonly files?: unknown };
    if (manifest.version !== 1 || typeof manifest.files !== "object" || manifest.files === null)
      throw new Error("it is of another version");
    for (const [name, served] of Object.entries(manifest.files)) {
      if (typeof served !== "string" || !isKey(name) || !isKey(served) || hashIn(served) === undefined)
        throw new Error(`"${name}" is no file`);
      files.set(name, served);
    }
  } catch (cause) {
    throw unusable("is not a manifest of static files", cause);
  }
  const id = createHash("sha256")
    .update([...files.values()].toSorted().join("\n"))
    .digest("hex");
  return { files, id: id.slice(0, 20) };
}

/** The endings of what lies compressed beside a file. */
export const codedEndings: readonly (readonly [Exclude<Coding, "identity">, string])[] = [
  ["br", ".br"],
  ["gzip", ".gz"],
];

/** Look at one file of a prepared folder, and at what lies compressed beside it; links, and what leads out of the folder, are none. */
export async function readAsset(folder: string, served: string): Promise<Asset | undefined> {
  const identity = await sizeOf(folder, served);
  const hash = hashIn(served);
  if (identity === undefined || hash === undefined) return undefined;
  const forms: { identity: Asset["forms"]["identity"] } & Partial<Record<Coding, Asset["forms"]["identity"]>> = {
    identity: fileForm(join(folder, served), identity),
  };
  for (const [coding, ending] of codedEndings) {
    const size = await sizeOf(folder, `${served}${ending}`);
    if (size !== undefined) forms[coding] = fileForm(join(folder, `${served}${ending}`), size);
  }
  return { type: typeOf(served), hash, forms };
}

async function sizeOf(folder: string, name: string): Promise<number | undefined> {
  const path = join(folder, name);
  try {
    const stat = await lstat(path);
    // A folder on the way may be a link too.
    return stat.isFile() && (await realpath(path)) === join(folder, ...name.split("/")) ? stat.size : undefined;
  } catch {
    return undefined;
  }
}

/** The folder itself, wherever links lead to it: what is in it is held against this. @throws CONFIG_INVALID */
export async function realFolder(folder: string): Promise<string> {
  try {
    return (await realpath(folder)).replace(new RegExp(`\\${sep}$`), "");
  } catch (cause) {
    throw fail("CONFIG_INVALID", { problems: [`The folder of static files ${folder} is not there: holdfast start makes it.`] }, { cause });
  }
}
