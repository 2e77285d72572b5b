import { createHash } from "node:crypto";
import { type FileId, isHoldfastError, type Media, type MediaFile } from "@holdfast/media";
import type { Side } from "./instance.js";

/** As many as a first page of the console shows. */
export const maxPictures = 24;

const transferTimeoutMs = 60_000;

/** A picture at one of the two instances: where it is, what it answered right after the upload, and what it answered last. */
export interface SidePicture {
  readonly path: string;
  readonly sha256: string;
  status: number;
  isSame: boolean;
}

/** A picture that was uploaded to both instances. */
export interface Picture {
  readonly id: FileId;
  readonly name: string;
  readonly sides: Readonly<Record<Side, SidePicture>>;
}

/** The newest pictures of a service. */
export async function newestPictures(media: Pick<Media, "list">): Promise<MediaFile[]> {
  const { files } = await media.list({ limit: 200 });
  return files.filter((file) => file.width !== undefined).slice(0, maxPictures);
}

/**
 * Upload a file's bytes to both instances over HTTP, then fetch them back, so that later answers can be compared with
 * what was answered when all was well. `undefined` where the file has gone meanwhile.
 */
export async function uploadToBoth(
  file: MediaFile,
  media: Pick<Media, "open">,
  origins: Readonly<Record<Side, string>>,
  signal: AbortSignal,
): Promise<Picture | undefined> {
  try {
    const [holdfast, plain] = await Promise.all([
      upload(file, media, `${origins.holdfast}/api/v1/files`, signal),
      upload(file, media, `${origins.plain}/uploads`, signal),
    ]);
    return { id: file.id, name: file.name, sides: { holdfast, plain } };
  } catch (error) {
    if (isHoldfastError(error, "FILE_NOT_FOUND") || isHoldfastError(error, "FILE_LOST")) return undefined;
    throw error;
  }
}

/** Fetch a picture again and note its status and whether its bytes are the same. */
export async function count(picture: SidePicture, origin: string, signal: AbortSignal): Promise<void> {
  const { status, sha256 } = await fetchDigest(`${origin}${picture.path}`, signal);
  picture.status = status;
  picture.isSame = status === 200 && sha256 === picture.sha256;
}

async function upload(file: MediaFile, media: Pick<Media, "open">, endpoint: string, signal: AbortSignal): Promise<SidePicture> {
  const body = await media.open(file.id, { signal });
  const response = await fetch(`${endpoint}?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    body: body.bytes,
    duplex: "half",
    headers: { "content-type": file.type },
    signal: withTimeout(signal),
  });
  const answer: unknown = await response.json();
  if (response.status !== 201 || typeof answer !== "object" || answer === null || !("url" in answer) || typeof answer.url !== "string") {
    throw new Error(`An instance refused "${file.name}" with ${response.status}: ${JSON.stringify(answer).slice(0, 300)}`);
  }
  const { status, sha256 } = await fetchDigest(`${new URL(endpoint).origin}${answer.url}`, signal);
  if (status !== 200) throw new Error(`An instance took "${file.name}" and then answered ${status} for it.`);
  return { path: answer.url, sha256, status, isSame: true };
}

async function fetchDigest(url: string, signal: AbortSignal): Promise<{ status: number; sha256: string }> {
  const response = await fetch(url, { signal: withTimeout(signal) });
  const hash = createHash("sha256");
  for await (const block of response.body ?? []) hash.update(block);
  return { status: response.status, sha256: hash.digest("hex") };
}

function withTimeout(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(transferTimeoutMs)]);
}
