/** No configuration is nested deeper, indented further, or longer than this. */
const maxDepth = 100;
const maxIndent = 400;
const maxChars = 512 * 1024;
const maxLines = 15_000;

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
    if (depth > maxDepth) return false;
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
