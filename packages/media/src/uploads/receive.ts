import { isAnotherStorage } from "../catalogue/binding.js";
import { type Catalogue, newLeaseToken } from "../catalogue/catalogue.js";
import { type FileRecord, newFileId, type Visibility } from "../catalogue/file.js";
import { commitFile, type FileFacts } from "../catalogue/commit-file.js";
import { abandonFile, findByIdempotencyKey, findFile, keepReservation, type Reservation, reserveFile } from "../catalogue/files.js";
import { originalKey } from "../catalogue/layout.js";
import { isUniqueViolation } from "../catalogue/sql-state.js";
import { noteSwept } from "../catalogue/settlement.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Decoding } from "../images/decoding.js";
import type { TransformOptions } from "../images/parameters.js";
import { findMediaType, isAccepted, type MediaType, mediaTypes } from "../images/media-type.js";
import type { AttachmentTarget, Logger, UploadLimits } from "../media.js";
import type { Receipt } from "../storage/driver.js";
import type { Key } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import { sourceFromStream } from "../storage/source.js";
import type { Storage } from "../storage/storage.js";
import { keepAtHand } from "./at-hand.js";
import { confirmSame, readSending } from "./idempotency.js";
import { guard, type Incoming, peek } from "./incoming.js";
import { redraw } from "./keep-as.js";
import { parseFileName, slugOf } from "./name.js";
import { sniff } from "../images/sniff.js";

/** What receiving needs. */
export interface ReceiveContext {
  readonly catalogue: Catalogue;
  readonly storage: Storage;
  readonly decoding: Decoding;
  readonly limits: UploadLimits;
  readonly leaseMs: number;
  readonly log: Logger;
}

