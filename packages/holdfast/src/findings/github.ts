import type { Finding } from "./finding.js";
import { pathFromHere } from "./paths.js";
import type { Report } from "./report.js";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

/** Print a report as GitHub's workflow commands: an annotation at each line. What was accepted or known is left out. */
export function printGithub(report: Report): string {
  return report.apps
    .flatMap((app) =>
      app.findings
        .filter(({ status }) => status === "open")
        .map((finding) => {
          const at = `file=${property(pathFromHere(app, finding.at.file))},line=${finding.at.line}`;
          return `::${commands[finding.severity]} ${at},title=${property(`${finding.code} ${finding.title}`)}::${data(messageOf(finding, app.firstAid?.warning))}\n`;
        }),
    )
    .join("");
}

function messageOf({ message, remedy, leadsToDeploy }: Finding, firstAid: string | undefined): string {
  return [message, ...(leadsToDeploy && firstAid !== undefined ? [firstAid] : []), ...remedy].join("\n");
}

/** Text of a workflow command (https://docs.github.com/actions: toolkit's escapeData). */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** A property of a workflow command: escapeProperty. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
