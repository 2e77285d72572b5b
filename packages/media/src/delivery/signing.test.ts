import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newFileId } from "../catalogue/file.js";
import { createSigner } from "./signing.js";

const minute = 60_000;
const key = "a key that never leaves the process";
const signer = createSigner(key);
const id = newFileId();
const admits = (query: string, file = id, by = signer): boolean => by.isSigned(file, new URLSearchParams(query));

afterEach(() => {
  vi.useRealTimers();
});

describe("a signer", () => {
  it("admits until at least the time asked for, and at most five minutes longer", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 41 }), fc.integer({ min: 1, max: 10 * 24 * 60 * minute }), (now, expiresInMs) => {
        vi.useFakeTimers({ now });
        const query = signer.sign(id, expiresInMs);
        vi.setSystemTime(now + expiresInMs - 1);
        const before = admits(query);
        vi.setSystemTime(now + expiresInMs + 5 * minute);
        expect([before, admits(query)]).toEqual([true, false]);
      }),
    );
  });

  it("signs a page asked for twice with the same URL, so that caches keep it", () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 12, 1) });
    const first = signer.sign(id, 60 * minute);
    vi.setSystemTime(Date.UTC(2026, 10, 21, 12, 4));
    expect(signer.sign(id, 60 * minute)).toBe(first);
  });

  it("admits to one file only, and by its own key only", () => {
    const query = signer.sign(id, minute);
    expect([admits(query), admits(query, newFileId()), admits(query, id, createSigner("another key"))]).toEqual([true, false, false]);
  });

  it("admits to nothing when any character is changed", () => {
    const query = signer.sign(id, minute);
    fc.assert(
      fc.property(fc.nat(query.length - 2), fc.constantFrom(..."0123456789abcdefXYZ-_&=".split("")), (at, character) => {
        const tampered = query.slice(0, at) + character + query.slice(at + 1);
        expect(admits(tampered)).toBe(tampered === query);
      }),
    );
  });

  it.each(["", "expires=9999999999", "signature=x", "expires=&signature=", "expires=1e10&signature=x", "expires=-1&signature=x"])(
    "admits nothing to %j",
    (query) => {
      expect(admits(query)).toBe(false);
    },
  );

  it("puts no part of its key into what it signs", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (secret) => {
        expect(createSigner(secret).sign(id, minute)).not.toContain(secret);
      }),
    );
  });
});
