import { createHash } from "node:crypto";
import type { FileRecord } from "../catalogue/file.js";
import type { VariantName } from "../catalogue/variants.js";
import { createCounters } from "../counters.js";
import { isHoldfastError } from "../errors.js";
import type { Urgency } from "../images/budget.js";
import type { Decoding, Picture } from "../images/decoding.js";
import type { FormatChoice, VariantFormat } from "../images/formats.js";
import type { RenderedVariant } from "../images/render.js";
import type { Transform } from "../images/transform.js";
import type { Sha256 } from "../storage/driver.js";
import { etagOf } from "./conditions.js";
import { createLater } from "./later.js";
import { createPictures, mezzanine } from "./pictures.js";
import { createStoring } from "./storing.js";
import { type CachedVariant, createVariantCache } from "./variant-cache.js";
import { createShelf, type ShelfContext } from "./variant-shelf.js";

const cacheBytes = 48 * 1024 * 1024;
/** Variants and mezzanines that may wait to be made for those who come later. */
const maxLater = 500;
/** Variants that cannot be made here, of which it is remembered. */
const maxHopeless = 5000;

/** What a request is answered with. */
export interface ChosenVariant {
  readonly variant: CachedVariant;
  /** What it is called in memory. */
  readonly path: string;
  readonly format: VariantFormat;
  /** Whether a better one is being made, which takes its place. */
  readonly isInterim: boolean;
}

/** The variants of files: found, or made when first asked for, then stored. */
export interface Variants {
  /**
   * A variant's bytes, in the chosen format, or in the interim one until the other has been made. Those who ask for one that is being
   * made wait for the same making, in whichever instance.
   *
   * @throws FILE_LOST, OVERLOADED, IMAGE_UNDECODABLE, VARIANT_OVER_BUDGET
   */
  get(file: FileRecord, transform: Transform, choice: FormatChoice): Promise<ChosenVariant>;
  /** The same where it is in memory. */
  atHand(file: FileRecord, transform: Transform, choice: FormatChoice): ChosenVariant | undefined;
  /** What was chosen before, where it is still in memory. */
  inMemory(path: string): CachedVariant | undefined;
  /** Resolves when everything that was begun is made and stored, or given up. */
  idle(): Promise<void>;
  /** Begin nothing more for those who come later, and finish what was begun. */
  close(): Promise<void>;
}

/** What making variants needs. */
export interface VariantsContext extends ShelfContext {
  readonly decoding: Decoding;
  /** Whether AVIF is made, for those who take it. @defaultValue true */
  readonly hasAvif?: boolean;
}

