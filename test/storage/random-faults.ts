import { randomFrom } from "../../bench/src/random.js";
import type { Fault, FaultPlan } from "./fault-proxy.js";

/** Let a share of all requests go wrong, each in a way and at a byte drawn from the seed. */
export function randomFaults(seed: number, share: number): FaultPlan {
  const random = randomFrom(seed);
  const kinds: readonly Fault["act"][] = ["close", "reset", "reset", "stall", "slow", "busy"];
  return () => {
    // All are drawn for each request, so that what one request draws does not hang on what others drew.
    const [isHit, side, place, kind] = [random() < share, random(), random(), random()];
    if (!isHit) return undefined;
    const act = kinds[Math.floor(kind * kinds.length)] ?? "close";
    const on = act === "busy" || side < 0.5 ? "request" : "answer";
    return { on, afterBytes: act === "busy" || place < 0.3 ? 0 : Math.floor(place * 3_000), act };
  };
}
