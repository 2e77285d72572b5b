import { createHash } from "node:crypto";
import type { Finding, SourceFrame } from "./finding.js";
import { style } from "./html-style.js";
import { nameOfApp } from "./paths.js";
import { plain } from "./plain-text.js";
import type { AppReport, FirstAid, Report, ReportedVerdict, ReportWords } from "./report.js";
import { storageText, whenText } from "./table-words.js";

const marks = { keeps: "✓", loses: "✗", depends: "?", none: "–", unknown: "?" } as const;

/** Text that is HTML already. Only `html` makes it, so that nothing gets in unescaped. */
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
  const page = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="generator" content="holdfast ${report.version}" />
        <title>${words.title}</title>
        <style>
          ${{ markup: style }}
        </style>
      </head>
      <body>
        <main>
          <h1>${words.title}</h1>
          ${apps.length > 1 ? overview(apps, words) : undefined} ${apps.map((app) => section(app, words))}
          ${notices.map((notice) => html`<p class="settled">${notice}</p>`)}
        </main>
      </body>
    </html> `;
  return page.markup;
}

function overview(apps: readonly AppReport[], words: ReportWords): Markup {
  const cell = ({ answer }: ReportedVerdict): Markup =>
    html`<td class="${answer}"><span class="mark">${marks[answer]}</span> ${words.answers[answer]}</td>`;
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.app}</th>
          <th>${words.uploads}</th>
          <th>${words.database}</th>
          <th>${words.findings}</th>
        </tr>
      </thead>
      <tbody>
        ${apps.map(
          (app) =>
            html`<tr>
              <td>${nameOfApp(app)}</td>
              ${cell(app.verdicts.uploads)}${cell(app.verdicts.database)}
              <td>${open(app).length}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function section(app: AppReport, words: ReportWords): Markup {
  const where = [app.framework, ...app.platforms].join(" · ");
  const findings = open(app);
  const settled = app.findings.filter(({ status }) => status !== "open");
  return html`<section>
    <h2>${nameOfApp(app)} · ${where}</h2>
    ${verdict(app.verdicts.uploads, words)} ${verdict(app.verdicts.database, words)}
    ${app.firstAid === undefined ? undefined : aid(app.firstAid, words)}
    ${findings.length === 0 ? html`<p>${words.none}</p>` : findings.map((finding) => article(finding, words))}
    ${settled.map(({ code, at, status, reason }) => html`<p class="settled">${code} <code>${at.file}:${at.line}</code> ${status === "known" ? words.known : `${words.accepted}${words.colon}${reason ?? ""}`}</p>`)}
  </section>`;
}

function verdict(told: ReportedVerdict, words: ReportWords): Markup {
  const table = html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>${words.decidedBy}</th>
          <th></th>
          <th>${words.where}</th>
        </tr>
      </thead>
      <tbody>
        ${told.depends.map(
          (row) =>
            html`<tr>
              <td>${whenText(row, words)}</td>
              <td>${words.answers[row.answer]}</td>
              <td>${storageText(row.storage, words)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
  return html`<div class="verdict ${told.answer}">
      <span class="mark" aria-hidden="true">${marks[told.answer]}</span>
      <div>${told.headline} ${told.hint === undefined ? undefined : html`<small>${told.hint}</small>`}</div>
    </div>
    ${told.depends.length === 0 ? undefined : table}`;
}

function aid({ warning, steps, commands }: FirstAid, words: ReportWords): Markup {
  return html`<div class="aid">
    <h3>${words.firstAid}</h3>
    <p><strong>${warning}</strong></p>
    <ul>
      ${steps.map((step) => html`<li>${prose(step)}</li>`)}
    </ul>
    <pre>${commands.map((command) => html`<span>${command}</span>`)}</pre>
  </div>`;
}

function article(finding: Finding, words: ReportWords): Markup {
  const { code, severity, title, message, at, because, remedy, recipe, frame: lines } = finding;
  return html`<article>
    <h3><span class="code ${severity}">${code}</span>${title}</h3>
    <p>${prose(message)}</p>
    <p><code>${at.file}:${at.line}</code></p>
    ${lines === undefined ? undefined : frame(lines)}
    ${
      because.length === 0
        ? undefined
        : html`<h4>${words.because}</h4>
            <ul>
              ${because.map(({ file, line, why }) => html`<li><code>${file}:${line}</code> ${why}</li>`)}
            </ul>`
    }
    <h4>${words.remedy}</h4>
    <ol>
      ${remedy.map((step) => html`<li>${prose(step)}</li>`)}
    </ol>
    ${
      recipe === undefined
        ? undefined
        : html`<p class="settled">${recipe.file}</p>
            <pre>${recipe.lines.map((line) => html`<span>${line}</span>`)}</pre>`
    }
  </article>`;
}

function frame({ lines }: SourceFrame): Markup {
  const width = String(lines.at(-1)?.number ?? 1).length;
  return html`<pre>
${lines.map(({ number, text, isMarked }) => html`<span class="${isMarked ? "marked" : "line"}"><b>${String(number).padStart(width)} </b>${text}</span>`)}</pre>`;
}

/** A sentence of ours: what stands between backticks is code. */
function prose(text: string): readonly Markup[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

function open(app: AppReport): readonly Finding[] {
  return app.findings.filter(({ status }) => status === "open");
}

/** Make HTML of a template: what is filled in is escaped, unless it is HTML made the same way. */
function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
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
