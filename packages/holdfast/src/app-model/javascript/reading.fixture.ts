import type { Condition, Deployment, Destination, Outcome, Reading } from "../model.js";
import { noDeployment, treeOf } from "../source-tree.fixture.js";
import { javascriptReader } from "./index.js";

/** Reads an app made of these files. */
export const readApp = async (
  files: Readonly<Record<string, string>>,
  root = ".",
  deployment: Deployment = noDeployment,
): Promise<Reading> => {
  const reading = await javascriptReader.read(treeOf(files), root, deployment);
  if (reading === undefined) throw new Error("there is no app here");
  return reading;
};

/** A manifest with these dependencies, started with `node server.js`. */
export const manifest = (dependencies: readonly string[], more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    name: "app",
    scripts: { start: "node server.js" },
    dependencies: Object.fromEntries(dependencies.map((name) => [name, "1.0.0"])),
    ...more,
  });

const condition = (when: Condition): string => {
  switch (when.kind) {
    case "always":
      return "always";
    case "set":
      return when.name;
    case "present":
      return `${when.name} present`;
    case "equals":
      return `${when.name}=${when.values.join("|")}${when.isStart === true ? "…" : ""}`;
    case "disk":
      return `disk at ${when.path}`;
    case "not":
      return `not ${condition(when.of)}`;
    case "all":
      return when.of.map(condition).join(" and ");
    case "any":
      return when.of.map(condition).join(" or ");
    case "unknown":
      return "?";
  }
};

const destination = (to: Destination): string => {
  switch (to.kind) {
    case "disk":
      return `disk ${to.path ?? "?"}`;
    case "cloud":
      return `cloud ${to.service}`;
    case "database":
      return `database ${to.engine}`;
    case "passing":
    case "fails":
      return to.kind;
    case "unknown":
      return `unknown`;
  }
};

/** A decision table in one line: `A=b: cloud s3; always: disk uploads`. */
export const told = (outcomes: readonly Outcome[]): string =>
  outcomes.map((row) => `${condition(row.when)}: ${destination(row.destination)}`).join("; ");

/** Each sink in one line. */
export const sinksTold = (reading: Reading): readonly string[] => reading.sinks.map((sink) => `${sink.label} → ${told(sink.outcomes)}`);

/** Each database in one line. */
export const databasesTold = (reading: Reading): readonly string[] => reading.databases.map((use) => told(use.outcomes));