/** Make the variants of one media instance. */
export function createVariants(context: VariantsContext): Variants {
  const { storage, decoding, log, diskCache, hasAvif = true, counts = createCounters().variants } = context;
  const cache = createVariantCache(cacheBytes);
  const shelf = createShelf({ ...context, counts });
  const pictures = createPictures(storage, shelf, counts);
  const making = new Map<string, Promise<CachedVariant>>();
  const storing = createStoring(() => making.size > 0);
  const hopeless = new Set<string>();
  const later = createLater(maxLater, (name, error) => {
    if (isHoldfastError(error, "OVERLOADED") || isHoldfastError(error, "MEDIA_CLOSED")) return;
    hopeless.add(name);
    for (const oldest of hopeless) if (hopeless.size > maxHopeless) hopeless.delete(oldest);
    if (!isHoldfastError(error, "VARIANT_OVER_BUDGET")) log.warn(`${name} was not made: ${String(error)}`);
  });

  function inMemory(path: string): CachedVariant | undefined {
    const found = cache.get(path);
    if (found !== undefined) counts.memory += 1;
    return found;
  }

  /** Which format to answer in, and whether it stands in for another. */
  function settle(file: FileRecord, transform: Transform, { format, interim }: FormatChoice): FormatChoice {
    const isHopeless = interim !== undefined && (!hasAvif || hopeless.has(pathOf(file, transform, format)));
    return isHopeless ? { format: interim, interim: undefined } : { format, interim };
  }

  async function make(file: FileRecord, transform: Transform, format: VariantFormat, urgency: Urgency): Promise<CachedVariant> {
    const name: VariantName = { fileId: file.id, transform: transform.name, format };
    const turn = await shelf.take(name);
    if (turn?.kind === "stored") return turn.variant;
    let rendered: RenderedVariant;
    try {
      rendered = await render(file, transform, format, urgency);
    } catch (error) {
      await shelf.leave(turn?.lead);
      throw error;
    }
    // Answered first, stored after: nobody waits for an fsync to see a picture that can always be made again.
    const isTaken = storing.add(rendered.bytes.byteLength, turn?.lead !== undefined, async () => {
      await shelf.store(name, rendered, turn?.lead);
    });
    if (!isTaken) await shelf.leave(turn?.lead);
    if (pictures.wantsMezzanine(file)) {
      later.add(pathOf(file, mezzanine.transform, mezzanine.format), async () => await makeMezzanine(file));
    }
    counts.made += 1;
    const sha256 = createHash("sha256").update(rendered.bytes).digest("hex") as Sha256;
    diskCache?.set(sha256, rendered.bytes);
    return { bytes: rendered.bytes, etag: etagOf(sha256) };
  }

  async function render(file: FileRecord, transform: Transform, format: VariantFormat, urgency: Urgency): Promise<RenderedVariant> {
    const work = async (picture: Picture): Promise<RenderedVariant> => await decoding.render(picture, transform, format, urgency);
    const fromOriginal = async (original: Picture): Promise<RenderedVariant> =>
      await work(original).catch(async (error: unknown) => {
        if (!isHoldfastError(error)) await pictures.confirm(file);
        throw error;
      });
    const picture = await pictures.best(file, transform);
    if (picture.standsFor === undefined) return await fromOriginal(picture);
    // A mezzanine that went, or was never right, is nothing that anybody has to know of.
    return await work(picture).catch(async (error: unknown) => {
      if (isHoldfastError(error)) throw error;
      await pictures.noteUnusable(file);
      return await fromOriginal(await pictures.original(file));
    });
  }

  async function makeMezzanine(file: FileRecord): Promise<void> {
    const name: VariantName = { fileId: file.id, transform: mezzanine.name, format: mezzanine.format };
    const turn = await shelf.take(name, { mayWait: false });
    if (turn === undefined) return;
    if (turn.kind === "ours") {
      try {
        const rendered = await decoding.render(await pictures.original(file), mezzanine.transform, mezzanine.format, "background");
        await shelf.store(name, rendered, turn.lead);
      } catch (error) {
        await shelf.leave(turn.lead);
        throw error;
      }
    }
    pictures.noteMezzanine(file);
  }

  async function find(file: FileRecord, transform: Transform, format: VariantFormat): Promise<CachedVariant | undefined> {
    const path = pathOf(file, transform, format);
    const stored = await shelf.find({ fileId: file.id, transform: transform.name, format });
    if (stored !== undefined) cache.set(path, stored);
    return stored;
  }

  /** Those who ask for one variant while it is being found or made wait for the same. */
  async function findOrMake(file: FileRecord, transform: Transform, format: VariantFormat): Promise<CachedVariant> {
    const path = pathOf(file, transform, format);
    const cached = inMemory(path);
    if (cached !== undefined) return cached;
    const running = making.get(path);
    if (running !== undefined) return await running;
    const begun = (async () => (await find(file, transform, format)) ?? (await make(file, transform, format, "foreground")))();
    const task = begun.finally(() => making.delete(path));
    making.set(path, task);
    const variant = await task;
    cache.set(path, variant);
    return variant;
  }

  /** As asked for, or in the format that takes the least memory where the other takes too much and nobody has chosen it. */
  async function getOne(file: FileRecord, transform: Transform, format: VariantFormat): Promise<ChosenVariant> {
    const path = pathOf(file, transform, format);
    try {
      return { variant: await findOrMake(file, transform, format), path, format, isInterim: false };
    } catch (error) {
      const plain = file.hasAlpha ? "png" : "jpeg";
      if (!isHoldfastError(error, "VARIANT_OVER_BUDGET") || transform.format !== "auto" || format === plain) throw error;
      return { variant: await findOrMake(file, transform, plain), path: pathOf(file, transform, plain), format: plain, isInterim: false };
    }
  }

  async function idle(): Promise<void> {
    while (making.size > 0) await Promise.allSettled(making.values());
    await storing.idle();
  }

  return {
    async get(file, transform, choice) {
      const { format, interim } = settle(file, transform, choice);
      if (interim === undefined) return await getOne(file, transform, format);
      const path = pathOf(file, transform, format);
      // What is still to be made need not be looked for.
      const best = inMemory(path) ?? (later.has(path) ? undefined : await find(file, transform, format));
      if (best !== undefined) return { variant: best, path, format, isInterim: false };
      const meanwhile = await getOne(file, transform, interim);
      later.add(path, async () => cache.set(path, await make(file, transform, format, "background")));
      counts.interim += 1;
      return { ...meanwhile, isInterim: true };
    },
    atHand(file, transform, choice) {
      const { format, interim } = settle(file, transform, choice);
      const path = pathOf(file, transform, format);
      const best = inMemory(path);
      if (best !== undefined) return { variant: best, path, format, isInterim: false };
      if (interim === undefined || !later.has(path)) return undefined;
      const interimPath = pathOf(file, transform, interim);
      const meanwhile = inMemory(interimPath);
      if (meanwhile === undefined) return undefined;
      counts.interim += 1;
      return { variant: meanwhile, path: interimPath, format: interim, isInterim: true };
    },
    inMemory,
    async idle() {
      await idle();
      await later.idle();
      await storing.idle();
    },
    async close() {
      await later.close();
      await idle();
    },
  };
}

function pathOf(file: FileRecord, transform: Transform, format: VariantFormat): string {
  return `${file.id}/${transform.name}.${format}`;
}
