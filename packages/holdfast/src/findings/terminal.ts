import colors from "picocolors";
import type { Finding, SourceFrame } from "./finding.js";
import { nameOfApp } from "./paths.js";
import { cut, plain, wrap } from "./plain-text.js";
import {
  groundsOf,
  type AppReport,
  type FirstAid,
  type Report,
  type ReportedRow,
  type ReportedVerdict,
  type ReportWords,
} from "./report.js";
import { leadsText, whenText } from "./table-words.js";

/** The terminal that a report is printed to, and what to run for more. */
export interface TerminalOptions {
  readonly hasColors: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Print everything, however long; otherwise at most a screen. */
  readonly isAll: boolean;
  /** `holdfast doctor`, as this person runs it. */
  readonly command: string;
}

type Paint = ReturnType<typeof colors.createColors>;

interface Page {
  readonly paint: Paint;
  readonly width: number;
  readonly words: ReportWords;
  readonly options: TerminalOptions;
}

const marks = { keeps: "✓", loses: "✗", depends: "?", none: "–", unknown: "?" } as const;
const severityMarks = { error: "✗", warning: "!", note: "·" } as const;
/** Where the height is not known: what fits a usual window. */
const usualRows = 44;
const shownRows = 6;

/** Print a report for a person: the verdicts first, then what to save, then the findings with their lines and remedies. */
export function printTerminal(report: Report, options: TerminalOptions): string {
  const width = Math.max(60, Math.min(options.columns ?? 80, 100)) - 2;
  const page: Page = { paint: colors.createColors(options.hasColors), width, words: report.words, options };
  const lines: string[] = [""];
  const [first] = report.apps.toSorted((one, other) => weightOf(one) - weightOf(other));
  const isTable = report.apps.length > 1;
  if (isTable) lines.push(...table(report.apps, page), "");
  const hasDirectories = new Set(report.apps.map(({ directory }) => directory)).size > 1;
  if (options.isAll) for (const app of report.apps) lines.push(...appLines(app, page, Infinity, isTable));
  else if (first !== undefined && !hasDirectories) {
    lines.push(...appLines(first, page, Math.max(24, options.rows ?? usualRows) - lines.length - report.notices.length - 1, isTable));
  }
  for (const notice of report.notices) lines.push(...indented(notice, page, 2).map((line) => page.paint.dim(line)));
  if (report.notices.length > 0) lines.push("");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function weightOf({ verdicts }: AppReport): number {
  const order = ["loses", "depends", "unknown", "keeps", "none"];
  return Math.min(order.indexOf(verdicts.uploads.answer), order.indexOf(verdicts.database.answer) + 0.5);
}

function table(apps: readonly AppReport[], { paint, words, width }: Page): readonly string[] {
  const nameWidth = Math.min(Math.max(words.app.length, ...apps.map((app) => nameOfApp(app).length)), width - 42);
  const cellWidth =
    Math.max(
      words.uploads.length,
      words.database.length,
      ...apps.flatMap(({ verdicts }) => [verdicts.uploads, verdicts.database]).map(({ answer }) => words.answers[answer].length + 2),
    ) + 3;
  const cell = ({ answer }: ReportedVerdict): string =>
    colorOf(answer, paint)(`${marks[answer]} ${words.answers[answer]}`.padEnd(cellWidth));
  const head = `  ${words.app.padEnd(nameWidth)}  ${words.uploads.padEnd(cellWidth)}${words.database.padEnd(cellWidth)}${words.findings}`;
  const rows = apps.map((app) => {
    const name = cut(plain(nameOfApp(app)), nameWidth).padEnd(nameWidth);
    return `  ${name}  ${cell(app.verdicts.uploads)}${cell(app.verdicts.database)}${open(app).length}`;
  });
  return [paint.dim(head), ...rows];
}

function appLines(app: AppReport, page: Page, room: number, hasName: boolean): readonly string[] {
  const { paint, words, options } = page;
  const lines = [...verdictLines(app.verdicts.uploads, page), ...verdictLines(app.verdicts.database, page)];
  const where = [app.framework, ...app.platforms].join(" · ");
  lines.push(
    paint.dim(`    ${plain(nameOfApp(app) !== "." && (hasName || app.root !== ".") ? `${where} · ${nameOfApp(app)}` : where)}`),
    "",
  );
  if (app.firstAid !== undefined) lines.push(...aidLines(app.firstAid, page), "");

  const groups = grouped(open(app));
  let isListed = false;
  for (const [at, group] of groups.entries()) {
    // A line for each that follows, and three for how to see more.
    const left = room - lines.length - 4 - (groups.length - at);
    const sizes = at === 0 || options.isAll ? (["whole", "part"] as const) : (["short"] as const);
    const fitting = isListed ? undefined : sizes.map((size) => groupLines(group, page, size)).find((found) => found.length <= left);
    if (fitting !== undefined) lines.push(...fitting, "");
    else if (at === 0) lines.push(...groupLines(group, page, "part"), "");
    else {
      // What follows is a list, whatever would still fit.
      isListed = true;
      lines.push(...groupLines(group, page, "line"));
    }
  }
  if (groups.length > 0 && lines.at(-1) !== "") lines.push("");
  for (const { code, at, status, reason } of app.findings
    .filter((finding) => finding.status !== "open")
    .slice(0, options.isAll ? Infinity : 2)) {
    const why = status === "known" ? words.known : `${words.accepted}${words.colon}${reason ?? ""}`;
    lines.push(paint.dim(cut(`  ${code}  ${plain(`${at.file}:${at.line}`)}  ${plain(why)}`, page.width)));
  }
  const [top] = groups;
  if (top?.[0] !== undefined) {
    if (!options.isAll) lines.push(...indented(words.moreHow(`${options.command} --all`), page, 2).map(paint.dim));
    const explain = words.explainHow(`${commandName(options.command)} --explain ${top[0].code}`);
    lines.push(...indented(explain, page, 2).map(paint.dim), "");
  }
  return lines;
}

function verdictLines(verdict: ReportedVerdict, page: Page): readonly string[] {
  const { paint, words } = page;
  const color = colorOf(verdict.answer, paint);
  const lines = wrap(plain(verdict.headline), page.width - 4).map(
    (line, at) => `  ${at === 0 ? color(marks[verdict.answer]) : " "} ${paint.bold(color(line))}`,
  );
  for (const { file, line, why } of groundsOf(verdict)) {
    lines.push(...indented(`${file}:${line}  ${why}`, page, 4).map((text) => paint.dim(text)));
  }
  const rows = verdict.depends.slice(0, shownRows).map((row) => ({
    when: wrap(plain(whenText(row, words)), page.width - 34),
    to: plain(leadsText(row, words)),
    color: isLoss(row.answer) ? paint.red : row.answer === "unknown" || row.answer === "depends" ? paint.yellow : paint.green,
  }));
  const whenWidth = Math.max(0, ...rows.flatMap(({ when }) => when.map(({ length }) => length)));
  for (const { when, to, color: paintRow } of rows) {
    const last = when.length - 1;
    for (const [at, line] of when.entries()) {
      lines.push(at < last ? `      ${paint.dim(line)}` : `      ${paint.dim(line.padEnd(whenWidth))}  ${paintRow(to)}`);
    }
  }
  if (verdict.depends.length > shownRows) lines.push(paint.dim("      …"));
  for (const line of verdict.hint?.split("\n") ?? []) lines.push(...indented(line, page, 4));
  return lines;
}

function isLoss(answer: ReportedRow["answer"]): boolean {
  return answer === "loses" || answer === "rejected";
}

/** No gutter here: these lines are copied. */
function aidLines({ warning, steps }: FirstAid, page: Page): readonly string[] {
  const { paint, words } = page;
  const head = wrap(plain(`${words.firstAid}${words.colon}${warning}`), page.width - 2).map(
    (line) => `  ${paint.yellow(paint.bold(line))}`,
  );
  const body = steps.flatMap(({ say, command }) => {
    const code = command === undefined ? [] : continued(plain(command), page.width - 6);
    return [...indented(say, page, 2), ...code.map((line) => `    ${paint.cyan(line)}`)];
  });
  return [...head, ...body];
}

/** A long command over several lines, as a shell joins them again. */
function continued(command: string, width: number): readonly string[] {
  const lines = wrap(command, width - 2);
  return lines.map((line, at) => (at < lines.length - 1 ? `${line} \\` : line));
}

/** Findings of one code together, in the order in which the codes first appear. */
function grouped(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.code);
    if (group === undefined) groups.set(finding.code, [finding]);
    else group.push(finding);
  }
  return [...groups.values()];
}

