import { randomBytes } from "node:crypto";
import { type FileId, parseFileId } from "./file.js";
import { type Key, parseKey } from "../storage/key.js";

// The layout of the storage is documented (docs/storage-layout.md) and readable without us: by month, with the id and the
// name in plain sight. Every attempt has a key of its own, so that no late write ever lands on an acknowledged object.

/** The key of one attempt at an original: `originals/2026/11/<id>-<attempt>-<slug>.jpg`. */
export function originalKey(id: FileId, slug: string, extension: string, at: Date): Key {
  return parseKey(`originals/${month(at)}/${id}-${attempt()}${slug === "" ? "" : `-${slug}`}.${extension}`);
}

/** The key of one attempt at a variant: `variants/2026/11/<id>-w640-<attempt>.webp`. */
export function variantKey(id: FileId, transform: string, extension: string, at: Date): Key {
  return parseKey(`variants/${month(at)}/${id}-${transform}-${attempt()}.${extension}`);
}

/** The key of the manifest that lies beside an original. No original's own key ends like it: its type is never JSON. */
export function manifestKey(original: Key): Key {
  return parseKey(`${original}${manifestSuffix}`);
}

/** The key of the original that a manifest lies beside; undefined where `key` is not a manifest's. */
export function originalOfManifest(key: Key): Key | undefined {
  return key.startsWith("originals/") && key.endsWith(manifestSuffix) ? parseKey(key.slice(0, -manifestSuffix.length)) : undefined;
}

const manifestSuffix = ".json";

/** Below these prefixes everything is ours. */
export const ownPrefixes = ["originals/", "variants/"] as const;

function month(at: Date): string {
  return `${at.getUTCFullYear()}/${String(at.getUTCMonth() + 1).padStart(2, "0")}`;
}

function attempt(): string {
  return randomBytes(5).toString("hex");
}

/** What the key of an original says: undefined where it is not of our layout. */
export function parseOriginalKey(key: Key): { readonly id: FileId; readonly slug: string; readonly extension: string } | undefined {
  const [, idText = "", slug = "", extension = ""] =
    /^originals\/\d{4}\/\d{2}\/([^-/]{26})-[0-9a-f]{10}(?:-([a-z0-9-]+))?\.([a-z0-9]+)$/.exec(key) ?? [];
  const id = parseFileId(idText);
  return id === undefined ? undefined : { id, slug, extension };
}

/** What the key of a variant says: undefined where it is not of our layout. */
export function parseVariantKey(key: Key): { readonly fileId: FileId; readonly transform: string; readonly extension: string } | undefined {
  const [, idText = "", transform = "", extension = ""] =
    /^variants\/\d{4}\/\d{2}\/([^-/]{26})-([^/]+)-[0-9a-f]{10}\.([a-z0-9]+)$/.exec(key) ?? [];
  const fileId = parseFileId(idText);
  return fileId === undefined ? undefined : { fileId, transform, extension };
}
