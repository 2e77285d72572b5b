import { isCancel, select, text } from "@clack/prompts";
import type { Question } from "../init/questions.js";

/** Ask a person in the terminal, on `stderr`, so that `stdout` stays the result's. Answers undefined when they leave. */
export async function askInTerminal(question: Question, signal: AbortSignal): Promise<string | undefined> {
  const common = { message: question.message, output: process.stderr, signal };
  const answer =
    question.kind === "choice"
      ? await select<string>({
          ...common,
          options: question.choices.map(({ value, label, hint }) => ({ value, label, ...(hint === undefined ? {} : { hint }) })),
          initialValue: question.initial,
        })
      : await text({ ...common, initialValue: question.initial, validate: (value) => question.refuse(value ?? "") });
  return isCancel(answer) ? undefined : answer;
}
