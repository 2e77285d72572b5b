import type { Condition } from "../model.js";
import { all, always } from "./conditions.js";
import { multerOf } from "./calls.js";
import type { Effect, Machine } from "./flow.js";
import { silent } from "./frames.js";
import { engines } from "./services.js";
import type { Choice, Choices, External, Site, Value } from "./values.js";
import { absent, data, one, unknown } from "./values.js";

/** Where a parser of forms puts the files of a request. */
export type Landing =
  | { readonly kind: "memory" }
  /** The system's temporary folder, or one of the parser's own: nobody means to keep files there. */
  | { readonly kind: "temporary"; readonly path: Choices }
  | { readonly kind: "disk"; readonly path: Choices; readonly makesFolder: boolean }
  | { readonly kind: "cloud"; readonly service: string }
  | { readonly kind: "database"; readonly engine: string }
  /** An engine of the app's own: what it does with a file. */
  | { readonly kind: "effects"; readonly effects: readonly Effect[] }
  | { readonly kind: "unknown"; readonly what: string };

export interface LandingRow {
  readonly when: Condition;
  readonly landing: Landing;
  readonly site: Site;
}

const system: Choices = one({ kind: "literal", value: "/tmp" });

const row = (when: Condition, landing: Landing, site: Site): LandingRow => ({ when, landing, site });

const isNothing = (value: Value): boolean => value.kind === "literal" && (value.value === undefined || value.value === null);

/** Calls a function that answers through a callback, and gathers what it answers with. */
const answered = (
  machine: Machine,
  fn: Value,
  given: readonly Choices[],
  site: Site,
): { readonly answers: Choices; readonly effects: readonly Effect[] } => {
  const effects: Effect[] = [];
  const returned = machine.call(fn, [...given, one({ kind: "callback", id: "destination" })], { ...silent, effects }, site);
  const answers: Choice[] = [];
  for (const effect of effects) {
    if (effect.kind !== "callback" || effect.id !== "destination") continue;
    for (const answer of effect.args[1] ?? absent)
      if (!isNothing(answer.value)) answers.push({ when: all(effect.when, answer.when), value: answer.value });
  }
  return { answers: answers.length > 0 ? answers : returned, effects };
};

const request: readonly Choices[] = [data("request"), data("file")];

const rowsOf = (choices: Choices, make: (value: Value) => readonly LandingRow[]): readonly LandingRow[] =>
  choices.flatMap((choice) => make(choice.value).map((found) => ({ ...found, when: all(choice.when, found.when) })));

const diskStorage = (machine: Machine, options: Choices, site: Site): readonly LandingRow[] =>
  rowsOf(options, (value) => {
    if (value.kind !== "object")
      return [
        row(always, isNothing(value) ? { kind: "temporary", path: system } : { kind: "disk", path: unknown, makesFolder: false }, site),
      ];
    const destination = value.entries.get("destination");
    if (destination === undefined)
      return [row(always, value.isOpen ? { kind: "disk", path: unknown, makesFolder: false } : { kind: "temporary", path: system }, site)];
    return rowsOf(destination, (found) => {
      if (isNothing(found)) return [row(always, { kind: "temporary", path: system }, value.site)];
      if (found.kind !== "function") return [row(always, { kind: "disk", path: one(found), makesFolder: true }, value.site)];
      const { answers } = answered(machine, found, request, value.site);
      return [row(always, { kind: "disk", path: answers, makesFolder: false }, value.site)];
    });
  });

/** An engine written by the app itself: `_handleFile(req, file, done)`. */
const ownEngine = (machine: Machine, value: Value, site: Site): readonly LandingRow[] | undefined => {
  const handle = machine.member(value, "_handleFile", silent, site)[0]?.value;
  if (handle?.kind !== "function") return undefined;
  const { effects } = answered(machine, handle, request, site);
  return [row(always, { kind: "effects", effects }, site)];
};

