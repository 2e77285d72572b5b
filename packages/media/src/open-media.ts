import { confirmKeeping, createAttaching } from "./attaching.js";
import { givenSigningKeys, parsePath, readOrigin, refuseUnusable } from "./check-options.js";
import { bindStorage, isAnotherStorage, whyMismatched } from "./catalogue/binding.js";
import { type Counters, countedStorage, countedUpload, createCounters } from "./counters.js";
import { readDiskCacheSettings } from "./disk-cache-options.js";
import { describeCanary, lookForCanary } from "./catalogue/canary.js";
import { releaseOf } from "./env/release.js";
import { type Catalogue, openCatalogue } from "./catalogue/catalogue.js";
import { type FileId, type FileRecord, parseFileId } from "./catalogue/file.js";
import { replicateKind } from "./catalogue/changes.js";
import { enqueueJobs } from "./catalogue/jobs.js";
import { replicasOf } from "./catalogue/replicas.js";
import { attachedFiles, filesAttachedToEach, findFile, findFiles, listFiles, moveFile } from "./catalogue/files.js";
import { outsideTransactions } from "./catalogue/handle-turns.js";
import { createDiskCache, type DiskCache } from "./delivery/disk-cache.js";
import { createFallback } from "./delivery/fallback/fallback.js";
import { createLosses } from "./delivery/fallback/losses.js";
import { createRedirects, type Redirects } from "./delivery/redirect.js";
import { createKnownFiles } from "./delivery/known-files.js";
import { scriptUrl } from "./delivery/media-image-script.js";
import type { Signer } from "./delivery/signing.js";
import { openSigningKeys, type SigningKeys } from "./delivery/signing-keys.js";
import { withUrls } from "./delivery/urls.js";
import { createVariants } from "./delivery/variants.js";
import { fail, isHoldfastError } from "./errors.js";
import { createHandler } from "./http/handler.js";
import { createMount } from "./http/mount.js";
import { createKnownTransforms } from "./images/known-transforms.js";
import { createMediaJobs } from "./jobs/media-jobs.js";
import { createMediaWorker } from "./jobs/media-worker.js";
import type { DatabaseTransaction, Logger, Media, MediaFile, MediaOptions, PutFileOptions, PutInput } from "./media.js";
import { openDecoding } from "./open-decoding.js";
import { asOneStorage, refuseSameStorage, type Storages, storagesFromEnvironment, storagesOf } from "./open-storages.js";
import { isProduction } from "./env/platform.js";
import { describeStorage } from "./storage/storage.js";
import { idempotencyKeyOf, parseIdempotencyKey } from "./uploads/idempotency.js";
import { incomingFrom } from "./uploads/input.js";
import { readLimits } from "./uploads/limits.js";
import type { Incoming } from "./uploads/incoming.js";
import { receive, type ReceiveOptions } from "./uploads/receive.js";
import { receiveForm } from "./uploads/receive-form.js";
import { discardRest, openRequest } from "./uploads/request.js";
import { settleRegularly } from "./settle-regularly.js";
import { settle } from "./uploads/settle.js";

const minute = 60_000;
const hour = 60 * minute;
const defaults = { basePath: "/media", leaseMs: minute, settleEveryMs: minute, lateWriteMs: 24 * hour, retentionMs: 30 * 24 * hour };
const stagedForMs = 24 * hour;
const maxPage = 1000;

/**
 * Open media: storage and catalogue chosen from the environment, or as given. One line of the log says what was chosen and
 * why. In production a storage or a catalogue that the next deploy wipes is refused.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, CATALOGUE_UNUSABLE, CATALOGUE_NOT_MIGRATED, STORAGE_DENIED, STORAGE_UNREACHABLE
 * @example
 * ```ts
 * import { openMedia } from "@holdfast/media";
 * const media = await openMedia();
 * const photo = await media.put(new Uint8Array(await (await fetch("https://example.com/cat.jpg")).arrayBuffer()), { name: "cat.jpg" });
 * console.log(photo.url({ width: 640 }));
 * ```
 */
