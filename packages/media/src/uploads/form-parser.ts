import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { fail } from "../errors.js";

/** How much of a form is read that is no file. */
export interface FormBounds {
  readonly fields: number;
  /** Of one field. */
  readonly fieldBytes: number;
  /** Fields and files together. */
  readonly parts: number;
}

/**
 * Open a parser for a body of this content type.
 *
 * @throws UPLOAD_MALFORMED
 */
export function openFormParser(contentType: string, { fields, fieldBytes, parts }: FormBounds): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      // A path is refused by name, not silently cut down to something the sender did not mean.
      preservePath: true,
      limits: { fieldNameSize: 200, fieldSize: fieldBytes, fields, parts, headerPairs: 100, headerSize: 16 * 1024 },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fail("UPLOAD_MALFORMED", { reason: `its content type is not usable (${reason})` }, { cause });
  }
}

/** How a body is given to the parser. */
export interface Feeding {
  /** Whether somebody is at work on a file of the form, so that the parser may take its time. */
  readonly isWaitedFor: () => boolean;
  /** What follows from a part that cannot be read, for the sentence that says so. */
  readonly unread: string;
  /** Waited for after each block. @defaultValue nothing */
  readonly afterBlock?: () => Promise<void>;
  /** Nothing more is given to the parser. */
  readonly signal?: AbortSignal;
}

/** How long the parser may take to swallow what nobody reads. */
const swallowMs = 1000;

/**
 * Give a body to the parser, no faster than its files are read. The parser takes everything else at once; but a part it skips
 * because of its header (a bare line break in a file's name) holds it up for ever when it is large (@fastify/busboy 3.2.6),
 * and then the form is refused.
 *
 * @throws UPLOAD_MALFORMED
 */
export async function feed(source: AsyncIterable<Uint8Array>, parser: BusboyInstance, feeding: Feeding): Promise<void> {
  const isOver = (): boolean => parser.destroyed || feeding.signal?.aborted === true;
  for await (const block of source) {
    if (isOver()) return;
    const isDrained = parser.write(block);
    await feeding.afterBlock?.();
    if (!isDrained && !isOver()) await drained(parser, feeding);
    if (isOver()) return;
  }
  parser.end();
}

async function drained(parser: BusboyInstance, { isWaitedFor, unread, signal }: Feeding): Promise<void> {
  // It may have drained while something else was waited for.
  if (!parser.writableNeedDrain) return;
  const stopWaiting = new AbortController();
  const stop = (): void => stopWaiting.abort();
  signal?.addEventListener("abort", stop, { once: true });
  const drain = once(parser, "drain", { signal: stopWaiting.signal }).then(() => true);
  drain.catch(() => undefined);
  try {
    for (;;) {
      const wasWaitedFor = isWaitedFor();
      const hasDrained = await Promise.race([drain, setTimeout(swallowMs, false, { signal: stopWaiting.signal })]);
      if (hasDrained) return;
      if (!wasWaitedFor && !isWaitedFor()) {
        throw fail("UPLOAD_MALFORMED", { reason: `one of the form's parts has a header that cannot be read${unread}` });
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stopWaiting.abort();
  }
}

/** A parser of @fastify/busboy 3.2.6, with what it counts and does not tell. */
interface CountingParser {
  readonly _parser?: { readonly _nparts?: number };
}

/** How many parts of a form have begun, those included that the parser skips without a word, for their headers cannot be read. */
export function partsOf(parser: BusboyInstance): number {
  return (parser as unknown as CountingParser)._parser?._nparts ?? 0;
}
