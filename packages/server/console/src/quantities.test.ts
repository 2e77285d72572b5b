import { expect, it } from "vitest";
import { count, formatSize } from "./quantities.js";

it("writes sizes as file managers do", () => {
  expect([0, 1, 999, 1000, 425_551, 999_499, 999_500, 1_478_939, 250_000_000].map(formatSize)).toEqual([
    "0 bytes",
    "1 byte",
    "999 bytes",
    "1 kB",
    "426 kB",
    "999 kB",
    "1 MB",
    "1.5 MB",
    "250 MB",
  ]);
});

it("writes a count with its noun", () => {
  expect([0, 1, 2].map((number) => count(number, "photo"))).toEqual(["0 photos", "1 photo", "2 photos"]);
});