export async function openMedia(options: MediaOptions = {}): Promise<Media> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const log = options.log ?? consoleLogger;
  refuseUnusable({ ...defaults, ...defined(options) }, env);
  const limits = readLimits(options.limits, env);
  const basePath = parsePath(options.basePath ?? defaults.basePath, "basePath");
  const storages = options.storage === undefined ? await storagesFromEnvironment(env, cwd) : storagesOf(options.storage);
  const cacheSettings = readDiskCacheSettings(options.variantCache, env, cwd, storages[0]);
  const catalogue = await openCatalogue({
    env,
    cwd,
    log,
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.tablePrefix === undefined ? {} : { tablePrefix: options.tablePrefix }),
    ...(options.prepareStatements === undefined ? {} : { prepareStatements: options.prepareStatements }),
  });
  const counters = createCounters();
  const storage = countedStorage(asOneStorage(storages, catalogue, log), counters);
  try {
    if (catalogue.isOwn) {
      await catalogue.migrate();
      await bindStorage(catalogue, storage);
    }
    log.info(describeStorage(storages[0]));
    for (const mirror of storages.slice(1)) log.info(describeStorage(mirror).replace("media storage", "mirror"));
    if (storage.durability === "ephemeral" && isProduction(env)) {
      log.warn(`media storage: EPHEMERAL in production (MEDIA_ALLOW_EPHEMERAL=1): every upload is lost at the next deploy or restart`);
    }
    const diskCache = cacheSettings === undefined ? undefined : createDiskCache({ ...cacheSettings, log });
    return assemble({ ...defaults, ...defined(options), env, log, limits, basePath, storage, storages, catalogue, counters, diskCache });
  } catch (error) {
    await catalogue.close();
    throw error;
  }
}

type Assembly = Required<Pick<MediaOptions, "leaseMs" | "settleEveryMs" | "lateWriteMs" | "retentionMs" | "env">> &
  Pick<
    MediaOptions,
    | "authorize"
    | "signingKey"
    | "jobs"
    | "uploadsExpireInMs"
    | "presets"
    | "cdn"
    | "fallback"
    | "onEvent"
    | "delivery"
    | "decoding"
    | "avif"
  > &
  Pick<Media, "storage" | "limits" | "basePath"> & {
    readonly catalogue: Catalogue;
    readonly log: Logger;
    readonly storages: Storages;
    readonly counters: Counters;
    readonly diskCache: DiskCache | undefined;
  };

