import type { Finding, FindingPlace } from "./finding.js";

/** A decision to leave a finding as it is, and why. */
export interface Suppression {
  readonly codes: readonly string[];
  /** A path of the examined folder; `*` stands for any part of it. Undefined for every file. */
  readonly file: string | undefined;
  /** Only this line, where it is a comment above it. */
  readonly line: number | undefined;
  readonly reason: string;
  readonly from: FindingPlace;
}

const comment = /\bholdfast-ignore\s+([A-Z]+\d{3}(?:\s*,\s*[A-Z]+\d{3})*)\s*(?:(?::|--|—|–)\s*(.*?))?\s*(?:\*\/|-->|#\}|%>|\*\})?\s*$/;

/** The suppression that the line above a place holds: `# holdfast-ignore MEDIA001: reason`. An empty reason is none. */
export function suppressionAbove(text: string | undefined, at: FindingPlace): Suppression | undefined {
  const above = text?.split(/\r?\n/, at.line)[at.line - 2];
  const [, codes, reason = ""] = comment.exec(above ?? "") ?? [];
  if (codes === undefined) return undefined;
  return { codes: codes.split(/\s*,\s*/), file: at.file, line: at.line, reason, from: { file: at.file, line: at.line - 1 } };
}

/** Whether a suppression is about a finding. One without a reason is never. */
export function covers(suppression: Suppression, finding: Pick<Finding, "code" | "at">): boolean {
  if (suppression.reason.trim() === "" || !suppression.codes.includes(finding.code)) return false;
  if (suppression.line !== undefined && suppression.line !== finding.at.line) return false;
  return suppression.file === undefined || matches(suppression.file, finding.at.file);
}

/** Compare part by part between the stars, in one pass: a pattern cannot make it slow. */
function matches(pattern: string, path: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === path;
  if (!path.startsWith(first)) return false;
  const last = rest.pop() ?? "";
  let from = first.length;
  for (const part of rest) {
    const at = path.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return path.length - last.length >= from && path.endsWith(last);
}
