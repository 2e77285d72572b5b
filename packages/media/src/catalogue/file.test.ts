import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newFileId, parseFileId } from "./file.js";

describe("a file's id", () => {
  it("sorts by the time of upload", () => {
    const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [first, second] = [newFileId(a).slice(0, 10), newFileId(b).slice(0, 10)];
        expect(Math.sign(a - b)).toBe(first < second ? -1 : first > second ? 1 : 0);
      }),
    );
  });

  it("is recognised, and nothing else is", () => {
    expect(parseFileId(newFileId())).toBeDefined();
    const near = [
      newFileId().toUpperCase(),
      `${newFileId()}0`,
      newFileId().slice(1),
      `${newFileId().slice(1)}i`,
      `${newFileId()}\n`,
      "../x",
      "",
    ];
    expect(near.map(parseFileId)).toEqual(near.map(() => undefined));
  });

  it("is never the same twice, not even in one millisecond", () => {
    const ids = Array.from({ length: 5000 }, () => newFileId(0));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
