import { posix } from "node:path";
import type { Finding, FindingPlace } from "./finding.js";
import { pathFromHere } from "./paths.js";
import type { AppReport, Report } from "./report.js";

/** Print a report as SARIF 2.1.0 (OASIS), for code scanning. What was accepted is there as suppressed, with its reason. */
export function printSarif(report: Report): string {
  const rules = report.rules.map(({ code, title, why, severity }) => ({
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: why },
    defaultConfiguration: { level: severity },
  }));
  const indexOf = new Map(report.rules.map(({ code }, index) => [code, index]));
  const results = report.apps.flatMap((app) => app.findings.map((finding) => resultOf(finding, app, indexOf.get(finding.code) ?? -1)));
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "holdfast", version: report.version, semanticVersion: report.version, rules } },
        language: report.language,
        originalUriBaseIds: { SRCROOT: { description: { text: "The folder that holdfast was run in." } } },
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultOf(finding: Finding, app: AppReport, ruleIndex: number): unknown {
  const { code, severity, message, at, because, remedy, leadsToDeploy, fingerprint, status, reason } = finding;
  const advice = [message, ...(leadsToDeploy && app.firstAid !== undefined ? [app.firstAid.warning] : []), ...remedy];
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    kind: "fail",
    message: { text: advice.join("\n") },
    locations: [{ physicalLocation: physicalLocation(app, at) }],
    relatedLocations: because.map(({ why, ...place }, id) => ({
      id,
      message: { text: why },
      physicalLocation: physicalLocation(app, place),
    })),
    partialFingerprints: { "holdfast/v1": fingerprint },
    baselineState: status === "known" ? "unchanged" : "new",
    ...(status === "accepted" ? { suppressions: [{ kind: "inSource", justification: reason ?? "" }] } : {}),
  };
}

function physicalLocation(app: AppReport, { file, line }: FindingPlace): unknown {
  const path = posix.normalize(pathFromHere(app, file));
  const uri = path.split("/").map(encodeURIComponent).join("/");
  const artifactLocation = path.startsWith("/") ? { uri: `file://${uri}` } : { uri, uriBaseId: "SRCROOT" };
  return { artifactLocation, region: { startLine: Math.max(1, line) } };
}
