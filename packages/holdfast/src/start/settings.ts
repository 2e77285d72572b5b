import { closest } from "#env/closest";
import { parseDocument } from "yaml";
import { isParsableYaml } from "../app-model/yaml-guard.js";

/** `start:` in `holdfast.yaml`. What is not said is found out from the app's files. */
export interface StartSettings {
  /** The folder that uploads are written to, judged at start; `false` judges nothing. */
  readonly storage?: string | false;
  /** The framework's collector, or a folder that is hashed and compressed into another; `false` for none. */
  readonly static?: string | { readonly from: string; readonly to: string; readonly publish?: boolean } | false;
  /** The command that migrates; `false` for none. */
  readonly migrate?: string | false;
  /** The variable with the database's URL, a direct one where the app goes through a pooler. @defaultValue DATABASE_URL */
  readonly migrateDatabase?: string;
  /** How long to wait while another instance migrates. @defaultValue 300 */
  readonly migrateTimeoutSeconds?: number;
  /** How long the app may take to end. @defaultValue what the platform gives, less one second */
  readonly graceSeconds?: number;
}

/** The settings, with what is wrong with them. */
export interface StartSettingsReading {
  readonly settings: StartSettings;
  readonly problems: string[];
}

/** The keys of `start:`; the JSON Schema and the commented example have the same. */
export const startOptions: readonly (keyof StartSettings)[] = [
  "storage",
  "static",
  "migrate",
  "migrateDatabase",
  "migrateTimeoutSeconds",
  "graceSeconds",
];

/** Read `start:` of `holdfast.yaml`. */
export function readStartSettings(text: string): StartSettingsReading {
  const problems: string[] = [];
  // What is wrong with the file as a whole is told by the step that checks the environment.
  if (!isParsableYaml(text)) return { settings: {}, problems };
  const document = parseDocument(text, { logLevel: "silent" });
  const root: unknown = document.errors.length > 0 ? undefined : document.toJS();
  const start = isTable(root) ? root["start"] : undefined;
  if (start === undefined || start === null) return { settings: {}, problems };
  if (!isTable(start)) return { settings: {}, problems: ["holdfast.yaml: start: is a table, with keys such as migrate: and static:."] };
  for (const name of Object.keys(start)) {
    if ((startOptions as readonly string[]).includes(name)) continue;
    const meant = closest(name, startOptions);
    problems.push(
      `holdfast.yaml: start: has no "${name}". ${meant === undefined ? `It has ${startOptions.join(", ")}.` : `Did you mean ${meant}?`}`,
    );
  }
  const folders = start["static"];
  if (isTable(folders) && (typeof folders["from"] !== "string" || typeof folders["to"] !== "string")) {
    problems.push("holdfast.yaml: start.static names two folders, from: and to:, or is the command that collects.");
  }
  if (isTable(folders)) {
    for (const name of Object.keys(folders)) {
      if (!["from", "to", "publish"].includes(name))
        problems.push(`holdfast.yaml: start.static has no "${name}". It has from, to and publish.`);
    }
    if (folders["publish"] !== undefined && typeof folders["publish"] !== "boolean")
      problems.push("holdfast.yaml: start.static.publish is true or false.");
  }
  const wrong = (name: keyof StartSettings, isRight: (value: unknown) => boolean, what: string): void => {
    const value = start[name];
    if (value !== undefined && !isRight(value)) problems.push(`holdfast.yaml: start.${name} is ${what}.`);
  };
  const isCommand = (value: unknown): boolean => value === false || (typeof value === "string" && value.trim() !== "");
  wrong("storage", isCommand, "the folder that uploads are written to, or false");
  wrong("static", (value) => isCommand(value) || isTable(value), "a command, two folders, or false");
  wrong("migrate", isCommand, "the command that migrates, or false");
  wrong("migrateDatabase", (value) => typeof value === "string" && /^[A-Z_][A-Z0-9_]*$/.test(value), "the name of a variable");
  wrong("migrateTimeoutSeconds", isSeconds, "a number of seconds, from 1 to 86400");
  wrong("graceSeconds", isSeconds, "a number of seconds, from 1 to 86400");
  return { settings: problems.length > 0 ? {} : start, problems };
}

function isSeconds(value: unknown): boolean {
  return typeof value === "number" && value >= 1 && value <= 86_400;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
