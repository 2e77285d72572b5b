import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { readLimits } from "./limits.js";

describe("readLimits", () => {
  it("has limits without being told any", () => {
    expect(readLimits(undefined, {})).toMatchObject({ maxBytes: 100_000_000, maxPixels: 50_000_000, stallTimeoutMs: 30_000 });
  });

  it("reads an amount with a decimal unit exactly", () => {
    const units = { "": 1, k: 1e3, KB: 1e3, M: 1e6, mb: 1e6, G: 1e9, Gb: 1e9 } as const;
    const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 0, max: 999 }),
        unit,
        fc.constantFrom("", " "),
        (whole, thousandths, name, space) => {
          const hasFraction = thousandths > 0 && units[name] > 1;
          const text = `${whole}${hasFraction ? `.${String(thousandths).padStart(3, "0")}` : ""}${space}${name}`;
          const exact = ((BigInt(whole) * 1000n + BigInt(hasFraction ? thousandths : 0)) * BigInt(units[name])) / 1000n;
          expect([text, readLimits(undefined, { MEDIA_MAX_BYTES: text }).maxBytes]).toEqual([text, Number(exact)]);
        },
      ),
      {
        examples: [
          [1, 5, "k", ""],
          [2, 300, "mb", ""],
          [1, 1, "G", " "],
        ],
      },
    );
  });

  it.each(["", "0", "-1", "lots", "25MiB", "1e9", "0x10", "NaN", "Infinity", "1.5", "25 M B", "9999999999999999"])(
    "refuses %j, and quotes it",
    (text) => {
      expect(() => readLimits(undefined, { MEDIA_MAX_BYTES: text })).toThrow(`MEDIA_MAX_BYTES="${text}" is not an amount`);
    },
  );

  it("reports everything that is wrong at once", () => {
    const error = catchError(() => readLimits({ stallTimeoutMs: 0 }, { MEDIA_MAX_BYTES: "x", MEDIA_MAX_PIXELS: "y" }));
    expect(isHoldfastError(error, "CONFIG_INVALID") ? error.details.problems : []).toHaveLength(3);
  });

  it("puts what is given in code above the environment, and lets undefined replace nothing", () => {
    const env = { MEDIA_MAX_BYTES: "5MB", MEDIA_MAX_PIXELS: "6M" };
    const given: { maxBytes: number; maxPixels?: number } = JSON.parse('{"maxBytes":7}') as { maxBytes: number };
    Object.assign(given, { maxPixels: undefined });
    expect(readLimits(given, env)).toMatchObject({ maxBytes: 7, maxPixels: 6_000_000 });
  });

  it.each([
    { maxBytes: Number.NaN },
    { maxBytes: -1 },
    { maxPixels: 0.5 },
    { stallTimeoutMs: Number.POSITIVE_INFINITY },
    // Longer than a timer can be: it would fire at once.
    { stallTimeoutMs: 2 ** 31 },
  ])("refuses %j, with which there would be no limit or nothing would be let in", (given) => {
    expect(() => readLimits(given, {})).toThrow(/is not a whole number/);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