/** Where a storage engine of multer puts files. */
export const storageRows = (machine: Machine, storage: Choices, site: Site): readonly LandingRow[] =>
  rowsOf(storage, (value) => {
    if (value.kind === "external") {
      if (/^multer:memoryStorage\(\)$/.test(value.name)) return [row(always, { kind: "memory" }, value.site)];
      if (/^multer:diskStorage\(\)$/.test(value.name)) return diskStorage(machine, value.args[0] ?? absent, value.site);
      const engine = engines.find(([name]) => name.test(value.name))?.[1];
      if (engine !== undefined) {
        return [
          row(
            always,
            engine.kind === "cloud" ? { kind: "cloud", service: engine.service } : { kind: "database", engine: engine.service },
            value.site,
          ),
        ];
      }
      return [row(always, { kind: "unknown", what: `the storage engine of ${value.name.split(/[:(]/)[0] ?? "a package"}` }, value.site)];
    }
    if (isNothing(value)) return [row(always, { kind: "memory" }, site)];
    return ownEngine(machine, value, site) ?? [row(always, { kind: "unknown", what: "a storage engine that could not be followed" }, site)];
  });

/** Where multer puts files, as its options say. */
export const multerRows = (machine: Machine, options: Choices, site: Site): readonly LandingRow[] =>
  rowsOf(options, (value) => {
    if (isNothing(value)) return [row(always, { kind: "memory" }, site)];
    if (value.kind !== "object") return [row(always, { kind: "unknown", what: "multer's options" }, site)];
    const storage = value.entries.get("storage");
    const dest = value.entries.get("dest");
    const toDest = (): readonly LandingRow[] =>
      dest === undefined
        ? [row(always, value.isOpen ? { kind: "unknown", what: "multer's options" } : { kind: "memory" }, value.site)]
        : rowsOf(dest, (path) => [
            row(always, isNothing(path) ? { kind: "memory" } : { kind: "disk", path: one(path), makesFolder: true }, value.site),
          ]);
    if (storage === undefined) return toDest();
    return rowsOf(storage, (found) => (isNothing(found) ? toDest() : storageRows(machine, one(found), value.site)));
  });

const optionsOf = (value: External): External | undefined => {
  for (let at: External | undefined = value; at !== undefined; at = at.on) {
    if (
      at.args.length > 0 &&
      /^(formidable|multiparty|express-|connect-|koa-|@fastify|fastify-)/.test(at.name) &&
      at.name.endsWith("()") &&
      !at.name.endsWith(".parse()")
    )
      return at;
  }
  return undefined;
};

const entry = (options: Choices, name: string): Choices | undefined => {
  const value = options[0]?.value;
  return value?.kind === "object" ? value.entries.get(name) : undefined;
};

const hasTruth = (choices: Choices | undefined): boolean => choices?.[0]?.value.kind === "literal" && choices[0].value.value === true;

/** Where a parser that is at work puts files. */
export const landingRows = (machine: Machine, engine: Choices): readonly LandingRow[] =>
  rowsOf(engine, (value) => {
    if (value.kind !== "external") return [];
    const multer = multerOf(value);
    if (multer !== undefined) return multerRows(machine, multer.args[0] ?? absent, multer.site);
    const made = optionsOf(value) ?? value;
    const options = made.args[0] ?? absent;
    if (value.name.startsWith("express-fileupload")) {
      const isOnDisk = hasTruth(entry(options, "useTempFiles"));
      return [
        row(always, isOnDisk ? { kind: "temporary", path: entry(options, "tempFileDir") ?? system } : { kind: "memory" }, value.site),
      ];
    }
    if (/^(formidable|express-formidable|multiparty|connect-multiparty|koa-body)/.test(value.name)) {
      const inner = entry(options, "formidable") ?? options;
      const folder = entry(inner, "uploadDir") ?? machine.override(made, "uploadDir");
      if (value.name.startsWith("koa-body") && !hasTruth(entry(options, "multipart"))) return [];
      return [
        row(
          always,
          folder === undefined ? { kind: "temporary", path: system } : { kind: "disk", path: folder, makesFolder: false },
          value.site,
        ),
      ];
    }
    return [row(always, { kind: "memory" }, value.site)];
  });
