import type { ReportedRow, ReportWords } from "./report.js";

/** The condition of a row for people: `CLOUDINARY_URL is set, RENDER = true`, or `otherwise`. */
export function whenText({ when }: ReportedRow, words: ReportWords): string {
  const parts = Object.entries(when).map(([name, value]) => {
    if (value === "set") return `${name} ${words.set}`;
    return value === "unset" ? `${name} ${words.unset}` : `${name} = ${value}`;
  });
  return parts.length === 0 ? words.otherwise : parts.join(", ");
}

/** A storage for people: services keep their names. */
export function storageText(storage: string, words: ReportWords): string {
  return words.storages[storage] ?? storage;
}
