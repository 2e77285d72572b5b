import type { FindingPlace, SourceFrame } from "./finding.js";

const around = 1;

/** Cut the lines around a place out of a file, secrets masked. Undefined where the file has no such line. */
export function sourceFrame(text: string | undefined, at: FindingPlace): SourceFrame | undefined {
  const lines = text?.split(/\r?\n/);
  if (lines === undefined || lines[at.line - 1] === undefined) return undefined;
  const first = Math.max(1, at.line - around);
  const shown = lines.slice(first - 1, at.line + around).map((line, index) => ({
    number: first + index,
    text: maskSecrets(line.replaceAll("\t", "    ").trimEnd().slice(0, 400)),
    isMarked: first + index === at.line,
  }));
  const last = shown.at(-1);
  return { ...at, lines: last !== undefined && last.text === "" && !last.isMarked ? shown.slice(0, -1) : shown };
}

/**
 * Mask what may be a secret in a line of somebody's source: user and password of a URL, and values of names that sound
 * secret. What is asked of the environment is no secret.
 */
export function maskSecrets(line: string): string {
  return line
    .replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>{}$]+@/gi, "$1***@")
    .replaceAll(
      /((?:secret|passw(?:or)?d|token|api_?key|access_?key|private_?key|credential|salt)\w*["']?\]?\s*(?:=>|[=:])\s*)(["'`])(?!\2)((?:(?!\2).)+)\2/gi,
      "$1$2***$2",
    )
    .replaceAll(
      /^(\s*(?:export\s+|-\s+|ENV\s+|ARG\s+)?[A-Z0-9_]*(?:SECRET|PASSWORD|TOKEN|API_KEY|ACCESS_KEY|PRIVATE_KEY|SALT)[A-Z0-9_]*\s*[=:]\s*)(?!["'$])(?![\w.]+[([])\S.*$/g,
      "$1***",
    )
    .replaceAll(/\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|sk_live_\w{8,}|rnd_\w{16,})\b/g, "***");
}
