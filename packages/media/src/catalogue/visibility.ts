import type { Visibility } from "./file.js";

/** The visibilities there are, from the most open to the most closed. */
export const visibilities: readonly Visibility[] = ["public", "private", "confidential"];

/**
 * How a visibility is written into a row. The column came into being with two values that a constraint holds it to; a release that
 * knows no more takes what is confidential for private.
 */
export function visibilityColumns(visibility: Visibility): { visibility: "public" | "private"; is_confidential: number } {
  return visibility === "confidential" ? { visibility: "private", is_confidential: 1 } : { visibility, is_confidential: 0 };
}

/** Read a row's visibility. */
export function visibilityOf(row: { readonly visibility: "public" | "private"; readonly is_confidential: number }): Visibility {
  return row.is_confidential === 0 ? row.visibility : "confidential";
}
