import colors from "picocolors";
import { maskUrl } from "../deploy/picture-url.js";
import type { Outcome, Verified } from "../deploy/verification.js";
import type { Io } from "./io.js";

/** The result as JSON. The shape is documented in docs/cli.md; fields are added, never changed, within one `version`. */
export interface VerifyReport {
  readonly version: 1;
  /** The state file's path. */
  readonly state: string;
  readonly checkedAt: string;
  readonly exitCode: number;
  readonly summary: Readonly<Record<Outcome, number>>;
  readonly pictures: readonly VerifyReportPicture[];
}

/** One picture of the report. */
export interface VerifyReportPicture {
  /** The URL; secrets in it are masked. */
  readonly url: string;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly httpStatus: number | null;
  readonly isFromCache: boolean;
  readonly before: (ReportBytes & { readonly rememberedAt: string }) | null;
  readonly now: ReportBytes | null;
}

/** What bytes were seen. */
export interface ReportBytes {
  readonly sha256: string;
  readonly size: number;
  readonly contentType: string | null;
  readonly etag: string | null;
}

const outcomes: readonly Outcome[] = ["remembered", "same", "changed", "gone", "not-a-picture", "could-not-check"];

/** 1 when something is gone or changed; else 3 when something could not be checked; else 0. */
export function exitCodeOf(results: readonly Verified[]): number {
  if (results.some(({ outcome }) => isFinding(outcome))) return 1;
  return results.some(({ outcome }) => outcome === "could-not-check") ? 3 : 0;
}

/** Describe the result for programs. */
export function reportJson(results: readonly Verified[], state: string, now: Date): VerifyReport {
  return {
    version: 1,
    state,
    checkedAt: now.toISOString(),
    exitCode: exitCodeOf(results),
    summary: count(results),
    pictures: results.map(({ url, outcome, reason, before, sighting }) => ({
      url: maskUrl(url),
      outcome,
      reason: reason ?? null,
      httpStatus: sighting.httpStatus ?? null,
      isFromCache: sighting.kind === "bytes" && sighting.isFromCache,
      before: before === undefined ? null : { ...bytesJson(before), rememberedAt: before.rememberedAt },
      now: sighting.kind === "bytes" ? bytesJson(sighting) : null,
    })),
  };
}

/** Print one line per picture, a summary and what to do next. */
export function printReport(results: readonly Verified[], words: { readonly again: string; readonly state: string }, io: Io): void {
  const paint = colors.createColors(io.stdout.hasColors);
  const width = Math.max(...results.map((result) => label(result).length));
  for (const result of results) {
    const name = colorOf(result.outcome, paint)(label(result).padEnd(width));
    const about = aboutLine(result);
    io.stdout.write(`${name}  ${maskUrl(result.url)}${about === "" ? "" : paint.dim(`  (${about})`)}\n`);
  }
  io.stdout.write(`\n${[summary(results), ...nextSteps(results, words)].join("\n")}\n`);
}

function label({ outcome, before }: Verified): string {
  switch (outcome) {
    case "remembered":
      return "remembered";
    case "same":
      return "same bytes";
    case "changed":
      return "changed";
    case "gone":
      return before === undefined ? "nothing there" : "gone";
    case "not-a-picture":
      if (before === undefined) return "not a picture";
      return before.isPicture ? "not a picture any more" : "not the file any more";
    case "could-not-check":
      return "could not check";
  }
}

function aboutLine({ outcome, reason, sighting }: Verified): string {
  const parts = reason === undefined ? [] : [reason];
  if (sighting.kind === "bytes") {
    if (outcome === "remembered") parts.push(`${sighting.contentType ?? "no content type"}, ${formatSize(sighting.size)}`);
    if (sighting.isFromCache) parts.push("answered by a cache");
  }
  return parts.join("; ");
}

function summary(results: readonly Verified[]): string {
  const counts = count(results);
  const words: Record<Outcome, string> = {
    remembered: "remembered",
    same: "with the same bytes",
    changed: "changed",
    gone: "gone",
    "not-a-picture": "not a picture",
    "could-not-check": "not checked",
  };
  const parts = outcomes.filter((outcome) => counts[outcome] > 0).map((outcome) => `${counts[outcome]} ${words[outcome]}`);
  return `${results.length} ${results.length === 1 ? "picture" : "pictures"}: ${parts.join(", ")}.`;
}

function nextSteps(results: readonly Verified[], words: { readonly again: string; readonly state: string }): readonly string[] {
  const has = (outcome: Outcome, isKnown?: boolean): boolean =>
    results.some((result) => result.outcome === outcome && (isKnown === undefined || isKnown === (result.before !== undefined)));
  const lines: string[] = [];
  if (has("gone", true) || has("not-a-picture", true)) lines.push(...firstAid(words.again));
  if (has("gone", false) || has("not-a-picture", false)) {
    lines.push("What is not a picture now was not remembered. Open its URL in a browser, and give the URL of one that shows.");
  }
  if (has("changed")) {
    lines.push(`Changed on purpose? Run \`${words.again} --forget URL\`, then \`${words.again} URL\` to remember it as it is now.`);
  }
  if (has("could-not-check")) {
    const how = has("could-not-check", false) ? ", with the same URLs" : "";
    lines.push(`What could not be checked is not known to be lost. Try again later${how}: \`${words.again}${how === "" ? "" : " URL"}\``);
  }
  if (has("remembered")) {
    lines.push(`Remembered in ${words.state}. Deploy now, then run \`${words.again}\` again: it tells which are still there.`);
  }
  if (results.every(({ outcome }) => outcome === "same")) lines.push("All are there, byte for byte. Check again after the next deploy.");
  if (results.some(({ sighting }) => sighting.kind === "bytes" && sighting.isFromCache)) {
    lines.push(
      "Where a cache answered, the app itself was not asked: it may have lost what the cache still holds. Purge the cache and check again.",
    );
  }
  return lines;
}

function firstAid(again: string): readonly string[] {
  return [
    "First aid:",
    "  1. Do not deploy or restart yet. What was uploaded since the last deploy is on the running disk, and goes with it:",
    "     save those pictures first, through their URLs.",
    "  2. Look for copies of what is gone: backups, the repository, a cache or CDN, the people who sent them.",
    "  3. Keep uploads where a deploy does not reach: a persistent disk, or an object store. `holdfast serve` refuses to",
    "     start where they would be lost, and says what to set.",
    `  4. Upload a picture again, then \`${again} URL\`, deploy, and \`${again}\`. What is gone for good: \`${again} --forget URL\`.`,
  ];
}

function isFinding(outcome: Outcome): boolean {
  return outcome === "changed" || outcome === "gone" || outcome === "not-a-picture";
}

function count(results: readonly Verified[]): Record<Outcome, number> {
  const of = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length;
  return {
    remembered: of("remembered"),
    same: of("same"),
    changed: of("changed"),
    gone: of("gone"),
    "not-a-picture": of("not-a-picture"),
    "could-not-check": of("could-not-check"),
  };
}

function bytesJson(seen: {
  readonly sha256: string;
  readonly size: number;
  readonly contentType: string | undefined;
  readonly etag: string | undefined;
}): ReportBytes {
  return { sha256: seen.sha256, size: seen.size, contentType: seen.contentType ?? null, etag: seen.etag ?? null };
}

function colorOf(outcome: Outcome, paint: ReturnType<typeof colors.createColors>): (text: string) => string {
  if (isFinding(outcome)) return outcome === "changed" ? paint.yellow : paint.red;
  return outcome === "could-not-check" ? paint.yellow : paint.green;
}

/** Decimal units, as file managers and hosts use. */
function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
