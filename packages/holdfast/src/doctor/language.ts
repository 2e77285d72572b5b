/** The languages that verdicts and remedies are written in. */
export const languages = ["en", "fr", "tr"] as const;

export type Language = (typeof languages)[number];

/** Tell whether a text names one of the languages. */
export function isLanguage(text: string): text is Language {
  return (languages as readonly string[]).includes(text);
}

/** Choose a language by a locale such as `fr_FR.UTF-8`; English where there is none of ours. */
export function languageOf(locale: string | undefined): Language {
  const [name = ""] = (locale ?? "").toLowerCase().split(/[_.@-]/);
  return isLanguage(name) ? name : "en";
}
