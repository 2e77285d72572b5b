import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { parseRange } from "./range.js";

const outcome = (header: string | null, size: number): unknown => {
  try {
    return parseRange(header, size);
  } catch (error) {
    if (isHoldfastError(error, "RANGE_NOT_SATISFIABLE")) return 416;
    throw error;
  }
};

describe("parseRange", () => {
  it.each<[string | null, number, unknown]>([
    [null, 10, undefined],
    ["bytes=0-0", 10, { start: 0, end: 0 }],
    ["bytes=2-", 10, { start: 2, end: 9 }],
    ["bytes=2-99", 10, { start: 2, end: 9 }],
    ["bytes=-3", 10, { start: 7, end: 9 }],
    ["bytes=-99", 10, { start: 0, end: 9 }],
    ["bytes=10-", 10, 416],
    ["bytes=-0", 10, 416],
    ["bytes=0-", 0, 416],
    ["bytes=-1", 0, 416],
    // A malformed header and several ranges mean the whole content (RFC 9110 §14.2).
    ["bytes=5-2", 10, undefined],
    ["bytes=0-1,3-4", 10, undefined],
    ["bytes=a-b", 10, undefined],
    ["bytes=-", 10, undefined],
    ["items=0-1", 10, undefined],
    // Any number of digits is a number.
    ["bytes=0-99999999999999999999", 10, { start: 0, end: 9 }],
    ["bytes=99999999999999999999-", 10, 416],
    ["bytes=-99999999999999999999", 10, { start: 0, end: 9 }],
    // Range units are case-insensitive (RFC 9110 §14.1).
    ["Bytes=0-0", 10, { start: 0, end: 0 }],
  ])("reads %s of %i bytes as %j", (header, size, expected) => {
    expect(outcome(header, size)).toEqual(expected);
  });

  it("never answers a range that is not within the content, whatever the header", () => {
    const number = fc.oneof(fc.nat(30), fc.constant(Number.MAX_SAFE_INTEGER), fc.constant(""));
    const header = fc.oneof(
      fc.string(),
      fc.tuple(number, number).map(([first, last]) => `bytes=${first}-${last}`),
    );
    fc.assert(
      fc.property(header, fc.nat(20), (text, size) => {
        const found = outcome(text, size);
        const range = found === 416 || found === undefined ? { start: 0, end: 0 } : (found as { start: number; end: number });
        expect(range.start <= range.end && range.start >= 0 && (found === range ? range.end < size : true)).toBe(true);
      }),
    );
  });

  it("gives the bytes a slice would give", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 30 }), (first, length, size) => {
        const last = first + length;
        const range = outcome(`bytes=${first}-${last}`, size);
        const content = Array.from({ length: size }, (_, at) => at);
        const expected = content.slice(first, last + 1);
        const { start, end } = (range === 416 ? { start: 0, end: -1 } : range) as { start: number; end: number };
        expect(content.slice(start, end + 1)).toEqual(expected);
      }),
    );
  });
});
