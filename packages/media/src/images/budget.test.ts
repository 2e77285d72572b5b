import { describe, expect, it } from "vitest";
import { createCounters } from "../counters.js";
import { createBudget, type Urgency } from "./budget.js";

/** Work in a budget of 100, which runs until it is let go, in the order in which it was let in. */
function bench(total = 100): {
  readonly started: string[];
  readonly begin: (name: string, cost: number, urgency?: Urgency) => Promise<void>;
  readonly end: (name: string) => void;
} {
  const budget = createBudget(total, 4);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    started,
    begin: async (name, cost, urgency) => {
      const release = await budget.acquire(cost, urgency);
      started.push(name);
      ends.set(name, release);
    },
    end: (name) => ends.get(name)?.(),
  };
}

const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe("the decoder's budget", () => {
  it("admits by memory, first come first served: a large picture is not starved by small ones behind it", async () => {
    const { started, begin, end } = bench();
    const all = [begin("first", 60), begin("large", 60), begin("small", 20)];
    await settled();
    expect(started).toEqual(["first"]);
    end("first");
    await Promise.all(all);
    expect(started).toEqual(["first", "large", "small"]);
  });

  it("lets a small one pass a large one that waits, one at a time, without taking what the large one waits for", async () => {
    const mb = 1024 * 1024;
    const { started, begin, end } = bench(240 * mb);
    const all = [begin("first", 200 * mb), begin("large", 200 * mb), begin("small", 20 * mb), begin("next", 20 * mb)];
    await settled();
    expect(started).toEqual(["first", "small"]);
    end("first");
    await settled();
    // The small one still runs, and the large one has all it needs.
    expect(started).toEqual(["first", "small", "large", "next"]);
    end("small");
    end("large");
    await Promise.all(all);
  });

  it("runs what exceeds it alone", async () => {
    const { started, begin, end } = bench();
    const all = [begin("huge", 500), begin("small", 20)];
    await settled();
    expect(started).toEqual(["huge"]);
    end("huge");
    await Promise.all(all);
  });

  it("is given back once, however often it is said", async () => {
    const { started, begin, end } = bench();
    await begin("first", 60);
    end("first");
    end("first");
    const all = [begin("second", 60), begin("third", 60)];
    await settled();
    expect(started).toEqual(["first", "second"]);
    end("second");
    await Promise.all(all);
  });

  it("lets in what is done in the background when nobody else is there, and one at a time", async () => {
    const { started, begin, end } = bench();
    const all = [begin("one", 20), begin("later", 20, "background"), begin("even later", 20, "background"), begin("two", 90)];
    await settled();
    expect(started).toEqual(["one"]);
    end("one");
    await settled();
    expect(started).toEqual(["one", "two"]);
    end("two");
    await settled();
    // Whoever asked for two may ask for a third.
    expect(started).toEqual(["one", "two"]);
    await expect.poll(() => started).toEqual(["one", "two", "later"]);
    end("later");
    await Promise.all(all);
  });

  it("says that it is overloaded rather than queue without end", async () => {
    const counts = createCounters().decodes;
    const budget = createBudget(20, 4, counts);
    const release = await budget.acquire(20);
    const waiting = Array.from({ length: 256 }, async () => (await budget.acquire(20))());
    await settled();
    expect([counts, budget.usedBytes]).toMatchObject([{ running: 1, waiting: 256 }, 20]);
    await expect(budget.acquire(20)).rejects.toMatchObject({ code: "OVERLOADED", status: 503 });
    release();
    await Promise.all(waiting);
    expect([counts, budget.usedBytes]).toMatchObject([{ running: 0, waiting: 0, refused: 1 }, 0]);
  });
});
