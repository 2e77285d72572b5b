import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail } from "../errors.js";
import { parsePictureUrl, type PictureUrl } from "./picture-url.js";

/** What is remembered of one picture: what it was when it was first looked at. */
export interface RememberedPicture {
  readonly url: PictureUrl;
  /** ISO 8601. */
  readonly rememberedAt: string;
  readonly httpStatus: number;
  readonly sha256: string;
  readonly size: number;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
  readonly isPicture: boolean;
}

/** The state file's schema. A file of another one is left alone. */
const schemaVersion = 1;

/** Read what is remembered; nothing where there is no file. @throws STATE_UNREADABLE */
export async function readRemembered(path: string): Promise<readonly RememberedPicture[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw fail("STATE_UNREADABLE", { path, reason: systemReason(error) }, { cause: error });
  }
  return parse(text, path);
}

/**
 * Change what is remembered: read anew, changed, written whole beside the old and renamed over it, all of it synced to the
 * disk. A crash leaves the old or the new. The file may hold signed URLs: only its owner may read it.
 *
 * @throws STATE_UNREADABLE, STATE_UNWRITABLE
 */
export async function updateRemembered(
  path: string,
  change: (before: readonly RememberedPicture[]) => readonly RememberedPicture[],
): Promise<void> {
  const pictures = change(await readRemembered(path));
  const own = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await makeFolder(dirname(path));
    await writeSynced(own, `${JSON.stringify({ version: schemaVersion, pictures }, undefined, 2)}\n`);
    await rename(own, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(own, { force: true }).catch(() => undefined);
    throw fail("STATE_UNWRITABLE", { path, reason: systemReason(error) }, { cause: error });
  }
}

/** Make the folder of the state file. One named `.holdfast` is ours, and says to git that it is not to be published. */
async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined && folder.endsWith(".holdfast")) await writeSynced(join(folder, ".gitignore"), "*\n");
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await open(folder, constants.O_RDONLY);
  } catch (error) {
    if (process.platform === "win32") return; // opens no directories; its journal orders the rename by itself
    throw error;
  }
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(text: string, path: string): readonly RememberedPicture[] {
  const refuse = (reason: string): Error => fail("STATE_UNREADABLE", { path, reason });
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (error) {
    throw fail("STATE_UNREADABLE", { path, reason: "it is not JSON" }, { cause: error });
  }
  if (!isRecord(state)) throw refuse("it is not an object");
  const { version, pictures } = state;
  if (typeof version === "number" && version > schemaVersion) {
    throw refuse(`a newer Holdfast wrote it (schema ${version}, and this one knows ${schemaVersion})`);
  }
  if (version !== schemaVersion || !Array.isArray(pictures)) throw refuse("it is not a file that Holdfast wrote");
  return pictures.map((entry: unknown, index) => {
    const picture = parsePicture(entry);
    if (picture === undefined) throw refuse(`entry ${index + 1} of "pictures" is not whole`);
    return picture;
  });
}

function parsePicture(entry: unknown): RememberedPicture | undefined {
  if (!isRecord(entry)) return undefined;
  const { url, rememberedAt, httpStatus, sha256, size, contentType, etag, isPicture } = entry;
  const parsed = typeof url === "string" ? parsePictureUrl(url) : undefined;
  if (parsed === undefined || "problem" in parsed) return undefined;
  if (typeof rememberedAt !== "string" || typeof httpStatus !== "number" || typeof size !== "number") return undefined;
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256) || typeof isPicture !== "boolean") return undefined;
  return { url: parsed.url, rememberedAt, httpStatus, sha256, size, contentType: textOf(contentType), etag: textOf(etag), isPicture };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function systemReason(error: unknown): string {
  const code = codeOf(error);
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "permission is denied";
    case "EROFS":
      return "the file system is read-only";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
    case "EEXIST":
      return "a file stands where its folder should be";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case undefined:
      return error instanceof Error ? error.message : String(error);
    default:
      return `the file system answered ${code}`;
  }
}
