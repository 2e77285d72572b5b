import type { Finding, FindingEvidence } from "./finding.js";
import type { AppReport, Report, ReportedVerdict } from "./report.js";

/** Print a report as JSON. The shape is documented in docs/doctor.md; fields are added, never changed, within one `version`. */
export function printJson(report: Report): string {
  return `${JSON.stringify(reportJson(report), undefined, 2)}\n`;
}

function reportJson(report: Report): unknown {
  return { version: 1, apps: report.apps.map(appJson), notices: report.notices };
}

function appJson(app: AppReport): unknown {
  return {
    directory: app.directory,
    root: app.root,
    framework: app.framework,
    platforms: app.platforms,
    verdicts: { uploads: verdictJson(app.verdicts.uploads), database: verdictJson(app.verdicts.database) },
    firstAid: firstAidJson(app.firstAid),
    findings: app.findings.map(findingJson),
  };
}

function firstAidJson(firstAid: AppReport["firstAid"]): unknown {
  if (firstAid === undefined) return null;
  return { warning: firstAid.warning, steps: firstAid.steps.map(({ say, command }) => ({ say, command: command ?? null })) };
}

function verdictJson(verdict: ReportedVerdict): unknown {
  return {
    answer: verdict.answer,
    asDeclared: verdict.asDeclared,
    storage: verdict.storage,
    summary: verdict.headline,
    because: verdict.because.map(evidenceJson),
    depends: verdict.depends.map(({ when, answer, storage }) => ({ when, answer, storage })),
    dependsOn: verdict.dependsOn,
    places: verdict.places.map(({ label, at, answer, storage, path }) => ({ label, ...at, answer, storage, path: path ?? null })),
    notUnderstood: verdict.notUnderstood.map(evidenceJson),
    isPartial: verdict.isPartial,
    isAsGiven: verdict.isAsGiven,
  };
}

function findingJson(finding: Finding): unknown {
  return {
    code: finding.code,
    severity: finding.severity,
    question: finding.question ?? null,
    answer: finding.answer ?? null,
    title: finding.title,
    message: finding.message,
    file: finding.at.file,
    line: finding.at.line,
    because: finding.because.map(evidenceJson),
    remedy: finding.remedy,
    recipe: finding.recipe ?? null,
    leadsToDeploy: finding.leadsToDeploy,
    fingerprint: finding.fingerprint,
    status: finding.status,
    reason: finding.reason ?? null,
  };
}

function evidenceJson({ file, line, why }: FindingEvidence): unknown {
  return { file, line, why };
}
