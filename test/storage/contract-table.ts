import type { Clause } from "../../packages/media/src/testing/clause.js";
import type { ClauseResult } from "../../packages/media/src/testing/contract.js";
import type { Backend } from "./waivers.js";

/** Backends that were answered for by a double: what holds there is said to hold on the double only. */
const doubles: ReadonlySet<Backend> = new Set(["cloudinary"]);

/** The columns, from left to right. */
const order: readonly Backend[] = ["fs", "memory", "radosgw", "swift", "minio", "versitygw", "cloudinary"];

/** Lay out clauses × backends for people, with the sums below, then why anything was waived, not offered or failed. */
export function contractTable(clauses: readonly Clause[], results: ReadonlyMap<Backend, readonly ClauseResult[]>): string {
  const backends = order.filter((backend) => results.has(backend));
  const head = ["clause", ...backends];
  const rows = clauses.map(({ id }) => [id, ...backends.map((backend) => cell(backend, resultOf(results, backend, id)))]);
  const sums = ["passed", "double", "waived", "not offered", "failed"].map((shown) => [
    `${shown}, in all`,
    ...backends.map((backend) => String(results.get(backend)?.filter((result) => cell(backend, result) === shown).length ?? 0)),
  ]);
  sums.push(["seconds", ...backends.map((backend) => secondsOf(results.get(backend) ?? []))]);
  const widths = head.map((title, column) => Math.max(title.length, ...[...rows, ...sums].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const reasons = backends.flatMap((backend) =>
    (results.get(backend) ?? []).flatMap((result) =>
      result.outcome === "passed" ? [] : [`${backend}, ${result.clause}: ${result.outcome}, ${result.why}`],
    ),
  );
  return [line(head), rule, ...rows.map(line), rule, ...sums.map(line), "", ...reasons].join("\n");
}

function secondsOf(found: readonly ClauseResult[]): string {
  return (found.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1);
}

function resultOf(results: ReadonlyMap<Backend, readonly ClauseResult[]>, backend: Backend, id: string): ClauseResult | undefined {
  return results.get(backend)?.find(({ clause }) => clause === id);
}

function cell(backend: Backend, result: ClauseResult | undefined): string {
  if (result === undefined) return "";
  return result.outcome === "passed" && doubles.has(backend) ? "double" : result.outcome;
}
