/** No configuration is nested deeper, indented further, or longer than this. */
const maxDepth = 100;
const maxIndent = 400;
const maxChars = 256 * 1024;
const maxLines = 8000;
/** Anchors and aliases, and escapes, each of which is dear to the parser. */
const maxAliases = 500;
const maxEscapes = 10_000;

/**
 * Whether a text may be given to the parser of YAML. It takes minutes, or ends the process, over a hundred thousand brackets or
 * spaces in a row; this looks at each character once.
 */
export function isParsableYaml(text: string): boolean {
  if (text.length > maxChars) return false;
  let depth = 0;
  let indent = 0;
  let marks = 0;
  let lines = 1;
  let aliases = 0;
  let escapes = 0;
  let isAtStart = true;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === "\n") {
      if (++lines > maxLines) return false;
      indent = 0;
      marks = 0;
      isAtStart = true;
      continue;
    }
    if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
    else if ((char === "*" || char === "&") && isMark(text, at)) aliases++;
    else if (char === "\\") escapes++;
    if (depth > maxDepth || aliases > maxAliases || escapes > maxEscapes) return false;
    if (!isAtStart) {
      // `!a !b !c` and `? ? ?` nest as well, wherever they stand.
      if ((char === "!" || char === "&" || char === "?" || char === "*") && text[at - 1] === " " && ++marks > maxDepth) return false;
      continue;
    }
    if (char === " " || char === "\t" || char === "-" || char === "?") {
      if (++indent > maxIndent || (char !== " " && ++marks > maxDepth)) return false;
    } else isAtStart = false;
  }
  return true;
}

/** `*name` and `&name` begin a word. */
function isMark(text: string, at: number): boolean {
  return at === 0 || " \n[,:-".includes(text[at - 1] ?? "");
}
