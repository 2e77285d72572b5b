import { type Languages, type SiteWords, wordsIn } from "@holdfast/example-site";
import { english } from "./english.js";
import { turkish } from "./turkish.js";

/** What this app says: its own sentences, and every site's. */
export type Words = SiteWords & typeof english;

/** Turkish first, for its users; English beside it. */
export const languages: Languages<Words> = { tr: wordsIn("tr", turkish), en: wordsIn("en", english) };
