import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrange } from "./arrange.js";
import type { FileId } from "./file.js";

const id = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h").map((letter) => letter as FileId);
const list = fc.uniqueArray(id, { maxLength: 8 });
const isShown = (): boolean => true;

describe("the arrangement of a slot", () => {
  it("has each file once, the given ones together and in order, and the others as they were", () => {
    fc.assert(
      fc.property(list, list, fc.boolean(), fc.option(fc.nat(9), { nil: undefined }), (standing, files, replace, position) => {
        const next = arrange(standing, files, { replace, position }, isShown);
        expect(new Set(next).size).toBe(next.length);
        const at = files[0] === undefined ? 0 : next.indexOf(files[0]);
        expect(next.slice(at, at + files.length)).toEqual(files);
        const others = next.filter((one) => !files.includes(one));
        expect(others).toEqual(standing.filter((one) => others.includes(one)));
        const gone = standing.filter((one) => !next.includes(one));
        if (!replace) expect(gone).toEqual([]);
        else if (position !== undefined) expect(gone.length).toBeLessThanOrEqual(1);
        else expect(others).toEqual([]);
      }),
    );
  });

  it("has the first of the given files at the position asked for", () => {
    fc.assert(
      fc.property(list, list, fc.nat(9), (standing, files, position) => {
        fc.pre(files.length > 0);
        const next = arrange(standing, files, { replace: false, position }, isShown);
        const rest = standing.filter((one) => !files.includes(one));
        expect(next.indexOf(files[0] ?? ("" as FileId))).toBe(Math.min(position, rest.length));
      }),
    );
  });
});
