import { createHash } from "node:crypto";
import { type FileId, timeOfFileId } from "../catalogue/file.js";
import type { FileFacts } from "../catalogue/commit-file.js";
import type { Manifest } from "../catalogue/manifest.js";
import type { Decoding } from "../images/decoding.js";
import { type MediaType, mediaTypes } from "../images/media-type.js";
import type { ObjectStat, Sha256 } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import type { Storage } from "../storage/storage.js";
import { sniff, sniffBytes } from "../images/sniff.js";

/** What adopting needs. */
export interface AdoptContext {
  readonly storage: Storage;
  readonly decoding: Decoding;
  readonly signal?: AbortSignal | undefined;
}

/** What was found out about an object that nobody remembers; `doubt` is what a person should know of it. */
export interface Adopted {
  readonly manifest: Manifest;
  readonly doubt: string | undefined;
}

/**
 * Look at an object without a manifest, and describe the file it is: its name from its key, its type and size and checksum
 * from its bytes; private and attached to nothing. Undefined where its bytes are of no kind that is known.
 */
export async function adopt(
  context: AdoptContext,
  { key, modifiedAt }: Pick<ObjectStat, "key" | "modifiedAt">,
  named: { readonly id: FileId; readonly slug: string; readonly extension: string },
): Promise<Adopted | undefined> {
  const { id, slug, extension } = named;
  const { head, size, sha256 } = await digest(context, key);
  const mediaType = (await sniff(head)).mediaType ?? mediaTypes.find((type) => type.extension === extension);
  if (mediaType === undefined || size === 0) return undefined;
  const name = `${slug === "" ? id : slug}.${extension}`;
  const looked = await look(context, key, mediaType, name);
  const storedAt = new Date(modifiedAt).toISOString();
  const { facts } = looked;
  const manifest: Manifest = {
    manifest: 1,
    id,
    key,
    revision: 1,
    state: "stored",
    name,
    type: mediaType.type,
    size,
    sha256,
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    hasAlpha: facts?.hasAlpha ?? false,
    frames: facts?.frames ?? 1,
    thumbhash: facts?.thumbhash ?? null,
    visibility: "private",
    owner: null,
    idempotencyKey: null,
    reservedAt: new Date(timeOfFileId(id)).toISOString(),
    storedAt,
    changedAt: storedAt,
    expiresAt: null,
    attachments: [],
  };
  return { manifest, doubt: looked.doubt };
}

async function digest({ storage, signal }: AdoptContext, key: Key): Promise<{ head: Uint8Array; size: number; sha256: Sha256 }> {
  const hash = createHash("sha256");
  const head: Uint8Array[] = [];
  let size = 0;
  const body = await storage.open(key, signal === undefined ? {} : { signal });
  for await (const block of body.bytes) {
    hash.update(block);
    if (size < sniffBytes) head.push(Uint8Array.from(block.subarray(0, sniffBytes - size)));
    size += block.byteLength;
  }
  return { head: Buffer.concat(head), size, sha256: hash.digest("hex") as Sha256 };
}

/** An image that cannot be decoded is kept nevertheless: its bytes are all there is of it. */
async function look(
  { storage, decoding }: AdoptContext,
  key: Key,
  mediaType: MediaType,
  name: string,
): Promise<{ readonly facts: FileFacts | undefined; readonly doubt: string | undefined }> {
  if (!mediaType.isDecodable) return { facts: undefined, doubt: undefined };
  try {
    const input = storage.driver.localPath?.(key) ?? (await readAll(await storage.open(key)));
    return { facts: await decoding.inspect({ key, name, input }), doubt: undefined };
  } catch (error) {
    return { facts: undefined, doubt: error instanceof Error ? error.message : String(error) };
  }
}
