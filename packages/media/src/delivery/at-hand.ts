import { parseFileId } from "../catalogue/file.js";
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
  readonly headers: Readonly<Record<string, string>>;
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
const unusualHeaders = ["range", "if-range", "if-modified-since", "if-match", "if-unmodified-since"] as const;
/** Parts of a query that change the answer, in whatever way they are written. */
const unusualQuery = /signature|download|%/i;

interface ReadyMade {
  readonly headers: Readonly<Record<string, string>>;
  readonly notModifiedHeaders: Readonly<Record<string, string>>;
}

/**
 * Answer variants that are in memory, of files lately confirmed, without a `Request`, a `Response` or a query: made for
 * the one picture that everybody asks for. Unless a file is confidential its variants are for everybody, so there is nobody to ask.
 */
export function createAtHand(given: {
  readonly basePath: string;
  readonly files: KnownFiles;
  readonly variants: Variants;
  readonly transforms: KnownTransforms;
}): AtHand {
  const { files, variants, transforms } = given;
  const prefix = `${given.basePath}/`;
  const readyMade = new WeakMap<CachedVariant, ReadyMade>();
  const interimReadyMade = new WeakMap<CachedVariant, ReadyMade>();

  return ({ method, url, headers }) => {
    if ((method !== "GET" && method !== "HEAD") || url === undefined || !url.startsWith(prefix) || unusualPath.test(url)) return undefined;
    if (unusualHeaders.some((name) => headers[name] !== undefined)) return undefined;
    const query = url.indexOf("?");
    const path = parseMediaPath(query < 0 ? url.slice(prefix.length) : url.slice(prefix.length, query));
    // What a signature admits to is kept as long as the signature lasts, and a download is named as one: the handler works it out.
    if (path?.kind !== "variant" || (query >= 0 && unusualQuery.test(url.slice(query)))) return undefined;
    const id = parseFileId(path.id);
    const file = id === undefined ? undefined : files.atHand(id);
    const asked = transforms.find(path.transform);
    if (
      file === undefined ||
      file.visibility === "confidential" ||
      asked?.isFixed !== true ||
      findMediaType(file.type)?.isDecodable !== true
    )
      return undefined;
    const { accept } = headers;
    const choice = negotiateFormat(typeof accept === "string" ? accept : undefined, file, asked.transform);
    const chosen = variants.atHand(file, asked.transform, choice);
    if (chosen === undefined) return undefined;
    const { variant, isInterim } = chosen;

    const condition = headers["if-none-match"];
    if (condition !== undefined && condition !== variant.etag) return undefined;
    const prepared = isInterim ? interimReadyMade : readyMade;
    let ready = prepared.get(variant);
    if (ready === undefined) {
      const content = variantContent(file, chosen, asked, "everybody");
      ready = { headers: headersOf(content), notModifiedHeaders: notModifiedHeadersOf(content) };
      prepared.set(variant, ready);
    }
    if (condition !== undefined) return { status: 304, headers: ready.notModifiedHeaders, body: undefined };
    return { status: 200, headers: ready.headers, body: method === "HEAD" ? undefined : variant.bytes };
  };
}
