import { createHash } from "node:crypto";
import type { Finding, SourceFrame } from "./finding.js";
import { style } from "./html-style.js";
import { nameOfApp } from "./paths.js";
import { plain } from "./plain-text.js";
import { groundsOf, type AppReport, type FirstAid, type Report, type ReportedVerdict, type ReportWords } from "./report.js";
import { leadsText, whenText } from "./table-words.js";

const marks = { keeps: "✓", loses: "✗", depends: "?", none: "–", unknown: "?" } as const;

/** Text that is HTML already. Only `page` makes it, so that nothing gets in unescaped. */
interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/**
 * Print a report as one HTML page that needs nothing else: no script, no font, no picture is fetched, and its policy forbids
 * all three. Every text that comes from the repository is escaped.
 */
export function printHtml(report: Report): string {
  const { words, apps, notices, language } = report;
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const whole = page`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${{ markup: policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="holdfast ${report.version}">
<title>${words.title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<main>
<h1>${words.title}</h1>
${apps.length > 1 ? overview(apps, words) : undefined}
${apps.map((app) => section(app, words))}
${notices.map((notice) => page`<p class="settled">${notice}</p>`)}
</main>
</body>
</html>
`;
  return whole.markup;
}

function overview(apps: readonly AppReport[], words: ReportWords): Markup {
  const cell = ({ answer }: ReportedVerdict): Markup =>
    page`<td class="${answer}"><span class="mark">${marks[answer]}</span> ${words.answers[answer]}</td>`;
  const rows = apps.map(
    (app) =>
      page`<tr><td>${nameOfApp(app)}</td>${cell(app.verdicts.uploads)}${cell(app.verdicts.database)}<td>${open(app).length}</td></tr>`,
  );
  const head = [words.app, words.uploads, words.database, words.findings].map((name) => page`<th>${name}</th>`);
  return page`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function section(app: AppReport, words: ReportWords): Markup {
  const where = [...(app.directory === "." && app.root === "." ? [] : [nameOfApp(app)]), app.framework, ...app.platforms].join(" · ");
  const findings = open(app);
  const settled = app.findings
    .filter(({ status }) => status !== "open")
    .map(({ code, at, status, reason }) => {
      const why = status === "known" ? words.known : `${words.accepted}${words.colon}${reason ?? ""}`;
      return page`<p class="settled">${code} <code>${at.file}:${at.line}</code> ${why}</p>`;
    });
  return page`<section>
<h2>${where}</h2>
${verdict(app.verdicts.uploads, words)}
${verdict(app.verdicts.database, words)}
${app.firstAid === undefined ? undefined : aid(app.firstAid, words)}
${findings.length === 0 ? page`<p>${words.none}</p>` : findings.map((finding) => article(finding, words))}
${settled}
</section>`;
}

function verdict(told: ReportedVerdict, words: ReportWords): Markup {
  const rows = told.depends.map((row) => page`<tr><td>${whenText(row, words)}</td><td>${leadsText(row, words)}</td></tr>`);
  const head = page`<tr><th>${words.decidedBy}</th><th></th></tr>`;
  const table = page`<div class="scroll"><table><thead>${head}</thead><tbody>${rows}</tbody></table></div>`;
  const hint = told.hint
    ?.split("\n")
    .map((line, at) => (at === 0 ? page`<small>${line}</small>` : page`<small><code>${line}</code></small>`));
  const grounds = groundsOf(told).map(({ file, line, why }) => page`<small><code>${file}:${line}</code> ${why}</small>`);
  return page`<div class="verdict ${told.answer}"><span class="mark" aria-hidden="true">${marks[told.answer]}</span>
<div>${told.headline}${hint}${grounds}</div></div>
${rows.length === 0 ? undefined : table}`;
}

function aid({ warning, steps }: FirstAid, words: ReportWords): Markup {
  const told = steps.map(({ say, command }) => {
    const code = command === undefined ? undefined : page`<pre><span>${command}</span></pre>`;
    return page`<p>${prose(say)}</p>${code}`;
  });
  return page`<div class="aid"><h3>${words.firstAid}</h3><p><strong>${warning}</strong></p>${told}</div>`;
}

function article(finding: Finding, words: ReportWords): Markup {
  const { code, severity, title, message, at, because, remedy, recipe, frame: lines } = finding;
  const evidence = because.map(({ file, line, why }) => page`<li><code>${file}:${line}</code> ${why}</li>`);
  const copied = recipe?.lines.map((line) => page`<span>${line}</span>`);
  return page`<article>
<h3><span class="code ${severity}">${code}</span>${title}</h3>
<p>${prose(message)}</p>
<p><code>${at.file}:${at.line}</code></p>
${lines === undefined ? undefined : frame(lines)}
${evidence.length === 0 ? undefined : page`<h4>${words.because}</h4><ul>${evidence}</ul>`}
<h4>${words.remedy}</h4>
<ol>${remedy.map((step) => page`<li>${prose(step)}</li>`)}</ol>
${recipe === undefined ? undefined : page`<p><code>${recipe.file}</code></p><pre>${copied}</pre>`}
</article>`;
}

function frame({ lines }: SourceFrame): Markup {
  const width = String(lines.at(-1)?.number ?? 1).length;
  const rows = lines.map(({ number, text, isMarked }) => {
    const gutter = `${String(number).padStart(width)}  `;
    return page`<span class="${isMarked ? "marked" : "line"}"><b>${gutter}</b>${text}</span>`;
  });
  return page`<pre>${rows}</pre>`;
}

/** A sentence of ours: what stands between backticks is code. */
function prose(text: string): readonly Markup[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? page`<code>${part}</code>` : page`${part}`));
}

function open(app: AppReport): readonly Finding[] {
  return app.findings.filter(({ status }) => status === "open");
}

/** Make HTML of a template: what is filled in is escaped, unless it is HTML made the same way. */
function page(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: texts.map((text, index) => text + (index < parts.length ? rendered(parts[index]) : "")).join("") };
}

function rendered(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return plain(text).replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? mark);
}
