import { type FileId, type FileRecord, parseFileId } from "../catalogue/file.js";
import { fail } from "../errors.js";
import { negotiateFormat } from "../images/formats.js";
import type { AskedTransform, KnownTransforms } from "../images/known-transforms.js";
import { findMediaType } from "../images/media-type.js";
import type { Found } from "./fallback/fallback.js";
import type { KnownFiles } from "./known-files.js";
import { headersOf, notModifiedHeadersOf } from "./respond.js";
import { parseMediaPath, variantContent } from "./routes.js";
import type { CachedVariant } from "./variant-cache.js";
import type { ChosenVariant, Variants } from "./variants.js";

/** An answer that needs no `Response` and no copy. */
export interface AnswerAtHand {
  readonly status: 200 | 304;
  /** Names and values in turn, which `writeHead` is quickest with, and leaves as they are. */
  readonly headers: string[];
  readonly body: Uint8Array | undefined;
}

/** The part of a Node request that is looked at. */
export interface PlainRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Why a request could not be answered, and what was found out before. */
export interface Failure {
  readonly error: unknown;
  readonly found: Found;
}

/** Answer from what is in memory, or not at all: then the handler answers the same. */
export type AtHand = (request: PlainRequest) => AnswerAtHand | undefined;

/** Answers of what most requests are about, variants that everybody may see, without a `Request`: as the handler would answer them. */
export interface ShortWay {
  readonly atHand: AtHand;
  /**
   * Answer once what is asked for has been found, or made. Not a request that only the handler understands; `undefined` as well where that shows
   * on the way.
   */
  soon(request: PlainRequest): Promise<AnswerAtHand | Failure | undefined> | undefined;
}

/** What only the handler understands: parts of a URL that URL parsing would resolve, and every condition but a plain ETag. */
const unusualPath = /\/(?:\.|%2e)|\\/i;
/** Parts of a query that change the answer, in whatever way they are written. */
const unusualQuery = /signature|download|%/i;

/** URLs of which it is kept how they are answered; to so many Accept headers each. */
const maxUrls = 2000;
const maxAccepts = 4;
/** A longer URL and Accept are not kept: what strangers make up must not fill the memory. */
const maxKeptLength = 1000;

/** How a URL is answered, and of what that was worked out: as long as that is the same, so is the answer. */
interface ReadyMade {
  readonly accept: string | undefined;
  readonly id: FileId;
  readonly file: FileRecord;
  /** What the variant is called in memory. */
  readonly path: string;
  readonly etag: string;
  readonly headers: string[];
  readonly notModifiedHeaders: string[];
}

/** A variant that a URL asks for, in a transform that everybody may ask for and that is the same for ever. */
interface AskedVariant {
  readonly url: string;
  readonly accept: string | undefined;
  readonly id: FileId;
  readonly asked: AskedTransform;
}

/**
 * Answer variants without a `Response` or a query: made for the one picture that everybody asks for, and for those that nobody has
 * asked for. Unless a file is confidential its variants are for everybody, so there is nobody to ask. How a URL is answered is kept;
 * each time the file and the variant are looked up, and are what they were.
 */
