import type { SiteWords } from "./words.js";
import type { Media } from "@holdfast/media";
import type { User } from "./sessions.js";

/** The languages there are words in. A site speaks two of them, English and its users' own. */
export type Language = "en" | "fr" | "tr";

/** The words of a site in each language it speaks, in the order in which the switch offers them. */
export type Languages<Words> = Readonly<Partial<Record<Language, Words>>> & { readonly en: Words };

/** Who asks, and in which language. */
export interface Visitor {
  readonly user: User | undefined;
  readonly language: Language;
  /** What the browser is known by, logged in or not. */
  readonly sessionToken: string;
  /** What the forms of this visitor carry. */
  readonly csrfToken: string;
}

/** What every handler of a site finds in its context. */
export interface SiteEnv<Words extends SiteWords = SiteWords> {
  readonly Variables: {
    readonly visitor: Visitor;
    readonly words: Words;
    /** Where the files of forms go. */
    readonly media: Media;
    /** Say something on the page that comes next, by its key in the words' notices. */
    readonly tell: (notice: string) => void;
    /** Where one of the app's own files for browsers is. */
    readonly asset: (name: string) => string;
    /** Names the request in the log, and on the page that says that something went wrong. */
    readonly requestId: string;
  };
}
