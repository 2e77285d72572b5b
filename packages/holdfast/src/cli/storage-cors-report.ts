import colors from "picocolors";
import type { Io } from "./io.js";
import type { CorsRule } from "./media-module.js";
import type { CorsReport } from "./storage-cors.js";

/** Print the rules there are, those needed, and the difference. */
export function printCors(report: CorsReport, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const lines: string[] = [
    `media storage: ${report.storage}`,
    "",
    paint.bold(report.isApplied ? "Rules before:" : "Rules there are:"),
    ...ruleLines(report.before),
  ];
  lines.push("", paint.bold("Needed for direct uploads:"), ...ruleLines([report.needed]));
  if (report.isApplied || report.missing.length > 0) {
    lines.push("", paint.bold(report.isApplied ? "Rules now:" : "Rules as --apply would make them:"), ...ruleLines(report.after));
  }
  lines.push("");
  if (report.missing.length === 0) {
    lines.push(
      paint.green(report.isApplied ? "Set, and read again: nothing lacks." : "Nothing lacks: pages of these origins may upload directly."),
    );
  } else {
    for (const { origin, what } of report.missing) lines.push(`${paint.red("missing")}  ${origin}: ${what.join(", ")}`);
    if (report.isApplied) lines.push("The rules were set, and the service did not keep all of them.");
    else lines.push(`Set them with: holdfast storage cors ${report.origins.map((origin) => `--origin ${origin}`).join(" ")} --apply`);
  }
  io.stdout.write(`${lines.join("\n")}\n`);
}

function ruleLines(rules: readonly CorsRule[]): readonly string[] {
  if (rules.length === 0) return ["  none"];
  return rules.map(({ id, origins, methods, headers, exposedHeaders, maxAgeSeconds }) => {
    const parts = [
      `origins ${origins.join(", ")}`,
      `methods ${methods.join(", ")}`,
      ...(headers.length === 0 ? [] : [`headers ${headers.join(", ")}`]),
      ...(exposedHeaders.length === 0 ? [] : [`exposes ${exposedHeaders.join(", ")}`]),
      ...(maxAgeSeconds === undefined ? [] : [`for ${maxAgeSeconds} s`]),
    ];
    return `  ${id === undefined ? "" : `${id}: `}${parts.join("; ")}`;
  });
}
