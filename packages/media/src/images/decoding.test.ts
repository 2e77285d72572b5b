import { describe, expect, it } from "vitest";
import { decodesAtOnce } from "./decoding.js";

describe("how many images are decoded at once in this process", () => {
  it.each([
    { cores: 1, threads: 4, atOnce: 2 },
    { cores: 2, threads: 4, atOnce: 3 },
    { cores: 3, threads: 4, atOnce: 3 },
    { cores: 8, threads: 4, atOnce: 8 },
    { cores: 8, threads: 16, atOnce: 9 },
    { cores: 2, threads: 1, atOnce: 2 },
  ])("is $atOnce with $cores cores and $threads threads", ({ cores, threads, atOnce }) => {
    expect(decodesAtOnce(cores, threads)).toBe(atOnce);
  });
});
