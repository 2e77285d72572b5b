import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newFileId } from "../catalogue/file.js";
import { anyOptions } from "../images/transform.fixture.js";
import { transformOf } from "../images/transform.js";
import { createSigner, type Signed } from "./signing.js";

const minute = 60_000;
const key = "a key that never leaves the process";
const signer = createSigner(() => [key]);
const id = newFileId();
const original: Signed = { id };
const variant: Signed = { id, transform: "w65" };
const admits = (query: string, what = original, by = signer): boolean => by.admit(what, new URLSearchParams(query)) !== undefined;

afterEach(() => {
  vi.useRealTimers();
});

describe("a signer", () => {
  it("admits until at least the time asked for, and at most a quarter of it or five minutes longer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(original, variant),
        fc.integer({ min: 0, max: 2 ** 39 }),
        fc.integer({ min: 1, max: 10 * 24 * 60 * minute }),
        (what, now, expiresInMs) => {
          vi.useFakeTimers({ now });
          const query = signer.sign(what, expiresInMs);
          vi.setSystemTime(now + expiresInMs - 1);
          const admission = signer.admit(what, new URLSearchParams(query));
          expect(admission?.expiresAt).toBeGreaterThanOrEqual(now + expiresInMs);
          vi.setSystemTime(now + expiresInMs + Math.max(5 * minute, expiresInMs / 4));
          expect(admits(query, what)).toBe(false);
        },
      ),
    );
  });

  it.each([
    [60, 14],
    [24 * 60, 5 * 60],
    [10, 4],
  ])("signs a page asked for twice with the same URL, so that caches keep it: for %i minutes, within %i", (forMinutes, later) => {
    const start = Date.UTC(2026, 10, 21, 12, 0, 1);
    vi.useFakeTimers({ now: start });
    const first = signer.sign(original, forMinutes * minute);
    vi.setSystemTime(start + later * minute);
    expect(signer.sign(original, forMinutes * minute)).toBe(first);
  });

  it("signs a variant without expiry the same for ever, and never so an original", () => {
    vi.useFakeTimers({ now: 0 });
    const query = signer.sign(variant);
    expect(query).toMatch(/^signature=[\w-]{43}$/);
    vi.setSystemTime(Date.UTC(2126, 0));
    expect([signer.sign(variant), admits(query, variant)]).toEqual([query, true]);
    expect(admits(signer.sign(original), original)).toBe(false);
  });

  it("admits to one file and one transform only, whichever they are", () => {
    const things = fc.tuple(fc.constantFrom(id, newFileId(), newFileId()), fc.option(anyOptions, { nil: undefined }));
    const signedOf = ([file, options]: readonly [typeof id, Parameters<typeof transformOf>[0] | undefined]): Signed =>
      options === undefined ? { id: file } : { id: file, transform: transformOf(options).name };
    fc.assert(
      fc.property(things, things, fc.option(fc.integer({ min: 1, max: 10 * minute }), { nil: undefined }), (one, other, expiresInMs) => {
        const [a, b] = [signedOf(one), signedOf(other)];
        const query = signer.sign(a, expiresInMs ?? (a.transform === undefined ? minute : undefined));
        expect(admits(query, a)).toBe(true);
        expect(admits(query, b)).toBe(a.id === b.id && a.transform === b.transform);
      }),
      { numRuns: 500 },
    );
  });

  it("cannot be had to take one part for another", () => {
    const forged = signer.sign({ id, transform: "w65" }, minute);
    const expires = new URLSearchParams(forged).get("expires") ?? "";
    // The line break that separates the parts, brought along by a hostile name.
    expect(admits(forged.replace(/expires=\d+&/, ""), { id, transform: `w65\n${expires}` })).toBe(false);
    expect(admits(forged.replace(/expires=\d+&/, ""), variant)).toBe(false);
  });

  it("signs with its first key, and verifies by all of them", () => {
    const [old, fresh] = ["the key of last year", "the key of this year"];
    const byOld = createSigner(() => [old]).sign(original, minute);
    const both = createSigner(() => [fresh, old]);
    expect([
      admits(byOld, original, both),
      admits(
        byOld,
        original,
        createSigner(() => [fresh]),
      ),
    ]).toEqual([true, false]);
    expect(both.sign(variant)).toBe(createSigner(() => [fresh]).sign(variant));
  });

  it.each([original, variant])("admits to nothing when any character is changed", (what) => {
    const query = signer.sign(what, minute);
    fc.assert(
      fc.property(fc.nat(query.length - 1), fc.constantFrom(..."0123456789abcdefXYZ-_&=%+".split("")), (at, character) => {
        const tampered = query.slice(0, at) + character + query.slice(at + 1);
        expect(admits(tampered, what)).toBe(tampered === query);
      }),
    );
  });

  it.each([
    "",
    "expires=9999999999",
    "signature=x",
    "expires=&signature=",
    "expires=1e10&signature=x",
    "expires=-1&signature=x",
    `signature=${"A".repeat(43)}`,
    `expires=9999999999&signature=${"A".repeat(43)}`,
    `signature=${"A".repeat(100_000)}`,
  ])("admits nothing to %j", (query) => {
    expect([admits(query), admits(query, variant)]).toEqual([false, false]);
  });

  it("puts no part of its key into what it signs", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (secret) => {
        expect(createSigner(() => [secret]).sign(original, minute)).not.toContain(secret);
      }),
    );
  });
});
