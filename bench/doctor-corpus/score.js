// Scores the doctor against labelled repositories:
//
//   node bench/doctor-corpus/score.js FOLDER LABELS [--only TEXT] [--dist packages/holdfast/dist] [--json FILE]
//
// FOLDER holds each repository's files at the labelled commit in a folder OWNER+NAME; LABELS has one JSON object a line: repo, root,
// framework, uploads, uploadsAsDeclared, database, databaseAsDeclared, dependsOn, confidence. Rows of low confidence are not scored.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    dist: { type: "string", default: resolve(import.meta.dirname, "../../packages/holdfast/dist") },
    json: { type: "string" },
  },
});
const [folder, labelsFile] = positionals;
if (folder === undefined || labelsFile === undefined) {
  console.error("usage: node bench/doctor-corpus/score.js FOLDER LABELS [--only TEXT] [--dist FOLDER] [--json FILE]");
  process.exit(2);
}

const load = (path) => import(pathToFileURL(join(resolve(values.dist), path)).href);
const { readTree } = await load("app-model/tree.js");
const { readApps } = await load("app-model/read-app.js");
const { judge } = await load("doctor/judge.js");

const answers = ["keeps", "loses", "depends", "none", "unknown"];
const questions = ["uploads", "database"];
const labels = readFileSync(labelsFile, "utf8")
  .split("\n")
  .filter((line) => line.trim() !== "")
  .map((line) => JSON.parse(line))
  .filter((label) => values.only === undefined || `${label.repo} ${label.framework}`.includes(values.only));

const scored = [];
for (const label of labels) {
  const directory = join(folder, label.repo.replace("/", "+"));
  if (!existsSync(directory)) {
    console.log(`${label.repo}: not in ${folder}`);
    continue;
  }
  const started = performance.now();
  let apps;
  try {
    const tree = await readTree(directory);
    apps = await readApps(tree);
  } catch (error) {
    console.log(`${label.repo}: failed: ${error instanceof Error ? error.stack : String(error)}`);
    apps = [];
  }
  const ms = Math.round(performance.now() - started);
  const app = appOf(apps, label.root);
  const verdicts = app === undefined ? undefined : judge(app);
  for (const question of questions) {
    const verdict = verdicts?.[question];
    scored.push({ label, question, app, verdict, ms, ...scoreOf(label, question, verdict) });
  }
}

/** The app in the labelled folder; else the nearest around it, else the first inside it, else the first. */
function appOf(apps, root) {
  const around = apps
    .filter((app) => app.root === "." || root.startsWith(`${app.root}/`))
    .toSorted((a, b) => b.root.length - a.root.length);
  const inside = apps.filter((app) => root === "." || app.root.startsWith(`${root}/`));
  return apps.find((app) => app.root === root) ?? around[0] ?? inside[0] ?? apps[0];
}

function scoreOf(label, question, verdict) {
  const wanted = label[question];
  const declared = label[`${question}AsDeclared`];
  const answer = verdict?.answer ?? "unknown";
  const named = (verdict?.dependsOn ?? []).some((name) => (label.dependsOn ?? []).some((text) => text.includes(name)));
  const isRight = answer === wanted || (wanted === "depends" && declared === answer && named);
  const isWrongKeeps = answer === "keeps" && (wanted === "loses" || (wanted === "depends" && declared === "loses"));
  return { wanted, answer, isRight, isUnknown: answer === "unknown", isWrongKeeps, isCounted: label.confidence !== "low" };
}

for (const question of questions) {
  const rows = scored.filter((row) => row.question === question && row.isCounted);
  console.log(`\n${question}: rows are the labels, columns the doctor's answers`);
  console.log(["", ...answers].map((word) => word.padStart(9)).join(""));
  for (const wanted of answers.slice(0, 4)) {
    const of = rows.filter((row) => row.wanted === wanted);
    console.log(
      [wanted, ...answers.map((answer) => String(of.filter((row) => row.answer === answer).length))]
        .map((cell) => cell.padStart(9))
        .join(""),
    );
  }
  const decided = rows.filter((row) => !row.isUnknown);
  const right = decided.filter((row) => row.isRight).length;
  const percent = (part, whole) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
  console.log(`right: ${right} of ${decided.length} decided (${percent(right, decided.length)})`);
  console.log(`unknown: ${rows.length - decided.length} of ${rows.length} (${percent(rows.length - decided.length, rows.length)})`);
  console.log(`wrong keeps: ${rows.filter((row) => row.isWrongKeeps).length}`);
}

console.log("\nmisses:");
for (const { label, question, app, verdict, wanted, answer, isRight, ms } of scored) {
  if (isRight) continue;
  const frameworks = app?.readings.map((reading) => reading.framework).join("+") ?? "no app";
  console.log(
    `- ${label.repo} (${label.framework}, read as ${frameworks} at ${app?.root ?? "?"}, ${ms} ms, ${label.confidence}): ${question} is ${wanted}, said ${answer}`,
  );
  for (const sink of (verdict?.sinks ?? []).slice(0, 4))
    console.log(`    ${sink.answer} ${sink.label} ${sink.at.file}:${sink.at.line} → ${sink.storage} ${sink.path ?? ""}`);
  for (const { when, answer: row, storage } of (verdict?.depends ?? []).slice(0, 4))
    console.log(`    when ${JSON.stringify(when)}: ${row} (${storage})`);
  for (const { file, line, why } of (verdict?.notUnderstood ?? []).slice(0, 4)) console.log(`    not understood: ${file}:${line} ${why}`);
}

if (values.json !== undefined) {
  const kept = scored.map(({ label, question, wanted, answer, isRight, ms }) => ({
    repo: label.repo,
    question,
    wanted,
    answer,
    isRight,
    ms,
  }));
  writeFileSync(values.json, `${JSON.stringify(kept, undefined, 2)}\n`);
}
