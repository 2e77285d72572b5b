import { describe, expect, inject, it } from "vitest";
import { runPauseRounds } from "./pause.js";

const lab = inject("lab");
const rounds = Number(process.env["HOLDFAST_PAUSE_ROUNDS"] ?? 5);
const seed = Number(process.env["HOLDFAST_KILL_SEED"] ?? Date.now() % 1_000_000);

describe.runIf(lab !== undefined)("an instance stopped for longer than its leases", () => {
  it("commits nothing that was given up, and what it still puts is removed", { timeout: 120_000 + rounds * 20_000 }, async () => {
    if (lab === undefined) return;
    const report = await runPauseRounds(lab, rounds, seed);
    const { givenUp, stale, latePuts, problems, orphans } = report;
    console.info(
      `pauses ${report.rounds}, uploads given up meanwhile ${givenUp}, committed all the same ${stale.length}, ` +
        `late puts seen ${latePuts}, lost or duplicated ${problems.length}, orphans ${orphans.length}, seed ${seed}`,
    );
    expect(stale).toEqual([]);
    expect(problems).toEqual([]);
    expect(orphans).toEqual([]);
    // A lab in which no upload was caught in the middle would prove nothing.
    expect(givenUp).toBeGreaterThanOrEqual(rounds);
  });
});
