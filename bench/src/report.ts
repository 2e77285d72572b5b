import type { Bench, BenchResult } from "./bench.js";
import type { Comparison, MeasuredPeer, Spread } from "./comparison.js";
import type { Machine } from "./machine.js";

/** A whole run, as `--json` writes it. */
export interface Report {
  readonly at: string;
  readonly seed: number;
  readonly rounds: number;
  readonly machine: Machine;
  readonly benches: readonly (Pick<Bench, "name" | "question"> & BenchResult)[];
}

/** Write a run as text: what was measured on, then a table for each bench. */
export function toText({ at, seed, rounds, machine, benches }: Report): string {
  const { cores, processor, memoryGb, system, node, commit, loadBefore } = machine;
  const versions = [`sharp ${machine.sharp}`, `libvips ${machine.libvips}`, machine.nginx, machine.wrk].filter(
    (part) => part !== undefined,
  );
  const lines = [
    `${at}, commit ${commit}, seed ${seed}, ${rounds} rounds in turns after one to warm up`,
    `${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node ${node.slice(1)}, ${versions.join(", ")}; load before: ${loadBefore}`,
  ];
  for (const { name, question, comparisons, notes } of benches) {
    lines.push("", `${name}: ${question}`, "", ...table(comparisons), "", ...notes.map((note) => `- ${note}`));
  }
  return lines.join("\n");
}

function table(comparisons: readonly Comparison[]): string[] {
  const head = ["what", "Holdfast", "peer", "peer's", "unit", "ratio", "min–max", "to reach", "CPU ms each", "peer's", "CPU ratio"];
  const rows = comparisons.flatMap(({ name, unit, subject, peers }) =>
    peers.map((peer) => [
      name,
      rate(subject.perSecond),
      peer.name,
      rate(peer.perSecond),
      unit,
      peer.ratio.median.toFixed(2),
      `${peer.ratio.min.toFixed(2)}–${peer.ratio.max.toFixed(2)}`,
      verdict(peer),
      cpu(subject.cpuMs),
      cpu(peer.cpuMs),
      peer.cpuRatio?.median.toFixed(2) ?? "",
    ]),
  );
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((count) => "-".repeat(count))), ...rows.map(line)];
}

function rate({ median }: Spread): string {
  return median >= 100 ? String(Math.round(median)) : median.toFixed(1);
}

function cpu(spread: Spread | undefined): string {
  return spread === undefined ? "" : spread.median.toPrecision(3);
}

function verdict({ ratio, target }: MeasuredPeer): string {
  if (target === undefined) return "";
  return `${target.toFixed(2)}, ${ratio.median >= target ? "reached" : "not reached"}`;
}