function groupLines(group: readonly Finding[], page: Page, size: "whole" | "part" | "short" | "line"): readonly string[] {
  const [finding] = group;
  if (finding === undefined) return [];
  const { paint, words, options } = page;
  const color = finding.severity === "error" ? paint.red : finding.severity === "warning" ? paint.yellow : paint.blue;
  const mark = `${color(severityMarks[finding.severity])} ${color(finding.code)}`;
  const where = plain(`${finding.at.file}:${finding.at.line}`);
  if (size === "line") {
    const room = page.width - 6 - finding.code.length - where.length;
    if (room < 24) return [`  ${mark}  ${cut(plain(finding.title), page.width - 6 - finding.code.length)}`];
    return [`  ${mark}  ${cut(plain(finding.title), room)}  ${paint.cyan(where)}`];
  }
  const lines = wrap(plain(`${finding.code}  ${finding.title}`), page.width - 4).map((line, at) =>
    at === 0 ? `  ${mark}${paint.bold(line.slice(finding.code.length))}` : `    ${paint.bold(line)}`,
  );
  lines.push(...indented(finding.message, page, 4));
  lines.push(`    ${paint.cyan(where)}`);
  if (size !== "short" && finding.frame !== undefined) lines.push(...frameLines(finding.frame, page));
  const others = options.isAll ? group.slice(1) : group.slice(1, 4);
  if (others.length > 0) {
    const rest = group.length - 1 - others.length;
    const places = others.map(({ at }) => plain(`${at.file}:${at.line}`)).join(", ");
    lines.push(
      ...indented(`${words.alsoAt}${words.colon}${places}${rest > 0 ? ` (+${rest})` : ""}`, page, 4).map((line) => paint.dim(line)),
    );
  }
  if (size === "short") return lines;
  const shown = finding.because
    .filter(({ file, line }) => file !== finding.at.file || line !== finding.at.line)
    .slice(0, options.isAll ? Infinity : size === "part" ? 1 : 3);
  for (const { file, line, why } of shown) {
    lines.push(...indented(`${file}:${line}  ${why}`, page, 4).map((text) => paint.dim(text)));
  }
  for (const [at, step] of finding.remedy.slice(0, size === "part" ? 1 : undefined).entries()) {
    const text = wrap(plain(step), page.width - 8);
    lines.push(...text.map((line, row) => `    ${row === 0 ? paint.green(`${at + 1}.`) : "  "} ${line}`));
  }
  if (finding.recipe !== undefined && options.isAll) {
    lines.push(`    ${paint.dim(plain(finding.recipe.file))}`, ...finding.recipe.lines.map((line) => `      ${plain(line)}`));
  }
  return lines;
}

function frameLines({ lines }: SourceFrame, { paint, width }: Page): readonly string[] {
  const digits = String(lines.at(-1)?.number ?? 1).length;
  return lines.map(({ number, text, isMarked }) => {
    const code = cut(plain(text), width - digits - 10);
    const gutter = `${isMarked ? ">" : " "} ${String(number).padStart(digits)} │`;
    return isMarked ? `    ${paint.red(gutter)} ${paint.bold(code)}` : paint.dim(`    ${gutter} ${code}`);
  });
}

function indented(text: string, page: Page, by: number): readonly string[] {
  return wrap(plain(text), page.width - by).map((line) => `${" ".repeat(by)}${line}`);
}

function open(app: AppReport): readonly Finding[] {
  return app.findings.filter(({ status }) => status === "open");
}

function colorOf(answer: ReportedVerdict["answer"], paint: Paint): (text: string) => string {
  if (answer === "loses") return paint.red;
  if (answer === "keeps") return paint.green;
  return answer === "none" ? paint.dim : paint.yellow;
}

/** The command without the folders it was given: explaining needs none. */
function commandName(command: string): string {
  return command.replace(/( doctor| check)\b.*$/s, "$1");
}
