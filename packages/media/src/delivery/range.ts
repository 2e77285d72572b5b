import { fail } from "../errors.js";
import type { ByteRange } from "../storage/driver.js";

/**
 * Read a Range header (RFC 9110 §14.2) for content of `size` bytes. One range is honoured; several, another unit or a
 * malformed header mean the whole content, as the standard allows. `undefined` is the whole.
 *
 * @throws RANGE_NOT_SATISFIABLE
 */
export function parseRange(header: string | null | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*$/i.exec(header ?? "");
  if (match === null || header === null || header === undefined) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) {
    const length = Number(suffix);
    if (length === 0 || size === 0) throw fail("RANGE_NOT_SATISFIABLE", { range: header, size });
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === undefined || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== undefined && last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw fail("RANGE_NOT_SATISFIABLE", { range: header, size });
  return { start, end };
}
