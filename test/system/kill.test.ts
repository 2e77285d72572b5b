import { describe, expect, it } from "vitest";
import { describeReport, runKillLab } from "./kill-lab.js";

const rounds = Number(process.env["HOLDFAST_KILL_ROUNDS"] ?? 200);
const seed = Number(process.env["HOLDFAST_KILL_SEED"] ?? Date.now() % 1_000_000);

describe("killing the service", () => {
  it(
    "loses no acknowledged file, lists nothing half-written and leaves no orphan, whenever it is killed",
    { timeout: 120_000 + rounds * 4_000 },
    async () => {
      const report = await runKillLab({ rounds, seed });
      console.info(describeReport(report).join("\n"));
      expect([...report.lost.values()]).toEqual([]);
      expect(report.wrong).toEqual([]);
      expect(report.orphans).toEqual([]);
      expect(report.rounds).toBe(rounds);
      // A lab whose kills all fall into one phase would prove little.
      expect(report.acknowledged).toBeGreaterThan(rounds);
      const reached = new Set([...report.phases.keys()].map((phase) => phase.slice(0, 1)));
      const missed = ["1", "2", "3", "4", "5"].filter((phase) => !reached.has(phase));
      expect(rounds < 100 ? [] : missed).toEqual([]);
    },
  );

  it.each(["acknowledge before commit", "commit before bytes"] as const)(
    "is noticed to lose files when the service would %s",
    { timeout: 120_000 },
    async (mutant) => {
      const report = await runKillLab({ rounds: 8, seed, lanes: 2, roundsPerFolder: 4, mutant });
      console.info([`mutant: ${mutant}`, ...describeReport(report)].join("\n"));
      expect(report.acknowledged).toBeGreaterThan(0);
      expect(report.lost.size).toBeGreaterThan(0);
    },
  );
});