/** How one file is to be kept. */
export interface ReceiveOptions {
  readonly visibility?: Visibility;
  readonly attachTo?: AttachmentTarget;
  /** Stage it: unless it is attached until then, it goes to the trash. */
  readonly expiresInMs?: number;
  readonly owner?: string;
  /** Keep a picture made of what was sent, in its place. */
  readonly keepAs?: TransformOptions;
  /** As `parseIdempotencyKey` reads it. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** A file that is kept. */
export interface Received {
  readonly file: FileRecord;
  /** Whether it had been kept before, under the same idempotency key. */
  readonly isReplayed: boolean;
}

/**
 * Keep one file: reserve, store, verify, look at it, commit, in this order. It resolves when the bytes are durable and
 * verified and the row is committed; when it rejects, the reservation has been given up, or settling will give it up.
 *
 * @throws NAME_INVALID, UPLOAD_EMPTY, TYPE_NOT_ACCEPTED, TYPE_MISMATCH, UPLOAD_TOO_LARGE, UPLOAD_INCOMPLETE, UPLOAD_STALLED,
 * IMAGE_BROKEN, IMAGE_TOO_LARGE, IMAGE_OVER_BUDGET, RESERVATION_LOST, IDEMPOTENCY_MISMATCH, CATALOGUE_UNREACHABLE, STORAGE_*
 */
export async function receive(context: ReceiveContext, incoming: Incoming, options: ReceiveOptions = {}): Promise<Received> {
  const { limits } = context;
  const name = parseFileName(incoming.name);
  if (incoming.size !== undefined && incoming.size > limits.maxBytes) {
    throw fail("UPLOAD_TOO_LARGE", { name, maxBytes: limits.maxBytes });
  }
  const known = options.idempotencyKey === undefined ? undefined : await findByIdempotencyKey(context.catalogue, options.idempotencyKey);
  const peeked = await peek(guard(incoming.bytes, name, limits, options.signal, incoming.size));
  try {
    const sent = { ...incoming, name, bytes: peeked.bytes };
    const { keepAs } = options;
    if (known !== undefined && keepAs === undefined) return await replay(known, sent);
    const sentType = await recognise(peeked.head, name, incoming, limits);
    const kept = keepAs === undefined ? { incoming: sent, mediaType: sentType } : await redraw(context.decoding, sent, sentType, keepAs);
    // What is made of the same bytes in the same way is the same.
    if (known !== undefined) return await replay(known, kept.incoming);
    return await keep(context, kept.incoming, kept.mediaType, options);
  } finally {
    // Whatever failed, and however early: the sender's stream is let go of.
    await peeked.discard();
  }
}

/** Answer what was kept under the same key before, once this sending has been read and found to be the same. */
async function replay(file: FileRecord, incoming: Incoming): Promise<Received> {
  confirmSame(file, await readSending(incoming));
  return { file, isReplayed: true };
}

async function keep(context: ReceiveContext, incoming: Incoming, mediaType: MediaType, options: ReceiveOptions): Promise<Received> {
  const { name } = incoming;
  const { catalogue, storage } = context;
  if (await isAnotherStorage(catalogue, storage)) {
    throw fail("STORAGE_MISMATCH", { storage: storage.description, catalogue: catalogue.description });
  }
  const id = newFileId();
  const key = originalKey(id, slugOf(name), mediaType.extension, new Date());
  const reservation: Reservation = { id, key, token: newLeaseToken() };
  const { visibility = "private", owner, idempotencyKey } = options;
  await reserveFile(catalogue, reservation, {
    name,
    type: mediaType.type,
    visibility,
    leaseMs: context.leaseMs,
    ...(owner === undefined ? {} : { owner }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  const heartbeat = keepAlive(context, reservation);
  const looked = lookOnTheWay(context, mediaType, key, incoming);
  let receipt: Receipt | undefined;
  try {
    receipt = await context.storage.put(key, sourceFromStream(looked.bytes, incoming.size), {
      contentType: mediaType.type,
      cacheControl: "private, max-age=31536000, immutable",
      signal: heartbeat.signal,
    });
    await incoming.ended;
    const facts = (await looked.facts) ?? (await inspect(context, mediaType, reservation, name));
    // The last moment at which the sender can be told that it failed. After the commit the file is theirs.
    heartbeat.signal.throwIfAborted();
    options.signal?.throwIfAborted();
    return { file: await commit(context, reservation, receipt, facts, options), isReplayed: false };
  } catch (error) {
    // Several sendings under one key may run at a time; the first to commit is the one that is kept.
    const first =
      idempotencyKey === undefined || receipt === undefined || !isUniqueViolation(error)
        ? undefined
        : await findByIdempotencyKey(catalogue, idempotencyKey);
    const wasOurs = await giveUp(context, reservation);
    if (first !== undefined && receipt !== undefined) {
      confirmSame(first, { name, size: receipt.size, sha256: receipt.sha256 });
      return { file: first, isReplayed: true };
    }
    // Settling takes the object away under a lease that ran out: what then fails to be read is not the sender's fault.
    if (!wasOurs && options.signal?.aborted !== true) throw fail("RESERVATION_LOST", { id }, { cause: error });
    throw options.signal?.aborted === true && error === options.signal.reason
      ? fail("UPLOAD_INCOMPLETE", { name }, { cause: error })
      : error;
  } finally {
    heartbeat.stop();
  }
}

/** Recognise the type by the bytes, and hold it against what is accepted and what was claimed. */
async function recognise(head: Uint8Array, name: string, incoming: Incoming, limits: UploadLimits): Promise<MediaType> {
  if (head.byteLength === 0) throw fail("UPLOAD_EMPTY", { name });
  const sniffed = await sniff(head);
  const { mediaType } = sniffed;
  if (mediaType === undefined || !isAccepted(mediaType.type, limits.accept)) {
    const accepted = mediaTypes.filter(({ type }) => isAccepted(type, limits.accept)).map(({ extension }) => extension.toUpperCase());
    if (mediaType?.type === "image/heic" && isAccepted("image/jpeg", limits.accept)) {
      throw fail("IMAGE_NOT_DECODABLE", { name, found: mediaType.words });
    }
    const found = sniffed.mediaType === undefined ? sniffed.words : sniffed.mediaType.words;
    throw fail("TYPE_NOT_ACCEPTED", { name, found, accepted: accepted.join(", ") });
  }
  const { declaredType, isTypeGuessed = false } = incoming;
  if (declaredType !== undefined && !/^application\/octet-stream\b/i.test(declaredType)) {
    const declared = findMediaType(declaredType)?.type ?? declaredType;
    const isOtherImage = isTypeGuessed && declared.startsWith("image/") && mediaType.type.startsWith("image/");
    if (declared !== mediaType.type && !isOtherImage) {
      throw fail("TYPE_MISMATCH", { name, declared: declaredType, found: mediaType.words });
    }
  }
  return mediaType;
}

/**
 * Look at a small image while it is being stored, where it would have to be fetched back: the receipt proves that the storage
 * holds the bytes that were looked at.
 */
function lookOnTheWay(
  { storage, decoding }: ReceiveContext,
  mediaType: MediaType,
  key: Key,
  { bytes, name }: Incoming,
): { readonly bytes: AsyncIterable<Uint8Array>; readonly facts: Promise<FileFacts | undefined> } {
  if (!mediaType.isDecodable || storage.driver.localPath !== undefined) return { bytes, facts: Promise.resolve(undefined) };
  const kept = keepAtHand(bytes);
  const facts = kept.whole.then(async (whole) => (whole === undefined ? undefined : await decoding.inspect({ key, name, input: whole })));
  // Heard when the put is done; and where that fails first, it is what counts.
  facts.catch(() => undefined);
  return { bytes: kept.bytes, facts };
}

async function inspect(
  { storage, decoding }: ReceiveContext,
  mediaType: MediaType,
  { key }: Reservation,
  name: string,
): Promise<FileFacts> {
  if (!mediaType.isDecodable) return { hasAlpha: false, frames: 1 };
  const input = storage.driver.localPath?.(key) ?? (await readAll(await storage.open(key)));
  return await decoding.inspect({ key, name, input });
}

/** How often a commit whose outcome is unknown is tried, and how long to wait before the next time. */
const commitPausesMs = [100, 400, 1_000, 2_000] as const;

/**
 * Commit, and know whether it is committed. A commit whose answer was lost may have taken effect: it is tried again, which
 * waits for the first where that is still under way, and finds the row either ours still or already stored.
 */
async function commit(
  { catalogue, storage, log }: ReceiveContext,
  reservation: Reservation,
  receipt: Receipt,
  facts: FileFacts,
  { attachTo, expiresInMs }: Pick<ReceiveOptions, "attachTo" | "expiresInMs">,
): Promise<FileRecord> {
  const stored = {
    receipt,
    facts,
    storage: await storage.identity(),
    ...(attachTo === undefined ? {} : { attachTo }),
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      const earlier = attempt === 0 ? undefined : await findFile(catalogue, reservation.id);
      const file = earlier ?? (await commitFile(catalogue, reservation, stored)) ?? (await findFile(catalogue, reservation.id));
      if (file === undefined) throw fail("RESERVATION_LOST", { id: reservation.id });
      return file;
    } catch (error) {
      const pauseMs = commitPausesMs[attempt];
      if (pauseMs === undefined || isHoldfastError(error, "RESERVATION_LOST") || isUniqueViolation(error)) throw error;
      log.warn(`whether upload ${reservation.id} was committed is not known yet, and is asked again (${String(error)})`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Prolong the lease for as long as the upload runs; when it is lost, the upload is stopped. */
function keepAlive({ catalogue, leaseMs, log }: ReceiveContext, reservation: Reservation): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const timer = setInterval(() => {
    keepReservation(catalogue, reservation, leaseMs).then(
      (isOurs) => {
        if (!isOurs) controller.abort(fail("RESERVATION_LOST", { id: reservation.id }));
      },
      // The commit is guarded by the token, so a missed heartbeat risks this upload only, never a wrong acknowledgement.
      (error: unknown) => log.warn(`the lease of upload ${reservation.id} could not be prolonged: ${String(error)}`),
    );
  }, leaseMs / 3);
  timer.unref();
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

/** Rows first, then bytes; whatever fails here is left to settling, and never hides the first error. False when it was not ours any more. */
async function giveUp({ catalogue, storage, log }: ReceiveContext, reservation: Reservation): Promise<boolean> {
  try {
    if (!(await abandonFile(catalogue, reservation))) return false;
    await storage.delete(reservation.key);
    await noteSwept(catalogue, { table: "files", id: reservation.id });
  } catch (error) {
    log.warn(`what upload ${reservation.id} left is removed by the next settling (${String(error)})`);
  }
  return true;
}
