import { describe, expect, inject, it } from "vitest";
import { describeRounds, runKillRounds } from "./kill-rounds.js";

const lab = inject("lab");
const rounds = Number(process.env["HOLDFAST_LAB_ROUNDS"] ?? 25);
const seed = Number(process.env["HOLDFAST_KILL_SEED"] ?? Date.now() % 1_000_000);

describe.runIf(lab !== undefined)("two instances on PostgreSQL and a bucket, killed in turn", () => {
  it("lose nothing acknowledged, keep nothing twice and leave no orphan", { timeout: 120_000 + rounds * 20_000 }, async () => {
    if (lab === undefined) return;
    const report = await runKillRounds({ servers: lab, rounds, seed });
    console.info(describeRounds(report).join("\n"));
    expect(report.problems).toEqual([]);
    expect(report.orphans).toEqual([]);
    expect(report.rounds).toBe(rounds);
    expect(report.acknowledged).toBe(report.sent);
    // A lab in which nothing had to be sent again would prove little.
    expect(report.resent).toBeGreaterThan(rounds / 5);
  });

  it.each(["acknowledge before commit", "settle from a listing"] as const)(
    "are noticed to lose files when they would %s",
    { timeout: 240_000 },
    async (mutant) => {
      if (lab === undefined) return;
      const report = await runKillRounds({ servers: lab, rounds: 8, seed, roundsPerCloud: 8, mutant });
      console.info([`mutant: ${mutant}`, ...describeRounds(report)].join("\n"));
      expect(report.problems.filter((problem) => problem.startsWith("lost"))).not.toEqual([]);
    },
  );
});
