import type { Finding } from "./finding.js";
import type { Report } from "./report.js";

/** What a baseline file holds: the findings that were there when it was written. */
export interface Baseline {
  readonly version: 1;
  readonly findings: readonly { readonly fingerprint: string; readonly code: string; readonly file: string; readonly message: string }[];
}

/** Write down every finding of a report but those that were accepted with a reason. */
export function baselineOf(report: Report): Baseline {
  const found = report.apps.flatMap((app) => app.findings).filter(({ status }) => status !== "accepted");
  return {
    version: 1,
    findings: found.map(({ fingerprint, code, at, message }) => ({ fingerprint, code, file: at.file, message })),
  };
}

/** Read a baseline's text; undefined where it is none. */
export function parseBaseline(text: string): Baseline | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value["version"] !== 1 || !Array.isArray(value["findings"])) return undefined;
  const findings = value["findings"].filter(isRecord).map((entry) => ({
    fingerprint: String(entry["fingerprint"]),
    code: String(entry["code"]),
    file: String(entry["file"]),
    message: String(entry["message"]),
  }));
  return { version: 1, findings };
}

/** Mark what the baseline had already; only what is new stays open. */
export function againstBaseline(findings: readonly Finding[], baseline: Baseline): readonly Finding[] {
  const known = new Set(baseline.findings.map(({ fingerprint }) => fingerprint));
  return findings.map((finding) =>
    finding.status === "open" && known.has(finding.fingerprint) ? { ...finding, status: "known" } : finding,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
