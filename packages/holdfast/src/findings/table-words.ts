import type { ReportedRow, ReportWords } from "./report.js";

/** The condition of a row for people: `A, B are set, RENDER = true`, or `otherwise`. */
export function whenText({ when }: ReportedRow, words: ReportWords): string {
  const entries = Object.entries(when);
  const named = (wanted: string): readonly string[] => entries.flatMap(([name, value]) => (value === wanted ? [name] : []));
  const [set, unset] = [named("set"), named("unset")];
  const parts = [
    ...(set.length === 0 ? [] : [words.set(set)]),
    ...entries.flatMap(([name, value]) => (value === "set" || value === "unset" ? [] : [`${name} = ${value}`])),
    ...(unset.length === 0 ? [] : [words.unset(unset)]),
  ];
  return parts.length === 0 ? words.otherwise : parts.join(", ");
}

/** Where a row leads, for people: `keeps (s3)`. */
export function leadsText(row: ReportedRow, words: ReportWords): string {
  if (row.answer === "depends" && row.storage === "disk") return words.diskIfMounted;
  const storage = storageText(row.storage, words);
  const answer = words.answers[row.answer];
  return row.storage === row.answer || row.answer === "fails" || row.answer === "rejected" || row.storage === "none"
    ? answer
    : `${answer} (${storage})`;
}

/** A storage for people: services keep their names. */
export function storageText(storage: string, words: ReportWords): string {
  return words.storages[storage] ?? storage;
}
