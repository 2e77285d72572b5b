import type { Words } from "../words.js";

/** What is wrong with a whole file, as the words for it are called; said in the language of who looks at it. */
export interface FileProblem {
  readonly code: keyof Words["fileProblems"];
  readonly detail?: string | number;
}

/** Say what is wrong with a file. */
export function sayFileProblem({ code, detail = "" }: FileProblem, { fileProblems }: Words): string {
  const words = fileProblems[code] as string | ((detail: string | number) => string);
  return typeof words === "string" ? words : words(detail);
}
