/** What a case is asked of: files whose bytes and names are known, each at its own URL. */
export type Target = "public" | "private" | "unsigned" | "document" | "recording" | "drawing" | "variant" | "upload" | "nothing";

/** What is known of a target before it is asked for. */
export interface Facts {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly lastModified: string;
}

/** One rule of HTTP, as a request and what has to come back. */
export interface HttpCase {
  readonly id: string;
  readonly says: string;
  readonly on: Target;
  readonly method?: string;
  readonly query?: string;
  readonly headers?: (facts: Facts) => Readonly<Record<string, string>>;
  readonly status: number;
  /** What headers have to say; `undefined` where there must be none. */
  readonly answer?: (facts: Facts) => Readonly<Record<string, string | RegExp | undefined>>;
  /** The part of the bytes that has to come, all of them, nothing, or a problem document with this code. */
  readonly body?: "all" | "none" | readonly [start: number, end: number] | `problem ${string}`;
}

export const size = 10_000;
const webp = "image/webp,*/*;q=0.8";
const later = (facts: Facts, seconds: number): string => new Date(Date.parse(facts.lastModified) + seconds * 1000).toUTCString();

const range = (id: string, says: string, header: string, outcome: readonly [number, number] | 200 | 416): HttpCase => ({
  id,
  says,
  on: "recording",
  headers: () => ({ range: header }),
  status: outcome === 200 || outcome === 416 ? outcome : 206,
  body: outcome === 200 ? "all" : outcome === 416 ? "problem RANGE_NOT_SATISFIABLE" : outcome,
  answer: () =>
    outcome === 200
      ? { "content-range": undefined, "content-length": String(size), "accept-ranges": "bytes" }
      : outcome === 416
        ? { "content-range": `bytes */${size}`, "cache-control": "no-store" }
        : { "content-range": `bytes ${outcome[0]}-${outcome[1]}/${size}`, "content-length": String(outcome[1] - outcome[0] + 1) },
});

const condition = (id: string, says: string, on: Target, headers: HttpCase["headers"], status: 200 | 206 | 304 | 412): HttpCase => ({
  id,
  says,
  on,
  status,
  ...(headers === undefined ? {} : { headers: (facts: Facts) => ({ ...(on === "variant" ? { accept: webp } : {}), ...headers(facts) }) }),
  body: status === 200 ? "all" : status === 206 ? [0, 9] : status === 304 ? "none" : "problem PRECONDITION_FAILED",
  ...(status === 304 ? { answer: ({ etag }: Facts) => ({ etag, "cache-control": /max-age=/ }) } : {}),
});

