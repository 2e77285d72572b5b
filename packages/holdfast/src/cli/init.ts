import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { fail } from "../errors.js";
import { type Answers, problemsOf } from "../init/answers.js";
import { diffLines, printDiff } from "../init/line-diff.js";
import { planFiles } from "../init/plan.js";
import { type Ask, findAnswers, type Given } from "../init/questions.js";
import { surveyApp } from "../init/survey.js";
import { compareFiles, type FileState, writePlanned } from "../init/write-files.js";
import { maskSecrets, printIntroduction, printResult, type WrittenFile } from "./init-report.js";
import type { Io } from "./io.js";

/** What `holdfast init` takes. */
export interface InitFlags extends Given {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const left = { resume: "Nothing was written. Run holdfast init again when you like." };

/**
 * Look at an app, find out what is wanted, and write what is missing. A file that is there and differs is shown, and kept unless
 * `--force` or the person says otherwise. Each file is written whole or not at all.
 *
 * @throws USAGE_INVALID, FOLDER_UNREADABLE, APP_UNKNOWN, FILES_UNWRITABLE, INTERRUPTED
 */
export async function run(options: InitFlags & { readonly directory: string; readonly version: string }, io: Io): Promise<number> {
  const { version, yes = false, force = false, dryRun = false, json = false } = options;
  const folder = folderOf(options.directory, io);
  const ask = yes || json || io.ask === undefined ? undefined : io.ask;
  const survey = await surveyApp(folder);
  if (ask !== undefined) printIntroduction(survey, io);
  const answers = await findAnswers(survey, options, ask);
  if (answers === undefined) throw fail("INTERRUPTED", left);
  const problems = problemsOf(answers);
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help: "holdfast init --help" });
  const plan = planFiles(survey, answers, version);
  const written: WrittenFile[] = [];
  const decided = await decide(compareFiles(plan.files, survey.base), { ask, force });
  if (decided === undefined || io.signal.aborted) throw fail("INTERRUPTED", left);
  for (const { state, isReplaced } of decided) {
    const { file, state: how, before } = state;
    const isWritten = how === "missing" || isReplaced;
    if (isWritten && !dryRun) writePlanned(file, survey.base, how === "missing");
    written.push({
      ...file,
      state: how === "missing" ? "written" : how === "same" ? "same" : isReplaced ? "replaced" : "kept",
      diff: before === undefined || how === "same" ? undefined : printDiff(diffLines(before, file.text)).map(maskSecrets),
    });
  }
  printResult(
    {
      survey,
      answers: answersShown(answers),
      files: written,
      steps: plan.steps,
      isDryRun: dryRun,
      isJson: json,
      isDecided: ask !== undefined && !force,
    },
    io,
  );
  return 0;

  async function decide(
    states: readonly FileState[],
    how: { readonly ask: Ask | undefined; readonly force: boolean },
  ): Promise<readonly { readonly state: FileState; readonly isReplaced: boolean }[] | undefined> {
    const decisions: { readonly state: FileState; readonly isReplaced: boolean }[] = [];
    for (const state of states) {
      let isReplaced = state.state === "differs" && how.force;
      if (state.state === "differs" && !how.force && how.ask !== undefined) {
        io.stderr.write(`\n${state.file.path} is there already, and would become:\n`);
        for (const line of printDiff(diffLines(state.before ?? "", state.file.text))) io.stderr.write(`  ${maskSecrets(line)}\n`);
        const answer = await how.ask({
          kind: "choice",
          message: `What becomes of ${state.file.path}?`,
          choices: [
            { value: "keep", label: "keep it as it is" },
            { value: "replace", label: "replace it" },
          ],
          initial: "keep",
        });
        if (answer === undefined) return undefined;
        isReplaced = answer === "replace";
      }
      decisions.push({ state, isReplaced });
    }
    return decisions;
  }
}

function folderOf(directory: string, io: Io): string {
  const path = resolve(io.cwd, directory);
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    throw fail("FOLDER_UNREADABLE", { path: directory, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  throw fail("FOLDER_UNREADABLE", { path: directory, reason: "it is no folder" });
}

/** What does not apply is not told. */
function answersShown({ platform, plan, deploy, registry, disk }: Answers): Partial<Answers> {
  return {
    platform,
    deploy,
    ...(platform === "render" ? { plan } : {}),
    ...(registry === undefined ? {} : { registry }),
    ...(disk === undefined ? {} : { disk }),
  };
}
