/** Text as it is looked for: without accents, in lower case, the Turkish `ı` as `i`. */
export function searchText(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase()
    .replaceAll("ı", "i")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The patterns for LIKE that a text to be looked for comes to: each of its words, anywhere. */
export function likePatterns(query: string): string[] {
  const words = searchText(query).split(" ");
  return words
    .map((word) => word.replaceAll(/[\\%_]/g, ""))
    .filter((word) => word !== "")
    .map((word) => `%${word}%`);
}