export function createShortWay(given: {
  readonly basePath: string;
  readonly files: KnownFiles;
  readonly variants: Variants;
  readonly transforms: KnownTransforms;
  /** Resolves when the catalogue can be used. */
  readonly ready: () => Promise<unknown>;
  /** Told of what was found or made, and answered. */
  readonly onServed: (file: FileRecord, transform: string) => void;
}): ShortWay {
  const { files, variants, transforms, ready, onServed } = given;
  const prefix = `${given.basePath}/`;
  const kept = new Map<string, readonly ReadyMade[]>();

  function keep(url: string, answer: ReadyMade): void {
    if (url.length + (answer.accept?.length ?? 0) > maxKeptLength) return;
    const others = (kept.get(url) ?? []).filter(({ accept }) => accept !== answer.accept);
    kept.delete(url);
    kept.set(url, [answer, ...others].slice(0, maxAccepts));
    for (const [oldest] of kept) {
      if (kept.size <= maxUrls) break;
      kept.delete(oldest);
    }
  }

  /** The variant that a URL is answered with, where all is as it was when that was worked out. */
  function find({ id, file, path, etag }: ReadyMade): CachedVariant | undefined {
    if (files.atHand(id) !== file) return undefined;
    const variant = variants.inMemory(path);
    return variant?.etag === etag ? variant : undefined;
  }

  /** What a URL asks for, where it is a variant and nothing about it is unusual. */
  function read(url: string, accept: string | undefined): AskedVariant | undefined {
    if (!url.startsWith(prefix) || unusualPath.test(url)) return undefined;
    const query = url.indexOf("?");
    const path = parseMediaPath(query < 0 ? url.slice(prefix.length) : url.slice(prefix.length, query));
    // What a signature admits to is kept as long as the signature lasts, and a download is named as one: the handler works it out.
    if (path?.kind !== "variant" || (query >= 0 && unusualQuery.test(url.slice(query)))) return undefined;
    const id = parseFileId(path.id);
    const asked = transforms.find(path.transform);
    return id === undefined || asked?.isFixed !== true ? undefined : { url, accept, id, asked };
  }

  function isForEverybody(file: FileRecord): boolean {
    return file.visibility !== "confidential" && findMediaType(file.type)?.isDecodable === true;
  }

  /** Work out how a variant is answered. */
  function settle({ url, accept, id, asked }: AskedVariant, file: FileRecord, chosen: ChosenVariant): ReadyMade {
    const content = variantContent(file, chosen, asked, "everybody");
    const headers = Object.entries(headersOf(content)).flat();
    const notModifiedHeaders = Object.entries(notModifiedHeadersOf(content)).flat();
    const answer: ReadyMade = { accept, id, file, path: chosen.path, etag: chosen.variant.etag, headers, notModifiedHeaders };
    // What stands in for another is not for long.
    if (!chosen.isInterim) keep(url, answer);
    return answer;
  }

  function inMemory(wanted: AskedVariant): readonly [CachedVariant, ReadyMade] | undefined {
    const file = files.atHand(wanted.id);
    if (file === undefined || !isForEverybody(file)) return undefined;
    const { transform } = wanted.asked;
    const chosen = variants.atHand(file, transform, negotiateFormat(wanted.accept, file, transform));
    return chosen === undefined ? undefined : [chosen.variant, settle(wanted, file, chosen)];
  }

  async function make(wanted: AskedVariant, request: PlainRequest): Promise<AnswerAtHand | Failure | undefined> {
    const { id, accept, asked } = wanted;
    const found: Found = {};
    try {
      await ready();
      const file = await files.find(id);
      if (file === undefined) throw fail("FILE_NOT_FOUND", { id });
      if (!isForEverybody(file)) return undefined;
      found.file = file;
      found.transform = asked.transform;
      const chosen = await variants.get(file, asked.transform, negotiateFormat(accept, file, asked.transform));
      const answer = answerWith(request, chosen.variant, settle(wanted, file, chosen));
      if (answer?.status === 200) onServed(file, asked.transform.name);
      return answer;
    } catch (error) {
      return { error, found };
    }
  }

  return {
    atHand(request) {
      if (!isPlain(request)) return undefined;
      const { url } = request;
      const accept = acceptOf(request);
      let answer = kept.get(url)?.find((one) => one.accept === accept);
      let variant = answer === undefined ? undefined : find(answer);
      if (answer === undefined || variant === undefined) {
        const wanted = read(url, accept);
        const chosen = wanted === undefined ? undefined : inMemory(wanted);
        if (chosen === undefined) return undefined;
        [variant, answer] = chosen;
      }
      return answerWith(request, variant, answer);
    },
    soon(request) {
      const wanted = isPlain(request) ? read(request.url, acceptOf(request)) : undefined;
      return wanted === undefined ? undefined : make(wanted, request);
    },
  };
}

/** Whether a request asks for a whole, under no condition but a plain ETag: what else there is, only a handler understands. */
export function isPlain(request: PlainRequest): request is PlainRequest & { readonly url: string } {
  const { method, url, headers } = request;
  if ((method !== "GET" && method !== "HEAD") || url === undefined) return false;
  if (headers["range"] !== undefined || headers["if-range"] !== undefined || headers["if-modified-since"] !== undefined) return false;
  return headers["if-match"] === undefined && headers["if-unmodified-since"] === undefined;
}

function acceptOf({ headers }: PlainRequest): string | undefined {
  const sent = headers["accept"];
  return typeof sent === "string" ? sent : undefined;
}

function answerWith({ method, headers }: PlainRequest, { bytes }: CachedVariant, answer: ReadyMade): AnswerAtHand | undefined {
  const condition = headers["if-none-match"];
  if (condition === undefined) return { status: 200, headers: answer.headers, body: method === "HEAD" ? undefined : bytes };
  return condition === answer.etag ? { status: 304, headers: answer.notModifiedHeaders, body: undefined } : undefined;
}
