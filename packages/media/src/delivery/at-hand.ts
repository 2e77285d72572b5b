import { type FileId, type FileRecord, parseFileId } from "../catalogue/file.js";
import { negotiateFormat } from "../images/formats.js";
import type { KnownTransforms } from "../images/known-transforms.js";
import { findMediaType } from "../images/media-type.js";
import type { KnownFiles } from "./known-files.js";
import { headersOf, notModifiedHeadersOf } from "./respond.js";
import { parseMediaPath, variantContent } from "./routes.js";
import type { CachedVariant } from "./variant-cache.js";
import type { Variants } from "./variants.js";

/** An answer that needs neither a promise nor a copy. */
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

/** Answer a request from what is in memory, or leave it to the handler, which answers the same. */
export type AtHand = (request: PlainRequest) => AnswerAtHand | undefined;

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

/**
 * Answer variants that are in memory, of files lately confirmed, without a `Request`, a `Response` or a query: made for
 * the one picture that everybody asks for. Unless a file is confidential its variants are for everybody, so there is nobody to ask.
 * How a URL is answered is kept; each time the file and the variant are looked up, and are what they were.
 */
export function createAtHand(given: {
  readonly basePath: string;
  readonly files: KnownFiles;
  readonly variants: Variants;
  readonly transforms: KnownTransforms;
}): AtHand {
  const { files, variants, transforms } = given;
  const prefix = `${given.basePath}/`;
  const ready = new Map<string, readonly ReadyMade[]>();

  function keep(url: string, answer: ReadyMade): void {
    if (url.length + (answer.accept?.length ?? 0) > maxKeptLength) return;
    const others = (ready.get(url) ?? []).filter(({ accept }) => accept !== answer.accept);
    ready.delete(url);
    ready.set(url, [answer, ...others].slice(0, maxAccepts));
    for (const [oldest] of ready) {
      if (ready.size <= maxUrls) break;
      ready.delete(oldest);
    }
  }

  /** The variant that a URL is answered with, where all is as it was when that was worked out. */
  function find({ id, file, path, etag }: ReadyMade): CachedVariant | undefined {
    if (files.atHand(id) !== file) return undefined;
    const variant = variants.inMemory(path);
    return variant?.etag === etag ? variant : undefined;
  }

  /** Work out how a URL is answered, and with what. */
  function make(url: string, accept: string | undefined): readonly [CachedVariant, ReadyMade] | undefined {
    if (!url.startsWith(prefix) || unusualPath.test(url)) return undefined;
    const query = url.indexOf("?");
    const path = parseMediaPath(query < 0 ? url.slice(prefix.length) : url.slice(prefix.length, query));
    // What a signature admits to is kept as long as the signature lasts, and a download is named as one: the handler works it out.
    if (path?.kind !== "variant" || (query >= 0 && unusualQuery.test(url.slice(query)))) return undefined;
    const id = parseFileId(path.id);
    const file = id === undefined ? undefined : files.atHand(id);
    const asked = transforms.find(path.transform);
    if (id === undefined || file === undefined || file.visibility === "confidential") return undefined;
    if (asked?.isFixed !== true || findMediaType(file.type)?.isDecodable !== true) return undefined;
    const { transform } = asked;
    const choice = negotiateFormat(accept, file, transform);
    const chosen = variants.atHand(file, transform, choice);
    if (chosen === undefined) return undefined;
    const content = variantContent(file, chosen, asked, "everybody");
    const headers = Object.entries(headersOf(content)).flat();
    const notModifiedHeaders = Object.entries(notModifiedHeadersOf(content)).flat();
    const answer: ReadyMade = { accept, id, file, path: chosen.path, etag: chosen.variant.etag, headers, notModifiedHeaders };
    // What stands in for another is not for long.
    if (!chosen.isInterim) keep(url, answer);
    return [chosen.variant, answer];
  }

  return ({ method, url, headers }) => {
    if ((method !== "GET" && method !== "HEAD") || url === undefined) return undefined;
    if (headers["range"] !== undefined || headers["if-range"] !== undefined || headers["if-modified-since"] !== undefined) return undefined;
    if (headers["if-match"] !== undefined || headers["if-unmodified-since"] !== undefined) return undefined;
    const sent = headers["accept"];
    const accept = typeof sent === "string" ? sent : undefined;
    let answer = ready.get(url)?.find((one) => one.accept === accept);
    let variant = answer === undefined ? undefined : find(answer);
    if (answer === undefined || variant === undefined) {
      const made = make(url, accept);
      if (made === undefined) return undefined;
      [variant, answer] = made;
    }
    const condition = headers["if-none-match"];
    if (condition === undefined) return { status: 200, headers: answer.headers, body: method === "HEAD" ? undefined : variant.bytes };
    return condition === answer.etag ? { status: 304, headers: answer.notModifiedHeaders, body: undefined } : undefined;
  };
}
