/** What is wrong with the form of a value, whatever it means; never quotes it. */
export function whyPastedWrongly(variable: string, value: string): string | undefined {
  if (/^\s*["'`].*["'`]\s*$/s.test(value)) return "has quotes around it: the dashboard takes the value as it is, so remove them";
  if (/^\s|\s$/.test(value))
    return `has ${/[\r\n]/.test(value) ? "a line break" : "a space"} at its ${/^\s/.test(value) ? "beginning" : "end"}: remove it`;
  if (value.startsWith(`${variable}=`) || /^(export\s+)?[A-Z][A-Z0-9_]{3,}=/.test(value))
    return "begins with a variable's name and =: paste only what comes after it";
  if (/<[^<>]*>/.test(value)) return "still has a placeholder in angle brackets: put your own value in its place, without the brackets";
  if (/^(your[-_ ].*|x{3,}|changeme|change[-_]me|todo|\.{3})$/i.test(value))
    return "is still a placeholder: put your own value in its place";
  if (/[\u0000-\u001f\u007f]/.test(value)) return "contains a control character: type it anew";
  return undefined;
}
