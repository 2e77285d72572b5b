import colors from "picocolors";
import type { Io } from "./io.js";
import type { QuirkName } from "./media-module.js";
import { installCommand } from "./optional-package.js";
import type { CanaryStatus, QuirkStatus, ServiceStatus, StatusReport } from "./storage-status.js";

const quirkWords: Readonly<Record<QuirkName, string>> = {
  honoursIfNoneMatch: "a conditional write never replaces",
  checksMd5: "bytes that do not match their MD5 are refused",
  checksSignedBody: "bytes that are not the signed ones are refused",
  listsInOrder: "listings come in order",
  takesPostPolicy: "browsers may upload directly",
  listsMultipart: "unfinished uploads can be listed",
};
/** Sightings that are worth the room on a screen; JSON has all. */
const shownSightings = 5;

/** Print what was found about the storage, for people: the line of the start first, then what is behind it. */
export function printStatus(report: StatusReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const { storage } = report;
  const color = report.refusal !== null ? paint.red : storage.durability === "ephemeral" ? paint.yellow : paint.green;
  const rows: (readonly [string, readonly string[]])[] = [
    ["durability", [`${color(storage.durability)}, because ${storage.why}`]],
    ["runs on", [`${report.platform ?? "no platform that is known"}, ${report.isProduction ? "in production" : "in development"}`]],
    ...(storage.isBegun ? [] : [["there", ["not yet: the service makes it at its first start; looking did not"]] as const]),
    ["canary", canaryLines(report.canary)],
    ...(report.service === null ? [] : [["service", serviceLines(report.service)] as const]),
    ...(report.packages.length === 0 ? [] : [["packages", packageLines(report, io)] as const]),
    ...(report.unused.length === 0
      ? []
      : [["not used", report.unused.map(({ variables, why }) => `${variables.join(", ")}: ${why}`)] as const]),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  io.stdout.write(`media storage: ${storage.description}, chosen by ${storage.chosenBy}, durability ${storage.durability}\n\n`);
  for (const [name, lines] of rows) {
    for (const [at, line] of lines.entries()) io.stdout.write(`  ${paint.dim((at === 0 ? name : "").padEnd(width))}  ${line}\n`);
  }
  for (const line of closing(report)) io.stdout.write(`\n${line}\n`);
}

function canaryLines(canary: CanaryStatus): readonly string[] {
  switch (canary.outcome) {
    case "alive": {
      const born = `written ${canary.bornAt.slice(0, 16)}Z${canary.bornIn === undefined ? "" : ` by release ${canary.bornIn}`}`;
      const proof =
        canary.survived === 0
          ? "alive; no later release has looked for it yet"
          : `survived ${canary.survived} ${canary.survived === 1 ? "release" : "releases"}`;
      const seen = canary.sightings.slice(-shownSightings).toReversed();
      return [`${proof}; ${born}`, ...seen.map(({ at, release }) => `seen ${at.slice(0, 16)}Z by release ${release}`)];
    }
    case "none":
      return ["none yet: the service writes it at its first start, and looks for it at every later release"];
    case "missing":
      return [
        "MISSING: objects are here, and the canary is not. Either no service of this version has started on it yet,",
        "or it was wiped and filled anew. The catalogue remembers which: the service says so when it starts",
      ];
    case "unknown":
      return ["not known: the storage could not be looked at"];
  }
}

function serviceLines(service: ServiceStatus): readonly string[] {
  return [`${service.name}, at ${service.address}`, ...service.quirks.map((quirk) => quirkLine(quirk, service))];
}

function quirkLine({ quirk, expected, found, isProbed }: QuirkStatus, service: ServiceStatus): string {
  const words = `${quirkWords[quirk]}: `;
  if (found === null && service.id === "other") return `${words}not known, not probed`;
  if (found === null) return `${words}${expected ? "yes" : "no"} by the table, not probed`;
  if (!isProbed) return `${words}${found ? "yes" : "no"}, believed`;
  if (service.id === "other") return `${words}${found ? "yes" : "no"}, as probed`;
  return `${words}${found ? "yes" : "no"}, as probed${found === expected ? "" : `, though ${service.name} is known ${expected ? "for it" : "not to"}`}`;
}

function packageLines(report: StatusReport, io: Io): readonly string[] {
  return report.packages.map(({ name, purpose, isInstalled }) =>
    isInstalled ? `${name} is installed` : `${name} is missing, for ${purpose}: ${installCommand(name, io.cwd)}`,
  );
}

function closing(report: StatusReport): readonly string[] {
  const lines: string[] = [];
  if (report.problem !== null) lines.push(report.problem.message);
  if (report.refusal !== null) lines.push(report.refusal);
  if (report.isAllowedEphemeral)
    lines.push("MEDIA_ALLOW_EPHEMERAL=1 lets the service start here all the same: pictures vanish at the next deploy.");
  return lines;
}
