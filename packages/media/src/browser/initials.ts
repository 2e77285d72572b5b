/*
 * What packages/media/src/images/avatar.ts does on the server, in fewer bytes and for the browser's own language; a test compares
 * the two.
 */

const colours = "b3261ea33b008a4b007557005863003a6a001a6e2c006d4f006a6a00658a005faf3f51b55b47c47a3bb093308fa52a66";

/** The one or two initials of a person's name, and the colour that belongs to it; no initials where there is nothing to show. */
export function initialsOf(name: string): { readonly initials: string; readonly colour: string } {
  const words = wordsOf(name);
  const letters = words.flatMap((word) => signsOf(word).find((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? []);
  const [first, last] = [letters[0], letters.at(-1)];
  return {
    colour: colourOf(words.join(" ").toLowerCase()),
    initials:
      first === undefined || last === undefined
        ? (signsOf(words[0] ?? "").find((sign) => /\p{S}|\p{Emoji_Presentation}/u.test(sign)) ?? "")
        : letters.length < 2 || /[\p{sc=Hani}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Bopo}]/u.test(first + last)
          ? upperCase(first)
          : // Letters that would join make a word: a zero-width non-joiner keeps them apart.
            upperCase(first) + (/[\p{sc=Arab}\p{sc=Syrc}\p{sc=Nkoo}\p{sc=Mong}]/u.test(first) ? "\u200c" : "") + upperCase(last),
  };
}

function colourOf(words: string): string {
  let hash = 0x811c9dc5;
  for (const character of words) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const at = ((hash ^ (hash >>> 13)) & 15) * 6;
  return `#${words === "" ? "5f6570" : colours.slice(at, at + 6)}`;
}

/** The words of a name, without what cannot be seen; of an address those before the `@`. */
function wordsOf(name: string): string[] {
  const shown = name
    .slice(0, 200)
    .normalize()
    .replace(/(?![\u200c\u200d])\p{C}/gu, " ")
    .trim();
  const address = /^([^\s@]+)@[^\s@]+$/.exec(shown)?.[1];
  return (address?.replace(/\+.*/, "").split(/[._-]+/) ?? shown.split(/\s+/)).filter(Boolean);
}

/** What a reader takes for one sign each; of a letter under a hundred accents the letter. */
function signsOf(text: string): string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) =>
    segment.length > 16 ? String.fromCodePoint(segment.codePointAt(0) ?? 0) : segment,
  );
}

function upperCase(letter: string): string {
  const upper = /\p{sc=Geor}/u.test(letter) ? letter : letter.toUpperCase();
  return signsOf(upper).length > 1 ? letter : upper;
}
