import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue, type ErrorCode, fail, formatBytes, isHoldfastError } from "./errors.js";
import { toProblem } from "./problem.js";

describe("the error catalogue", () => {
  it.each(Object.entries(catalogue))("%s has a title of a few words and a status of its own kind", (_code, { title, status }) => {
    expect(title).toMatch(/^[A-Z'].{2,60}[^.!]$/);
    expect(status >= 400 && status < 600).toBe(true);
  });

  it("keeps the details, the sentence and the cause", () => {
    const cause = new Error("ENOENT");
    const error = fail("FILE_LOST", { id: "x", name: "cat.jpg" }, { cause });
    expect(error).toMatchObject({ name: "HoldfastError", code: "FILE_LOST", status: 404, details: { id: "x", name: "cat.jpg" }, cause });
    expect(error.message).toContain('"cat.jpg"');
  });

  it("tells its errors from others, and one code from another", () => {
    const error: unknown = fail("FILE_NOT_FOUND", { id: "x" });
    expect([isHoldfastError(error), isHoldfastError(error, "FILE_NOT_FOUND"), isHoldfastError(error, "FILE_LOST")]).toEqual([
      true,
      true,
      false,
    ]);
    expect([isHoldfastError(new Error("x")), isHoldfastError({ code: "FILE_NOT_FOUND" })]).toEqual([false, false]);
  });

  it("writes one problem as it is, several as a list", () => {
    expect(fail("CONFIG_INVALID", { problems: ["One."] }).message).toBe("One.");
    expect(fail("CONFIG_INVALID", { problems: ["One.", "Two."] }).message).toBe("- One.\n- Two.");
  });
});

describe("toProblem", () => {
  it("describes a known error, without its cause", () => {
    const problem = toProblem(fail("UPLOAD_EMPTY", { name: "k.jpg" }, { cause: new Error("hunter2") }));
    expect(problem).toEqual({
      type: "urn:holdfast:error:UPLOAD_EMPTY",
      title: "The file is empty",
      status: 400,
      detail: '"k.jpg" has no bytes. Check that the file was saved before it was sent.',
      code: "UPLOAD_EMPTY" satisfies ErrorCode,
    });
  });

  it("tells clients of no folder, bucket or variable", () => {
    const problem = toProblem(fail("STORAGE_FULL", { storage: "fs (/srv/secret-place)" }));
    expect(problem).toMatchObject({ status: 507, code: "STORAGE_FULL" });
    expect(problem.detail).toBe("The storage is full. The service's log says more; try again later.");
    // Nothing is logged of what the client did, and trying again would not help.
    expect(toProblem(fail("KEY_INVALID", { key: "../k", reason: "secret-place" })).detail).toBe("Not a valid key.");
  });

  it("tells nothing of an unknown one, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(toProblem(thrown)).toEqual(toProblem(undefined));
      }),
    );
    expect(toProblem(undefined)).toMatchObject({ status: 500, code: "UNEXPECTED" });
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1000, "1 kB"],
    [1_400_000, "1.4 MB"],
    [999_999, "1.0 MB"],
    [100_000_000, "100 MB"],
    [2_500_000_000_000_000, "2500 TB"],
  ])("writes %i as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("is never far from the truth, and never a thousand of a smaller unit", () => {
    const units = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), fc.constantFrom(1, 1000), (base, factor) => {
        const [amount, unit] = formatBytes(base * factor).split(" ") as [string, keyof typeof units];
        expect(Math.abs(Number(amount) * units[unit] - base * factor)).toBeLessThanOrEqual(0.05 * base * factor);
        expect(Number(amount)).toBeLessThan(unit === "TB" ? Number.POSITIVE_INFINITY : 1000);
      }),
    );
  });
});
