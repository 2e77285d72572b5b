import type { Finding } from "./finding.js";
import type { Report } from "./report.js";

/** What can make the doctor exit with 1, in rising strictness. Each has all before it, but `error` and `warning` also count findings by severity. */
export const failLevels = ["loses", "depends", "unknown", "error", "warning"] as const;

export type FailLevel = (typeof failLevels)[number];

/** Whether an open finding of the report reaches one of the levels. Accepted and known ones never do. */
export function reaches(report: Report, levels: readonly FailLevel[]): boolean {
  return report.apps.some((app) =>
    app.findings.some((finding) => finding.status === "open" && levels.some((level) => counts(finding, level))),
  );
}

function counts({ answer, severity }: Finding, level: FailLevel): boolean {
  switch (level) {
    case "loses":
      return answer === "loses";
    case "depends":
      return answer === "loses" || answer === "depends";
    case "unknown":
      return answer !== undefined;
    case "error":
      return answer === "loses" || severity === "error";
    case "warning":
      return answer === "loses" || severity !== "note";
  }
}