function assemble(given: Assembly): Media {
  const { storage, limits, basePath, catalogue, counters, log, leaseMs, lateWriteMs, retentionMs } = given;
  const decoding = openDecoding(given.decoding, { ...limits, counts: counters.decodes }, given.env, log);
  const variants = createVariants({
    catalogue,
    storage,
    decoding,
    leaseMs,
    log,
    diskCache: given.diskCache,
    counts: counters.variants,
    hasAvif: given.avif ?? true,
  });
  const files = createKnownFiles(catalogue);
  const transforms = createKnownTransforms(given.presets);
  const cdn = readOrigin(given.cdn ?? given.env["MEDIA_CDN_URL"] ?? "");
  const shown = (file: FileRecord, signer: Signer): MediaFile =>
    withUrls(file, { basePath, cdn, signer, driver: storage.driver, transforms });
  const losses = createLosses({
    onEvent: given.onEvent,
    rescue: async (id) => await enqueueJobs(catalogue, catalogue.db, replicateKind, [id]),
    log,
  });
  const fallback = createFallback({
    choose: ({ file }) => (file === undefined ? undefined : given.fallback?.(file)),
    losses,
    mismatch: async () =>
      (await isAnotherStorage(catalogue, storage))
        ? fail("STORAGE_MISMATCH", { storage: storage.description, catalogue: catalogue.description })
        : undefined,
    log,
  });
  const staging = given.uploadsExpireInMs === undefined ? {} : { expiresInMs: given.uploadsExpireInMs };
  const attaching = createAttaching(catalogue, (id) => files.forget(id));
  const receiving = { catalogue, storage, decoding, limits, leaseMs, log };
  const running = new Set<Promise<unknown>>();
  const isBusy = (): boolean => running.size > 0;
  const worker = createMediaWorker({ catalogue, storages: given.storages, log, leaseMs, isBusy }, given.jobs);
  let isClosed = false;

  // The tables of an application's own database may not be there yet, so what needs them is asked for when first used.
  let becomingReady: Promise<SigningKeys> | undefined;
  let known: SigningKeys | undefined;
  const prepared = async (): Promise<SigningKeys> => {
    if (isClosed) throw fail("MEDIA_CLOSED");
    becomingReady ??= prepare(given);
    try {
      const keys = await becomingReady;
      known = keys;
      worker.start();
      await keys.refresh();
      return keys;
    } catch (error) {
      becomingReady = undefined;
      throw error;
    }
  };
  const ready = async (): Promise<Signer> => (await prepared()).signer;
  /** Do something that `close` waits for. */
  const during = async <T>(work: (signer: Signer) => Promise<T>): Promise<T> => await tracked(ready().then(work));
  const tracked = async <T>(task: Promise<T>): Promise<T> => {
    running.add(task);
    try {
      return await task;
    } finally {
      running.delete(task);
    }
  };
  /**
   * Do something in a transaction of the application's. Nothing is to be asked on our own account meanwhile: in SQLite it would wait
   * for that transaction to end, and the transaction for us; in PostgreSQL for a connection, where transactions may hold them all.
   */
  const duringTransaction = async <T>(tx: DatabaseTransaction | undefined, work: (signer: Signer) => Promise<T>): Promise<T> => {
    if (tx === undefined || (known === undefined && catalogue.kind === "postgres")) return await during(work);
    if (isClosed) throw fail("MEDIA_CLOSED");
    if (known === undefined) {
      const reason =
        "media has not looked at its catalogue yet, and would wait for this transaction to end. Call media.migrate() when the app starts";
      throw fail("TRANSACTION_UNUSABLE", { reason });
    }
    const { signer, refresh } = known;
    outsideTransactions(() => void refresh());
    return await tracked(work(signer));
  };
  const keep = async (incoming: Incoming, receiveOptions: ReceiveOptions): Promise<MediaFile> =>
    await during(async (signer) => {
      const { file, isReplayed } = await countedUpload(counters, async () => await receive(receiving, incoming, receiveOptions));
      return { ...shown(file, signer), isReplayed };
    });
  const put = async (input: PutInput, putOptions: PutFileOptions & Pick<ReceiveOptions, "expiresInMs">): Promise<MediaFile> => {
    const { name, declaredType, idempotencyKey, ...rest } = confirmKeeping(putOptions);
    const key = idempotencyKey === undefined ? {} : { idempotencyKey: parseIdempotencyKey(idempotencyKey, rest.owner ?? "") };
    return await keep(incomingFrom(input, name, declaredType), { ...rest, ...key });
  };
  const withId = async <T>(id: string, work: (id: FileId) => Promise<T>, absent: T): Promise<T> => {
    const fileId = parseFileId(id);
    return fileId === undefined ? absent : await during(async () => await work(fileId));
  };
  const move = async (id: string, from: "stored" | "trashed", to: "stored" | "trashed"): Promise<boolean> =>
    await withId(id, async (fileId) => await moveFile(catalogue, fileId, from, to).finally(() => files.forget(fileId)), false);

  const media: Media = {
    storage,
    limits,
    basePath,
    scriptUrl: scriptUrl(`${cdn ?? ""}${basePath}`),
    catalogueDescription: catalogue.description,
    jobs: createMediaJobs(catalogue, ready),
    stats: () => structuredClone(counters),
    handler: createHandler({
      files,
      storage,
      variants,
      transforms,
      authorize: given.authorize,
      basePath,
      redirects: redirectsOf(given),
      fallback,
      losses,
      counts: counters,
      ready,
      receive: async (request) => await media.receive(request, staging),
    }),
    mount: (path, mountOptions = {}) => createMount({ media, losses, log }, path, mountOptions),
    put: async (input, putOptions = {}) => await put(input, putOptions),
    receive: async (request, receiveOptions = {}) => {
      try {
        const key = idempotencyKeyOf(request, confirmKeeping(receiveOptions).owner);
        return await keep(await openRequest(request, limits), { ...receiveOptions, ...key, signal: request.signal });
      } catch (error) {
        await discardRest(request, error);
        throw error;
      }
    },
    receiveForm: async (request, formOptions = {}) => {
      try {
        const keepFile = async (incoming: Incoming, how: ReceiveOptions): Promise<MediaFile> => await keep(incoming, confirmKeeping(how));
        return await receiveForm({ limits, stagedForMs, keep: keepFile }, request, formOptions);
      } catch (error) {
        await discardRest(request, error);
        throw error;
      }
    },
    stage: async (input, stageOptions = {}) => await put(input, { ...stageOptions, expiresInMs: stageOptions.expiresInMs ?? stagedForMs }),
    attach: async (references, attachOptions) =>
      await duringTransaction(attachOptions.tx, async (signer) =>
        (await attaching.attach(references, attachOptions)).map((file) => shown(file, signer)),
      ),
    detach: async (detachOptions) => await duringTransaction(detachOptions.tx, async () => await attaching.detach(detachOptions)),
    transaction: async (work) => await during(async () => await catalogue.transaction(work)),
    get: async (id) =>
      await withId(
        id,
        async (fileId) => {
          const file = await findFile(catalogue, fileId);
          return file === undefined ? undefined : shown(file, await ready());
        },
        undefined,
      ),
    getEach: async (ids) =>
      await during(async (signer) => {
        const asked = ids.map(parseFileId).filter((id) => id !== undefined);
        return new Map((await findFiles(catalogue, asked)).map((file) => [file.id, shown(file, signer)]));
      }),
    list: async ({ limit = 50, after } = {}) =>
      await during(async (signer) => {
        if (!Number.isInteger(limit))
          throw fail("PARAMETER_INVALID", { name: "limit", value: String(limit), reason: "it is not a whole number" });
        const bounded = Math.max(1, Math.min(limit, maxPage));
        const cursor = after === undefined ? undefined : parseFileId(after);
        if (after !== undefined && cursor === undefined) {
          throw fail("PARAMETER_INVALID", { name: "after", value: after, reason: "it is not the id of a file" });
        }
        // One more than asked for tells whether there is a next page.
        const found = await listFiles(catalogue, { limit: bounded + 1, ...(cursor === undefined ? {} : { after: cursor }) });
        const page = found.slice(0, bounded).map((file) => shown(file, signer));
        return { files: page, next: found.length > bounded ? page.at(-1)?.id : undefined };
      }),
    attachedToEach: async (recordType, recordIds, slot) =>
      await during(async (signer) => {
        const found = await filesAttachedToEach(catalogue, recordType, recordIds, slot);
        return new Map([...found].map(([recordId, attached]) => [recordId, attached.map((file) => shown(file, signer))]));
      }),
    attached: async (...target) =>
      await during(async (signer) => (await attachedFiles(catalogue, target)).map((file) => shown(file, signer))),
    replicas: async (id) => await withId(id, async (fileId) => await replicasOf(catalogue, fileId), []),
    open: async (id, openOptions = {}) => {
      const fileId = parseFileId(id);
      const file = fileId === undefined ? undefined : await during(async () => await findFile(catalogue, fileId));
      if (file === undefined) throw fail("FILE_NOT_FOUND", { id });
      return await storage.open(file.key, openOptions).catch((cause: unknown) => {
        throw isHoldfastError(cause, "OBJECT_NOT_FOUND") ? fail("FILE_LOST", { id, name: file.name }, { cause }) : cause;
      });
    },
    rotateSigningKey: async (rotateOptions) => await during(async () => await (await prepared()).rotate(rotateOptions)),
    trash: async (id) => await move(id, "stored", "trashed"),
    restore: async (id) => await move(id, "trashed", "stored"),
    settle: async () => await during(async () => await settle({ catalogue, storage, lateWriteMs, retentionMs })),
    migrate: async (migrateOptions) => {
      await catalogue.migrate(migrateOptions);
      // The first use may be inside a transaction, where in SQLite it could not look at these things. What is wrong, its user is told.
      if (catalogue.kind === "sqlite") await ready().catch(() => undefined);
    },
    close: async () => await (closing ??= letGo()),
  };

  let closing: Promise<void> | undefined;
  async function letGo(): Promise<void> {
    isClosed = true;
    stopSettling();
    files.close();
    await Promise.allSettled(running);
    await variants.close();
    await decoding.close();
    await given.diskCache?.idle();
    await worker.close();
    await catalogue.close();
    await storage.close();
  }

  const stopSettling = settleRegularly(media, given.settleEveryMs, log, catalogue.isOwn);
  return media;
}

