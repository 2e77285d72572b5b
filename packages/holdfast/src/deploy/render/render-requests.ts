import { fail } from "../../errors.js";

/** What a call of Render's API needs of the world. */
export interface RenderOptions {
  readonly apiKey: string;
  /** `https://api.render.com/v1`, or a stand-in for it. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  /** Waits so many milliseconds; a test need not. */
  readonly pause?: (ms: number) => Promise<void>;
}

/** One call, its answer's body included. */
const timeoutMs = 20_000;
const maxAttempts = 4;
/** Render counts by the minute: who is told to wait longer has other trouble. */
const maxPauseMs = 60_000;
const maxBodyBytes = 8 * 1024 * 1024;
/** A list of 100 pages of 100 is no list of one workspace. */
const pageSize = 100;
const maxPages = 100;

/** How one attempt ended that may be made again. */
interface Again {
  readonly reason: string;
  readonly waitMs: number | undefined;
}

/**
 * Read one JSON answer. Only reads are made here, so a failed attempt is made again, at most three times: after a lost
 * connection, an answer 5xx, and after 429 as long as `Retry-After` says. The key is sent to `baseUrl` only, follows no
 * redirect, and is in no error.
 *
 * @throws PLATFORM_REFUSED, PLATFORM_UNREACHABLE; what `absent` makes where the answer is 404
 */
export async function getJson(path: string, options: RenderOptions, absent?: () => Error): Promise<unknown> {
  let last: Again = { reason: "", waitMs: undefined };
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const outcome = await attemptOnce(path, options, absent);
    if ("body" in outcome) return parseBody(outcome.body, path);
    last = outcome;
    const waitMs = last.waitMs ?? 500 * 2 ** (attempt - 1);
    if (waitMs > maxPauseMs) break;
    if (attempt < maxAttempts) await pauseFor(waitMs, options);
  }
  throw unreachable(last.reason);
}

/**
 * Read a list to its end: pages by cursor, until one is empty. A page may be short without being the last.
 *
 * @throws PLATFORM_REFUSED, PLATFORM_UNREACHABLE; what `absent` makes where the answer is 404
 */
export async function getList<T>(
  path: string,
  query: Readonly<Record<string, string>>,
  read: (item: unknown) => T | undefined,
  options: RenderOptions,
  absent?: () => Error,
): Promise<readonly T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const search = new URLSearchParams({ ...query, limit: String(pageSize), ...(cursor === undefined ? {} : { cursor }) });
    const items = await getJson(`${path}?${search.toString()}`, options, absent);
    if (!Array.isArray(items)) throw unreachable(`${path} answered no list`);
    if (items.length === 0) return found;
    for (const item of items) {
      const one = read(item);
      if (one === undefined) throw unreachable(`${path} answered in a form that is not known`);
      found.push(one);
    }
    const next = textOf(items.at(-1), "cursor");
    if (next === undefined || next === cursor) return found;
    cursor = next;
  }
  throw unreachable(`${path} has no end`);
}

/** A text in a field of something that came from outside. */
export function textOf(value: unknown, field: string): string | undefined {
  const found = fieldOf(value, field);
  return typeof found === "string" ? found : undefined;
}

/** A field of something that came from outside. */
export function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

async function attemptOnce(path: string, options: RenderOptions, absent?: () => Error): Promise<{ readonly body: string } | Again> {
  let response: Response;
  let body: string;
  try {
    response = await options.fetch(`${options.baseUrl}${path}`, {
      headers: { authorization: `Bearer ${options.apiKey}`, accept: "application/json", "user-agent": options.userAgent },
      redirect: "error",
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
    });
    body = await bodyOf(response);
  } catch (error) {
    if (options.signal.aborted) throw interrupted(error);
    return { reason: reasonOf(error), waitMs: undefined };
  }
  if (response.ok) return { body };
  switch (response.status) {
    case 401:
      throw fail("PLATFORM_REFUSED", { platform: "Render", variable: "RENDER_API_KEY", reason: "the key is not valid, or was revoked" });
    case 403:
      throw fail("PLATFORM_REFUSED", { platform: "Render", variable: "RENDER_API_KEY", reason: "it may not read this" });
    case 404:
      throw absent?.() ?? unreachable(`${path} is not there (404)`);
    case 429:
      return { reason: "it was asked too often (429); try again in a minute", waitMs: retryAfterMs(response.headers.get("retry-after")) };
    default:
      if (response.status >= 500) return { reason: `it answered ${response.status}`, waitMs: undefined };
      throw unreachable(`it answered ${response.status}`);
  }
}

/** Read a body within a bound: what is longer is none of Render's lists. */
async function bodyOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > maxBodyBytes) {
      await reader.cancel();
      throw new Error("the answer is too long");
    }
    parts.push(next.value);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseBody(body: string, path: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's own message would quote the body, and with it values.
    throw unreachable(`${path.split("?")[0] ?? path} answered no JSON`);
  }
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

async function pauseFor(ms: number, { pause, signal }: RenderOptions): Promise<void> {
  if (pause !== undefined) return await pause(ms);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

function unreachable(reason: string): Error {
  return fail("PLATFORM_UNREACHABLE", { platform: "Render", reason });
}

function interrupted(cause: unknown): Error {
  return fail("INTERRUPTED", { resume: "Nothing was examined." }, { cause });
}

/** Why no answer came; the error itself may hold the request, and with it the key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer came";
  if (error.name === "TimeoutError") return `no answer came within ${timeoutMs / 1000} s`;
  if (error.message === "the answer is too long") return error.message;
  const code = error.cause instanceof Error && "code" in error.cause ? String(error.cause.code) : undefined;
  return code === undefined ? "no answer came" : `no answer came (${code})`;
}
