import { describe, expect, it } from "vitest";
import { compare, type Contender, pairwiseRatios, spreadOf } from "./comparison.js";

/** A contender that answers the given values in turn and notes when it was asked. */
function contender(name: string, values: readonly number[], order: string[]): Contender {
  let turn = 0;
  return {
    name,
    async round() {
      order.push(name);
      turn += 1;
      const perSecond = values[turn - 1] ?? Number.NaN;
      return { perSecond, cpuMs: 1000 / perSecond };
    },
  };
}

describe("comparison", () => {
  it("takes the contenders in turns and leaves the warm-up out", async () => {
    const order: string[] = [];
    const subject = contender("ours", [1, 90, 80, 100], order);
    const peer = contender("theirs", [1000, 100, 100, 100], order);
    const { subject: ours, peers } = await compare(
      { name: "a race", unit: "laps/s", targets: [{ peer: "theirs", ratio: 0.8 }] },
      { subject, peers: [peer] },
      3,
      () => undefined,
    );
    expect(order).toEqual(["ours", "theirs", "ours", "theirs", "ours", "theirs", "ours", "theirs"]);
    expect(ours.rounds.map(({ perSecond }) => perSecond)).toEqual([90, 80, 100]);
    expect(peers[0]).toMatchObject({ name: "theirs", target: 0.8, ratio: { median: 0.9, min: 0.8, max: 1 } });
  });

  it("says of processor time how much of ours the peer needs, and nothing where a peer's is not known", async () => {
    const unknown: Contender = { name: "unknown", round: async () => ({ perSecond: 100 }) };
    const contenders = { subject: contender("ours", [1, 50], []), peers: [contender("theirs", [1, 100], []), unknown] };
    const { peers } = await compare({ name: "a race", unit: "laps/s" }, contenders, 1, () => undefined);
    expect(peers.map(({ cpuRatio }) => cpuRatio?.median)).toEqual([0.5, undefined]);
  });

  it("divides each round by the round beside it, so that a slow moment of the machine cancels out", () => {
    expect(spreadOf(pairwiseRatios([100, 50, 100], [100, 50, 100]))).toEqual({ median: 1, min: 1, max: 1 });
  });

  it("takes the middle of an even number of values from the two beside it", () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  });

  it("refuses to summarise a round that yielded nothing", () => {
    expect(() => spreadOf([])).toThrow("cannot summarise");
    expect(() => spreadOf([1, Number.NaN])).toThrow("cannot summarise");
  });
});
