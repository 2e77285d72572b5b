import type { Condition, Destination, Evidence, Outcome } from "../model.js";
import { all, always, any, not, withoutData } from "./conditions.js";

/** A row before the table it belongs to is whole. */
export type Draft = { readonly when: Condition; readonly destination: Destination; readonly because: readonly Evidence[] };

/** Orders rows so that narrower conditions come first, and closes them with `rest` where they do not cover everything. */
export const closed = (drafts: readonly Draft[], rest: Draft): readonly Outcome[] => {
  const narrow = drafts.filter((draft) => draft.when.kind !== "always");
  const wide = drafts.find((draft) => draft.when.kind === "always");
  const seen = new Set<string>();
  const rows = narrow.filter((draft) => {
    const key = JSON.stringify([draft.when, draft.destination]);
    return !seen.has(key) && seen.add(key).size > 0;
  });
  const covered = rows.length > 0 && any(...rows.map((draft) => draft.when)).kind === "always";
  const last = covered ? rows.at(-1) : (wide ?? rest);
  if (last === undefined) return [{ ...rest, when: always }];
  const before = covered ? rows.slice(0, -1) : rows;
  // A row that says the same as the last one says nothing.
  const needed = before.filter(
    (draft, index) =>
      JSON.stringify(draft.destination) !== JSON.stringify(last.destination) ||
      before.slice(index + 1).some((later) => JSON.stringify(later.destination) !== JSON.stringify(draft.destination)),
  );
  return [...needed, { ...last, when: always }];
};

/** Joins rows of several ways of parsing into one list, each under its own condition. */
export const joined = (
  groups: readonly { readonly when: Condition; readonly answers: readonly (readonly Outcome[])[] }[],
): readonly (readonly Outcome[])[] => {
  const only = groups[0];
  if (groups.length === 1 && only !== undefined) return only.answers;
  const rows: Outcome[] = [];
  for (const group of groups) {
    for (const outcome of group.answers[0] ?? []) rows.push({ ...outcome, when: all(withoutData(group.when), outcome.when) });
  }
  const extra = groups.flatMap((group) => group.answers.slice(1));
  const last = rows.at(-1);
  if (last === undefined) return extra;
  const firstWide = rows.findIndex((each) => each.when.kind === "always");
  const cut = firstWide === -1 ? [...rows.slice(0, -1), { ...last, when: always }] : rows.slice(0, firstWide + 1);
  return [cut, ...extra];
};

/** Says where the uploads of one way into the app go. */
/** A route that exists only under a condition: elsewhere nothing is kept because nothing comes in. */
export const guardedBy = (when: Condition, outcomes: readonly Outcome[]): readonly Outcome[] => {
  const outside = withoutData(not(when));
  const [first] = outcomes;
  if (first === undefined || outside.kind === "always" || outside.kind === "unknown") return outcomes;
  return [{ when: outside, destination: { kind: "passing" }, because: first.because }, ...outcomes];
};
