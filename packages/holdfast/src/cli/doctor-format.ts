import type { ReportFormat } from "../findings/formats.js";
import { printGithub } from "../findings/github.js";
import { printHtml } from "../findings/html.js";
import { printJson } from "../findings/json.js";
import { printMarkdown } from "../findings/markdown.js";
import type { Report } from "../findings/report.js";
import { printSarif } from "../findings/sarif.js";
import { printTerminal, type TerminalOptions } from "../findings/terminal.js";

/** Print a report in one of the formats. */
export function printAs(format: ReportFormat, report: Report, terminal: TerminalOptions): string {
  switch (format) {
    case "text":
      return printTerminal(report, terminal);
    case "json":
      return printJson(report);
    case "sarif":
      return printSarif(report);
    case "github":
      return printGithub(report);
    case "markdown":
      return printMarkdown(report);
    case "html":
      return printHtml(report);
  }
}