/** Every rule we hold to. Each subject is asked all of them. */
export const cases: readonly HttpCase[] = [
  {
    id: "get",
    says: "GET answers the bytes, their length, their type and their validators (RFC 9110 §9.3.1, §8)",
    on: "public",
    status: 200,
    body: "all",
    answer: ({ bytes, etag, lastModified }) => ({
      "content-length": String(bytes.byteLength),
      "content-type": "image/jpeg",
      etag,
      "last-modified": lastModified,
      "accept-ranges": "bytes",
      "transfer-encoding": undefined,
    }),
  },
  {
    id: "head",
    says: "HEAD answers the headers of GET, and no body (RFC 9110 §9.3.2)",
    on: "public",
    method: "HEAD",
    status: 200,
    body: "none",
    answer: ({ bytes, etag, lastModified }) => ({
      "content-length": String(bytes.byteLength),
      "content-type": "image/jpeg",
      etag,
      "last-modified": lastModified,
      "accept-ranges": "bytes",
    }),
  },
  {
    id: "head-of-variant",
    says: "HEAD of a variant answers the headers of GET, and no body (RFC 9110 §9.3.2)",
    on: "variant",
    method: "HEAD",
    headers: () => ({ accept: webp }),
    status: 200,
    body: "none",
    answer: ({ bytes, etag }) => ({ "content-length": String(bytes.byteLength), "content-type": "image/webp", etag, vary: "Accept" }),
  },
  {
    id: "head-knows-no-range",
    says: "Range is of GET only; with HEAD it is ignored (RFC 9110 §14.2)",
    on: "public",
    method: "HEAD",
    headers: () => ({ range: "bytes=0-9" }),
    status: 200,
    body: "none",
    answer: ({ bytes }) => ({ "content-length": String(bytes.byteLength), "content-range": undefined }),
  },
  {
    id: "head-of-nothing",
    says: "HEAD of what is not there has the status of GET (RFC 9110 §9.3.2)",
    on: "nothing",
    method: "HEAD",
    status: 404,
    body: "none",
    answer: () => ({ "cache-control": "no-store" }),
  },

  range("range-first-byte", "one byte is a range (RFC 9110 §14.1.2)", "bytes=0-0", [0, 0]),
  range("range-first", "the first bytes (RFC 9110 §14.1.2)", "bytes=0-99", [0, 99]),
  range("range-middle", "bytes in the middle (RFC 9110 §14.1.2)", "bytes=5000-5999", [5000, 5999]),
  range("range-open", "from a place to the end (RFC 9110 §14.1.2)", "bytes=9990-", [9990, 9999]),
  range("range-suffix", "the last bytes (RFC 9110 §14.1.2)", "bytes=-100", [9900, 9999]),
  range("range-suffix-all", "more last bytes than there are are all of them (RFC 9110 §14.1.2)", "bytes=-20000", [0, 9999]),
  range("range-last-byte", "the last byte by its place (RFC 9110 §14.1.2)", "bytes=9999-9999", [9999, 9999]),
  range("range-end-beyond", "an end beyond the end is the end (RFC 9110 §14.1.2)", "bytes=10-20000", [10, 9999]),
  range("range-end-huge", "an end of twenty digits is the end too (RFC 9110 §14.1.2)", "bytes=10-99999999999999999999", [10, 9999]),
  range("range-unit-case", "units are case-insensitive (RFC 9110 §14.1)", "Bytes=0-9", [0, 9]),
  range("range-beyond", "a start beyond the end is 416 with the size (RFC 9110 §15.5.17)", "bytes=10000-", 416),
  range("range-beyond-huge", "so is one of twenty digits (RFC 9110 §15.5.17)", "bytes=99999999999999999999-", 416),
  range("range-suffix-none", "no last bytes cannot be satisfied (RFC 9110 §14.1.2)", "bytes=-0", 416),
  range("range-several", "several ranges may be answered with the whole (RFC 9110 §14.2)", "bytes=0-1,5-6", 200),
  range("range-many", "a thousand overlapping ranges are no attack (RFC 9110 §17.15)", `bytes=${"0-,".repeat(1000)}0-`, 200),
  range("range-backwards", "a range that ends before it begins is invalid and ignored (RFC 9110 §14.1.1)", "bytes=5-2", 200),
  range("range-empty", "no range at all is ignored (RFC 9110 §14.2)", "bytes=", 200),
  range("range-letters", "what is no number is ignored (RFC 9110 §14.2)", "bytes=a-b", 200),
  range("range-hexadecimal", "neither is a hexadecimal one (RFC 9110 §14.2)", "bytes=0x1-2", 200),
  range("range-of-three", "nor are three numbers a range (RFC 9110 §14.2)", "bytes=1-2-3", 200),
  range("range-negative", "nor is a negative one (RFC 9110 §14.2)", "bytes=--1", 200),
  range("range-other-unit", "another unit is ignored (RFC 9110 §14.2)", "items=0-1", 200),
  range("range-without-equals", "so is what is no unit (RFC 9110 §14.2)", "bytes 0-1", 200),
  {
    id: "range-of-variant",
    says: "a variant has ranges too (RFC 9110 §14.2)",
    on: "variant",
    headers: () => ({ accept: webp, range: "bytes=3-9" }),
    status: 206,
    body: [3, 9],
    answer: ({ bytes, etag }) => ({ "content-range": `bytes 3-9/${bytes.byteLength}`, etag }),
  },
  {
    id: "range-of-private",
    says: "so has a private original, for whom a signature admits (RFC 9110 §14.2)",
    on: "private",
    headers: () => ({ range: "bytes=3-9" }),
    status: 206,
    body: [3, 9],
  },

  condition(
    "if-range-tag",
    "If-Range with the same strong tag: the range (RFC 9110 §13.1.5)",
    "recording",
    ({ etag }) => ({ range: "bytes=0-9", "if-range": etag }),
    206,
  ),
  condition(
    "if-range-date",
    "If-Range with the same date: the range (RFC 9110 §13.1.5)",
    "recording",
    ({ lastModified }) => ({ range: "bytes=0-9", "if-range": lastModified }),
    206,
  ),
  condition(
    "if-range-other-tag",
    "If-Range with another tag: the whole (RFC 9110 §13.1.5)",
    "recording",
    () => ({ range: "bytes=0-9", "if-range": '"another"' }),
    200,
  ),
  condition(
    "if-range-weak",
    "If-Range never matches a weak tag (RFC 9110 §13.1.5)",
    "recording",
    ({ etag }) => ({ range: "bytes=0-9", "if-range": `W/${etag}` }),
    200,
  ),
  condition(
    "if-range-other-date",
    "If-Range with another date: the whole (RFC 9110 §13.1.5)",
    "recording",
    (facts) => ({ range: "bytes=0-9", "if-range": later(facts, -60) }),
    200,
  ),
  condition(
    "if-range-later-date",
    "a later date is another date (RFC 9110 §13.1.5)",
    "recording",
    (facts) => ({ range: "bytes=0-9", "if-range": later(facts, 60) }),
    200,
  ),
  condition(
    "if-range-nonsense",
    "If-Range with no date at all: the whole (RFC 9110 §13.1.5)",
    "recording",
    () => ({ range: "bytes=0-9", "if-range": "yesterday" }),
    200,
  ),
  condition(
    "if-range-alone",
    "If-Range without a range is ignored (RFC 9110 §13.1.5)",
    "recording",
    () => ({ "if-range": '"another"' }),
    200,
  ),
  {
    ...condition(
      "if-range-unsatisfiable",
      "a range that cannot be satisfied is the whole where If-Range does not hold (RFC 9110 §13.2.2)",
      "recording",
      () => ({ range: "bytes=99999-", "if-range": '"another"' }),
      200,
    ),
  },

  condition(
    "if-none-match",
    "If-None-Match with the same tag (RFC 9110 §13.1.2)",
    "public",
    ({ etag }) => ({ "if-none-match": etag }),
    304,
  ),
  condition(
    "if-none-match-weak",
    "If-None-Match compares weakly (RFC 9110 §13.1.2)",
    "public",
    ({ etag }) => ({ "if-none-match": `W/${etag}` }),
    304,
  ),
  condition(
    "if-none-match-list",
    "If-None-Match takes a list (RFC 9110 §13.1.2)",
    "public",
    ({ etag }) => ({ "if-none-match": `"a", ${etag} , W/"b"` }),
    304,
  ),
  condition(
    "if-none-match-comma",
    "a tag may hold a comma (RFC 9110 §8.8.3)",
    "public",
    ({ etag }) => ({ "if-none-match": `"a,b", ${etag}` }),
    304,
  ),
  condition("if-none-match-any", "If-None-Match: * (RFC 9110 §13.1.2)", "public", () => ({ "if-none-match": "*" }), 304),
  condition(
    "if-none-match-other",
    "If-None-Match with another tag (RFC 9110 §13.1.2)",
    "public",
    () => ({ "if-none-match": '"another"' }),
    200,
  ),
  condition(
    "if-none-match-part",
    "a tag that only begins like ours is another (RFC 9110 §8.8.3)",
    "public",
    ({ etag }) => ({ "if-none-match": `${etag.slice(0, 10)}"` }),
    200,
  ),
  condition(
    "if-none-match-bare",
    "a tag without quotes is none (RFC 9110 §8.8.3)",
    "public",
    ({ etag }) => ({ "if-none-match": etag.slice(1, -1) }),
    200,
  ),
  condition(
    "if-modified-since",
    "If-Modified-Since with the same date (RFC 9110 §13.1.3)",
    "public",
    ({ lastModified }) => ({ "if-modified-since": lastModified }),
    304,
  ),
  condition(
    "if-modified-since-later",
    "with a later date (RFC 9110 §13.1.3)",
    "public",
    (facts) => ({ "if-modified-since": later(facts, 60) }),
    304,
  ),
  condition(
    "if-modified-since-earlier",
    "with an earlier date (RFC 9110 §13.1.3)",
    "public",
    (facts) => ({ "if-modified-since": later(facts, -60) }),
    200,
  ),
  condition(
    "if-modified-since-nonsense",
    "with no date at all it is ignored (RFC 9110 §13.1.3)",
    "public",
    () => ({ "if-modified-since": "9999" }),
    200,
  ),
  condition(
    "tag-before-date",
    "where there are both, the tag counts (RFC 9110 §13.2.2)",
    "public",
    ({ lastModified }) => ({ "if-none-match": '"another"', "if-modified-since": lastModified }),
    200,
  ),
  condition(
    "condition-before-range",
    "a copy that is good is good, range or not (RFC 9110 §13.2.2)",
    "public",
    ({ etag }) => ({ "if-none-match": etag, range: "bytes=0-9" }),
    304,
  ),
  condition("if-match", "If-Match with the same tag (RFC 9110 §13.1.1)", "public", ({ etag }) => ({ "if-match": etag }), 200),
  condition("if-match-any", "If-Match: * (RFC 9110 §13.1.1)", "public", () => ({ "if-match": "*" }), 200),
  condition("if-match-list", "If-Match takes a list (RFC 9110 §13.1.1)", "public", ({ etag }) => ({ "if-match": `"a", ${etag}` }), 200),
  condition("if-match-other", "If-Match with another tag (RFC 9110 §13.1.1)", "public", () => ({ "if-match": '"another"' }), 412),
  condition("if-match-weak", "If-Match compares strongly (RFC 9110 §13.1.1)", "public", ({ etag }) => ({ "if-match": `W/${etag}` }), 412),
  condition(
    "if-match-range",
    "If-Match with another tag and a range: a resumed download starts anew (RFC 9110 §13.2.2)",
    "recording",
    () => ({ "if-match": '"another"', range: "bytes=0-9" }),
    412,
  ),
  condition(
    "if-unmodified-since",
    "If-Unmodified-Since with the same date (RFC 9110 §13.1.4)",
    "public",
    ({ lastModified }) => ({ "if-unmodified-since": lastModified }),
    200,
  ),
  condition(
    "if-unmodified-since-earlier",
    "with an earlier date (RFC 9110 §13.1.4)",
    "public",
    (facts) => ({ "if-unmodified-since": later(facts, -60) }),
    412,
  ),
  condition(
    "if-match-before-date",
    "where there are both, the tag counts (RFC 9110 §13.2.2)",
    "public",
    (facts) => ({ "if-match": facts.etag, "if-unmodified-since": later(facts, -60) }),
    200,
  ),
  condition(
    "variant-if-none-match",
    "conditions hold for variants (RFC 9110 §13.1.2)",
    "variant",
    ({ etag }) => ({ "if-none-match": etag }),
    304,
  ),
  condition(
    "variant-if-none-match-weak",
    "weakly as well (RFC 9110 §13.1.2)",
    "variant",
    ({ etag }) => ({ "if-none-match": `"x", W/${etag}` }),
    304,
  ),
  condition(
    "variant-if-modified-since",
    "and by date (RFC 9110 §13.1.3)",
    "variant",
    ({ lastModified }) => ({ "if-modified-since": lastModified }),
    304,
  ),
  condition("variant-if-match-other", "and If-Match (RFC 9110 §13.1.1)", "variant", () => ({ "if-match": '"another"' }), 412),
  condition(
    "variant-if-range",
    "and If-Range (RFC 9110 §13.1.5)",
    "variant",
    ({ etag }) => ({ range: "bytes=0-9", "if-range": etag }),
    206,
  ),
  {
    id: "variant-other-format",
    says: "the tag of one format is not that of another (RFC 9110 §8.8.3.3)",
    on: "variant",
    headers: ({ etag }) => ({ accept: "image/jpeg", "if-none-match": etag }),
    status: 200,
    answer: () => ({ "content-type": "image/jpeg", vary: "Accept" }),
  },
  {
    id: "not-modified-headers",
    says: "a 304 carries what the 200 would have said about the copy, and nothing of a body (RFC 9110 §15.4.5)",
    on: "variant",
    headers: ({ etag }) => ({ accept: webp, "if-none-match": etag }),
    status: 304,
    body: "none",
    answer: ({ etag }) => ({
      etag,
      "cache-control": "public, max-age=31536000, immutable",
      vary: "Accept",
      "content-type": undefined,
      "content-encoding": undefined,
    }),
  },

  {
    id: "vary-of-variant",
    says: "what depends on Accept says so (RFC 9110 §12.5.5)",
    on: "variant",
    headers: () => ({ accept: webp }),
    status: 200,
    body: "all",
    answer: () => ({ vary: "Accept" }),
  },
  {
    id: "vary-of-original",
    says: "and what does not, does not (RFC 9110 §12.5.5)",
    on: "public",
    headers: () => ({ accept: webp }),
    status: 200,
    answer: () => ({ vary: undefined }),
  },
  {
    id: "accept-refused-webp",
    says: "a weight of 0 is a refusal (RFC 9110 §12.4.2)",
    on: "variant",
    headers: () => ({ accept: "image/webp;q=0, */*" }),
    status: 200,
    answer: () => ({ "content-type": "image/jpeg" }),
  },

  {
    id: "cache-of-variant",
    says: "a variant is everybody's, for a year (RFC 9111 §5.2.2, RFC 8246)",
    on: "variant",
    headers: () => ({ accept: webp }),
    status: 200,
    answer: () => ({ "cache-control": "public, max-age=31536000, immutable" }),
  },
  {
    id: "cache-of-public",
    says: "so is a public original (RFC 9111 §5.2.2.9)",
    on: "public",
    status: 200,
    answer: () => ({ "cache-control": "public, max-age=31536000, immutable" }),
  },
  {
    id: "cache-of-private",
    says: "a signed one is its reader's, while the signature lasts (RFC 9111 §5.2.2.7)",
    on: "private",
    status: 200,
    body: "all",
    answer: () => ({ "cache-control": /^private, max-age=\d{1,4}$/ }),
  },
  {
    id: "cache-of-failure",
    says: "a failure is nobody's (RFC 9111 §5.2.2.5)",
    on: "nothing",
    status: 404,
    body: "problem FILE_NOT_FOUND",
    answer: () => ({ "cache-control": "no-store" }),
  },
  {
    id: "unauthorised",
    says: "who may not read is told how to ask (RFC 9110 §11.6.1)",
    on: "unsigned",
    status: 401,
    body: "problem UNAUTHORIZED",
    answer: () => ({ "www-authenticate": /^Bearer/, "cache-control": "no-store" }),
  },

  {
    id: "nosniff",
    says: "nobody guesses at a stranger's bytes, and they run nowhere (Fetch §3.6, CSP3 §6.3.2)",
    on: "public",
    status: 200,
    answer: () => ({ "x-content-type-options": "nosniff", "content-security-policy": /^sandbox; default-src 'none'/ }),
  },
  {
    id: "nosniff-of-range",
    says: "nor at a part of them (Fetch §3.6)",
    on: "recording",
    headers: () => ({ range: "bytes=0-9" }),
    status: 206,
    answer: () => ({ "x-content-type-options": "nosniff", "content-security-policy": /^sandbox/ }),
  },
  {
    id: "inline-document",
    says: "a PDF may be shown in place, under its own name (RFC 6266 §4)",
    on: "document",
    status: 200,
    answer: () => ({
      "content-type": "application/pdf",
      "content-disposition": `inline; filename="Ubersicht 2026.pdf"; filename*=UTF-8''%C3%9Cbersicht%202026.pdf`,
    }),
  },
  {
    id: "inline-recording",
    says: "so may a recording (RFC 6266 §4.2)",
    on: "recording",
    status: 200,
    answer: () => ({ "content-type": "audio/wav", "content-disposition": /^inline; / }),
  },
  {
    id: "attachment",
    says: "what could run is saved, never shown (RFC 6266 §4.2)",
    on: "drawing",
    status: 200,
    answer: () => ({ "content-type": "image/svg+xml", "content-disposition": /^attachment; / }),
  },
  {
    id: "download",
    says: "?download saves what could be shown (RFC 6266 §4.2)",
    on: "document",
    query: "download",
    status: 200,
    body: "all",
    answer: () => ({ "content-disposition": /^attachment; .*filename\*=UTF-8''%C3%9Cbersicht%202026\.pdf$/ }),
  },
  {
    id: "download-of-variant",
    says: "of a variant too (RFC 6266 §4.2)",
    on: "variant",
    query: "download",
    headers: () => ({ accept: webp }),
    status: 200,
    body: "all",
    answer: () => ({ "content-disposition": /^attachment; filename="photo\.webp"/ }),
  },
  {
    id: "download-in-parts",
    says: "and in ranges (RFC 9110 §14.2)",
    on: "recording",
    query: "download",
    headers: () => ({ range: "bytes=100-199" }),
    status: 206,
    body: [100, 199],
    answer: () => ({ "content-disposition": /^attachment/ }),
  },

  ...["PUT", "DELETE", "PATCH", "POST"].map((method): HttpCase => ({
    id: `method-${method.toLowerCase()}`,
    says: `${method} is 405, and the methods there are are named (RFC 9110 §15.5.6)`,
    on: "public",
    method,
    status: 405,
    body: "problem METHOD_NOT_ALLOWED",
    answer: () => ({ allow: "GET, HEAD, OPTIONS", "cache-control": "no-store" }),
  })),
  {
    id: "options",
    says: "OPTIONS names the methods there are (RFC 9110 §9.3.7)",
    on: "public",
    method: "OPTIONS",
    status: 204,
    body: "none",
    answer: () => ({ allow: "GET, HEAD, OPTIONS" }),
  },
  {
    id: "options-of-uploads",
    says: "also where uploads go (RFC 9110 §9.3.7)",
    on: "upload",
    method: "OPTIONS",
    status: 204,
    body: "none",
    answer: () => ({ allow: "POST, OPTIONS" }),
  },
];
