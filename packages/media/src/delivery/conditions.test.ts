import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { etagOf, isNotModified, isRangeCurrent } from "./conditions.js";

const etag = etagOf("0123456789abcdef".repeat(4));
const storedAt = Date.UTC(2026, 10, 21, 12, 0, 0, 500);
const content = { etag, storedAt };
const at = (milliseconds: number): string => new Date(milliseconds).toUTCString();
const notModified = (headers: Record<string, string>): boolean => isNotModified(new Headers(headers), content);
const rangeCurrent = (headers: Record<string, string>): boolean => isRangeCurrent(new Headers(headers), content);

describe("isNotModified", () => {
  it.each<[Record<string, string>, boolean]>([
    [{}, false],
    [{ "if-none-match": etag }, true],
    [{ "if-none-match": `W/${etag}` }, true],
    [{ "if-none-match": `"other", W/${etag}` }, true],
    [{ "if-none-match": " * " }, true],
    [{ "if-none-match": '"other"' }, false],
    [{ "if-none-match": '"*"' }, false],
    [{ "if-none-match": etag.slice(1, -1) }, false],
    [{ "if-none-match": "" }, false],
    [{ "if-modified-since": at(storedAt) }, true],
    [{ "if-modified-since": at(storedAt + 5000) }, true],
    [{ "if-modified-since": at(storedAt - 1000) }, false],
    [{ "if-modified-since": "yesterday" }, false],
    // With a tag the date is not asked (RFC 9110 §13.1.3).
    [{ "if-none-match": '"other"', "if-modified-since": at(storedAt) }, false],
  ])("answers %j with %s", (headers, expected) => {
    expect(notModified(headers)).toBe(expected);
  });

  it("finds its tag in any list of others", () => {
    const tag = fc.string({ unit: fc.constantFrom("a", "b", ",", " ", "/", "W", "*"), maxLength: 6 }).map((text) => `"${text}"`);
    const list = fc.array(fc.tuple(fc.constantFrom("", "W/"), tag), { maxLength: 5 });
    fc.assert(
      fc.property(list, fc.nat(5), fc.boolean(), (others, position, hasOurs) => {
        const tags = others.map(([weak, text]) => weak + text);
        if (hasOurs) tags.splice(position, 0, etag);
        expect(notModified({ "if-none-match": tags.join(", ") })).toBe(hasOurs);
      }),
    );
  });
});

describe("isRangeCurrent", () => {
  it.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ "if-range": etag }, true],
    // A weak tag says nothing about single bytes.
    [{ "if-range": `W/${etag}` }, false],
    [{ "if-range": '"other"' }, false],
    [{ "if-range": at(storedAt) }, true],
    [{ "if-range": at(storedAt + 1000) }, false],
    [{ "if-range": "nonsense" }, false],
  ])("answers %j with %s", (headers, expected) => {
    expect(rangeCurrent(headers)).toBe(expected);
  });
});
