import type { Finding, SourceFrame } from "./finding.js";
import { nameOfApp } from "./paths.js";
import { plain } from "./plain-text.js";
import { groundsOf, type AppReport, type Report, type ReportedVerdict, type ReportWords } from "./report.js";
import { leadsText, whenText } from "./table-words.js";

const marks = { keeps: "✅", loses: "❌", depends: "⚠️", none: "➖", unknown: "❔" } as const;

/** Print a report as Markdown, for a pull request or a job's summary. Every text of the repository is escaped. */
export function printMarkdown(report: Report): string {
  const { words, apps, notices } = report;
  const parts = [`## ${escape(words.title)}`];
  if (apps.length > 1) parts.push(tableOf(apps, words));
  for (const app of apps) parts.push(...appParts(app, words, apps.length > 1));
  if (notices.length > 0) parts.push(notices.map((notice) => `> ${escape(notice)}`).join("\n>\n"));
  return `${parts.join("\n\n")}\n`;
}

function tableOf(apps: readonly AppReport[], words: ReportWords): string {
  const head = `| ${words.app} | ${words.uploads} | ${words.database} | ${words.findings} |\n|---|---|---|---|`;
  const cell = ({ answer }: ReportedVerdict): string => `${marks[answer]} ${escape(words.answers[answer])}`;
  const rows = apps.map(
    (app) => `| ${escape(nameOfApp(app))} | ${cell(app.verdicts.uploads)} | ${cell(app.verdicts.database)} | ${open(app).length} |`,
  );
  return [head, ...rows].join("\n");
}

function appParts(app: AppReport, words: ReportWords, hasName: boolean): readonly string[] {
  const { uploads, database } = app.verdicts;
  const where = [app.framework, ...app.platforms].join(" · ");
  const parts = [`### ${hasName ? `${escape(nameOfApp(app))}: ` : ""}${escape(where)}`];
  parts.push([uploads, database].map((verdict) => verdictText(verdict, words)).join("\n\n"));
  if (app.firstAid !== undefined) {
    const { warning, steps } = app.firstAid;
    parts.push(`> **${escape(words.firstAid)}.** ${escape(warning)}`);
    for (const { say, command } of steps) parts.push(escape(say), ...(command === undefined ? [] : [fenced(command, "sh")]));
  }
  const findings = open(app);
  if (findings.length === 0) parts.push(escape(words.none));
  for (const finding of findings) parts.push(findingText(finding, words));
  const settled = app.findings.filter(({ status }) => status !== "open");
  if (settled.length > 0) {
    parts.push(
      settled
        .map(
          ({ code, at, status, reason }) =>
            `- ${code} ${codeSpan(`${at.file}:${at.line}`)} ${escape(status === "known" ? words.known : `${words.accepted}${words.colon}${reason ?? ""}`)}`,
        )
        .join("\n"),
    );
  }
  return parts;
}

function verdictText(verdict: ReportedVerdict, words: ReportWords): string {
  const lines = [`${marks[verdict.answer]} **${escape(verdict.headline)}**`];
  lines.push(...(verdict.hint?.split("\n").map((line, at) => (at === 0 ? escape(line) : codeSpan(line))) ?? []));
  const grounds = groundsOf(verdict);
  if (grounds.length > 0) lines.push(grounds.map(({ file, line, why }) => `- ${codeSpan(`${file}:${line}`)} ${escape(why)}`).join("\n"));
  if (verdict.depends.length > 0) {
    const rows = verdict.depends.map((row) => `| ${escape(whenText(row, words))} | ${escape(leadsText(row, words))} |`);
    lines.push([`| ${words.decidedBy} | |`, "|---|---|", ...rows].join("\n"));
  }
  return lines.join("\n\n");
}

function findingText(finding: Finding, words: ReportWords): string {
  const parts = [`#### ${finding.code} ${escape(finding.title)}`, escape(finding.message)];
  if (finding.frame !== undefined) parts.push(codeSpan(`${finding.at.file}:${finding.at.line}`), fenced(frameText(finding.frame)));
  else parts.push(codeSpan(`${finding.at.file}:${finding.at.line}`));
  if (finding.because.length > 0) {
    parts.push(
      `${escape(words.because + words.colon).trim()}\n\n${finding.because.map(({ file, line, why }) => `- ${codeSpan(`${file}:${line}`)} ${escape(why)}`).join("\n")}`,
    );
  }
  parts.push(
    `${escape(words.remedy + words.colon).trim()}\n\n${finding.remedy.map((step, index) => `${index + 1}. ${escape(step)}`).join("\n")}`,
  );
  if (finding.recipe !== undefined) parts.push(codeSpan(finding.recipe.file), fenced(finding.recipe.lines.join("\n")));
  return parts.join("\n\n");
}

function open(app: AppReport): readonly Finding[] {
  return app.findings.filter(({ status }) => status === "open");
}

function frameText({ lines }: SourceFrame): string {
  const width = String(lines.at(-1)?.number ?? 1).length;
  return lines.map(({ number, text, isMarked }) => `${isMarked ? ">" : " "} ${String(number).padStart(width)} | ${text}`).join("\n");
}

/** A fence that the text cannot close. */
function fenced(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.split("\n").map(plain).join("\n")}\n${fence}`;
}

function codeSpan(text: string): string {
  const clean = plain(text);
  const fence = clean.includes("`") ? "``" : "`";
  return `${fence}${clean.includes("`") ? ` ${clean.replaceAll("``", "` `")} ` : clean}${fence}`;
}

/** Escape all that Markdown or the HTML in it would act upon. Code in backticks of our own sentences is kept as code. */
function escape(text: string): string {
  return plain(text)
    .split(/(`[^`\n]+`)/)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll(/[\\*_[\]<>|#~!@]/g, (mark) => (mark === "@" ? "@\u200b" : `\\${mark}`)),
    )
    .join("");
}