/** How readers are sent to the storage, where that is wished for; what cannot be is said once. */
function redirectsOf({ delivery, env, storage, catalogue, log }: Assembly): Redirects | undefined {
  if ((delivery ?? env["MEDIA_DELIVERY"]) !== "redirect") return undefined;
  if ((storage.driver.signing ?? storage.driver.publicUrl) !== undefined) return createRedirects({ catalogue, storage });
  log.warn(
    `delivery: redirect is set, and the ${storage.driver.name} storage has no URLs to send readers to; all bytes go through this app`,
  );
  return undefined;
}

/** Check the tables, tie the storage to them, look for the canary, and find the signing key. */
async function prepare({ catalogue, storage, storages, log, signingKey, env }: Assembly): Promise<SigningKeys> {
  await catalogue.confirmMigrated();
  await refuseSameStorage(storages, log);
  await bindStorage(catalogue, storage);
  const lax = await catalogue.whyNotDurable();
  if (lax !== undefined) log.warn(lax);
  const mismatch = await whyMismatched(catalogue, storage);
  if (mismatch !== undefined) log.error(mismatch);
  else {
    const found = describeCanary(await lookForCanary(catalogue, storage, releaseOf(env)));
    if (found !== undefined) log[found.isAlarm ? "error" : "info"](found.sentence);
  }
  return await openSigningKeys(catalogue, givenSigningKeys({ signingKey }, env));
}

/** The options that are set, so that `undefined` never replaces a default. */
function defined(options: MediaOptions): MediaOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

const consoleLogger: Logger = {
  info: (message) => console.info(message),
  warn: (message) => console.warn(message),
  error: (message) => console.error(message),
};
