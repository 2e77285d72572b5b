import { describe, expect, it } from "vitest";
import type { Spread } from "./comparison.js";
import { type Report, toText } from "./report.js";

const machine = {
  cores: 2,
  processor: "a processor",
  memoryGb: 24,
  system: "Linux 6 x64",
  node: "v20.20.2",
  sharp: "0.35.5",
  libvips: "8.18.0",
  nginx: undefined,
  wrk: "wrk 4.1.0",
  loadBefore: 0.1,
  commit: "abc1234",
};

const flat = (value: number): Spread => ({ median: value, min: value, max: value });

/** A run of one comparison, whose ratio's median is `median`. */
function reportOf(median: number): Report {
  const subject = { name: "Holdfast", rounds: [{ perSecond: 90 }], perSecond: flat(90), cpuMs: flat(0.25) };
  const rates = { rounds: [{ perSecond: 100 }], perSecond: flat(100), cpuMs: flat(0.125) };
  const peer = { name: "nginx", ...rates, ratio: { median, min: 0.4, max: 0.95 }, cpuRatio: flat(0.5), target: 0.5 };
  const comparisons = [{ name: "200", unit: "answers/s", subject, peers: [peer] }];
  return {
    at: "2026-11-21",
    seed: 1,
    rounds: 5,
    machine,
    benches: [{ name: "hot", question: "How fast?", comparisons, notes: ["a note"] }],
  };
}

describe("report", () => {
  it("sets the ratio beside the number to reach", () => {
    expect(toText(reportOf(0.9))).toContain(
      "| 200  | 90.0     | nginx | 100    | answers/s | 0.90  | 0.40–0.95 | 0.50, reached | 0.250       | 0.125  | 0.50      |",
    );
    expect(toText(reportOf(0.45))).toContain("0.50, not reached");
  });

  it("says what it was measured on, without what is not installed", () => {
    const text = toText(reportOf(0.9));
    expect(text).toContain("commit abc1234, seed 1, 5 rounds");
    expect(text).toContain("libvips 8.18.0, wrk 4.1.0; load before: 0.1");
    expect(text).toContain("- a note");
  });
});
