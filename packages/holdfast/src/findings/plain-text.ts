/**
 * Take out of a text what a terminal, a log or a reader would obey rather than show: control characters and line breaks, escape
 * sequences, and the marks that turn the direction of writing. File names and source lines come from strangers.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "\u00b7");
}

/**
 * Break a text into lines of at most `width` characters, at spaces; a longer word keeps a line of its own. French sets a space
 * before some marks: no line begins with one.
 */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(/(?<!«) (?![:;?!»](?: |$))/)) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Shorten a text to `width` characters, the end replaced by `…`. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
