import type { Condition, DatabaseUse, Deployment, Destination, Reader, Reading, Sink } from "./model.js";
import { noDeployment, treeOf } from "./source-tree.fixture.js";

/** Read a repository made of these texts; the app is at its root. */
export async function readingOf(
  reader: Reader,
  files: Readonly<Record<string, string>>,
  deployment: Deployment = noDeployment,
): Promise<Reading> {
  const reading = await reader.read(treeOf(files), ".", deployment);
  if (reading === undefined) throw new Error(`no ${reader.name} app here`);
  return reading;
}

/** A deployment whose web service declares these variables with values. */
export function declaring(variables: Readonly<Record<string, string>>): Deployment {
  const at = { file: "render.yaml", line: 1 };
  const declared = Object.entries(variables).map(([name, value]) => ({ name, declared: { kind: "value", value } as const, ...at }));
  const web = { name: "web", platform: "render", kind: "web", at, root: ".", containerRoot: undefined, phases: [], disks: [] } as const;
  return { ...noDeployment, services: [{ ...web, variables: declared }] };
}

/** Each sink by its label, its table in short: `S3_BUCKET → s3`, `disk storage`. */
export function sinksOf(reading: Reading): Readonly<Record<string, readonly string[]>> {
  return shortened(reading.sinks);
}

/** Each database by its label, its table in short. */
export function databasesOf(reading: Reading): Readonly<Record<string, readonly string[]>> {
  return shortened(reading.databases);
}

function shortened(places: readonly (Sink | DatabaseUse)[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    places.map(({ label, outcomes }) => [
      label,
      outcomes.map(({ when, destination }) =>
        when.kind === "always" ? inShort(destination) : `${conditionInShort(when)} → ${inShort(destination)}`,
      ),
    ]),
  );
}

function inShort(destination: Destination): string {
  switch (destination.kind) {
    case "disk":
      return `disk ${destination.path ?? "?"}`;
    case "cloud":
      return destination.service;
    case "database":
      return `database ${destination.engine}`;
    case "unknown":
      return `unknown: ${destination.what}`;
    case "passing":
    case "fails":
      return destination.kind;
  }
}

function conditionInShort(condition: Condition): string {
  switch (condition.kind) {
    case "always":
      return "always";
    case "set":
      return condition.name;
    case "present":
      return `${condition.name} there`;
    case "equals":
      return `${condition.name}=${condition.values.join("|")}${condition.isStart === true ? "…" : ""}`;
    case "disk":
      return `disk at ${condition.path}`;
    case "not":
      return `not ${conditionInShort(condition.of)}`;
    case "all":
      return `(${condition.of.map(conditionInShort).join(" and ")})`;
    case "any":
      return `(${condition.of.map(conditionInShort).join(" or ")})`;
    case "unknown":
      return "?";
  }
}
