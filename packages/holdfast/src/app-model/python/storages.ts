import { cases, entryOf, known, textOf, type Value } from "../abstract-value.js";
import { always, any, isNever, not, possible, variablesOf } from "../conditions.js";
import type { Condition, Evidence, Observation, Outcome, Place } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { casesOf, valueOf } from "./bindings.js";
import { cloudOf } from "./clouds.js";
import { invoke, librariesOf, memberOf } from "./calls.js";
import { isAtLeast, type DjangoVersion } from "./django-version.js";
import type { Machine } from "./frames.js";
import { topFrame } from "./machine.js";
import type { Settings } from "./settings.js";
import { storedBy } from "./storage-classes.js";
import { made, madeAs } from "./values.js";

/** Where Django's storages lead. */
export interface Storages {
  /** Where a file goes that names no storage. */
  default(): readonly Outcome[];
  /** Where a storage leads: an object, a class, a dotted name, a function that makes one. */
  of(value: Value, because: readonly Evidence[]): readonly Outcome[];
  readonly observations: readonly Observation[];
}

/** Deeper chains of storages are not followed. */
const maxDepth = 6;

/** Find out where the storages of an app lead, by its settings and its version of Django. */
export function openStorages(machine: Machine, settings: Settings, version: DjangoVersion): Storages {
  const observations: Observation[] = [];
  let kept: readonly Outcome[] | undefined;

  const of = (value: Value, because: readonly Evidence[], depth = 0): readonly Outcome[] => {
    if (depth > maxDepth) return [outcome({ kind: "unknown", what: "a storage that goes round in circles" }, because)];
    if (value.kind === "either") return cases(value).flatMap((one) => under(one.when, of(one.value, because, depth + 1)));
    if (value.kind === "known" && value.value === null) return byDefault();
    if (value.kind === "known") return byName(String(value.value), new Map(), because, depth);
    if (value.kind === "variable" && value.ifUnset.kind === "known" && value.ifUnset.value !== null)
      return of(value.ifUnset, because, depth + 1);
    if (value.kind === "table") {
      const backend = entryOf(value, "BACKEND");
      const options = entryOf(value, "OPTIONS")?.value;
      const named = new Map(options?.kind === "table" ? [...options.entries].map(([key, entry]) => [key, entry.value] as const) : []);
      return backend === undefined
        ? byDefault()
        : cases(backend.value).flatMap((one) =>
            under(
              one.when,
              byName(
                textOf(one.value) ?? "",
                named,
                [
                  ...because,
                  ...(because.some((row) => row.line === backend.line)
                    ? []
                    : [{ file: backend.file, line: backend.line, why: `the storage is ${textOf(one.value) ?? "not known"}` }]),
                ],
                depth,
              ),
            ),
          );
    }
    if (value.kind !== "made")
      return [outcome({ kind: "unknown", what: value.kind === "unknown" ? value.what : "a storage that is not known" }, because)];
    const library = madeAs(value, "external:") ?? (madeAs(value, "instance:class:") === undefined ? madeAs(value, "instance:") : undefined);
    if (value.type === "storage alias") return alias(textOf(value.items[0] ?? known("default")) ?? "default", because, depth);
    if (library !== undefined) return byName(library, value.named, because, depth, value.items);
    const id = madeAs(value, "function:") ?? madeAs(value, "bound:");
    const maker = id === undefined ? undefined : machine.functions[Number(id)];
    if (maker !== undefined) {
      const frame = topFrame(maker.frame.module);
      return of(
        invoke(machine, maker, madeAs(value, "bound:") === undefined ? [] : value.items, new Map(), frame),
        [...because, { file: maker.file, line: maker.node.line, why: `${maker.name}() chooses the storage` }],
        depth + 1,
      );
    }
    const own = madeAs(value, "class:") ?? madeAs(value, "instance:class:");
    return own === undefined
      ? [outcome({ kind: "unknown", what: "a storage that is not known" }, because)]
      : ofClass(own, value, because, depth);
  };

  const byName = (
    name: string,
    named: ReadonlyMap<string, Value>,
    because: readonly Evidence[],
    depth: number,
    items: readonly Value[] = [],
  ): readonly Outcome[] => {
    const own = ownClass(machine, settings, name);
    if (own !== undefined)
      return of(
        own.kind === "made" && madeAs(own, "class:") !== undefined ? made(`instance:${own.type}`, [], named) : own,
        because,
        depth + 1,
      );
    const last = name.split(".").at(-1) ?? name;
    if (/^(default_storage|DefaultStorage|get_storage_class)$/.test(last)) return byDefault();
    if (/FileSystemStorage$|OverwriteStorage$/.test(last)) return onDisk(named.get("location") ?? items[0], because);
    if (last === "InMemoryStorage") return [outcome({ kind: "disk", path: undefined }, because)];
    if (/StaticFilesStorage$|CompressedManifest|whitenoise/i.test(name) && !/cloudinary|s3|boto/i.test(name))
      return onDisk(settings.value("STATIC_ROOT"), because);
    const service = cloudOf(name);
    if (service !== undefined) return [outcome(service, because)];
    return [outcome({ kind: "unknown", what: name === "" ? "a storage without a name" : `the storage ${name}` }, because)];
  };

  const onDisk = (location: Value | undefined, because: readonly Evidence[]): readonly Outcome[] => {
    if (location !== undefined && !(location.kind === "known" && location.value === null)) return diskRows(location, because, plainPath);
    const rows = settings.casesOf("MEDIA_ROOT");
    if (rows.length === 0)
      return [
        outcome({ kind: "disk", path: "." }, [
          ...because,
          { ...settingsPlace(settings), why: "MEDIA_ROOT is not set, so files go beside the code" },
        ]),
      ];
    return rows.flatMap((row) =>
      under(
        row.when,
        diskRows(
          row.value === undefined || (row.value.kind === "known" && row.value.value === "") ? known(".") : row.value,
          [
            ...because,
            ...(row.place === undefined
              ? []
              : [{ file: row.place.file, line: row.place.line, why: "files are written to this folder on the instance's own disk" }]),
          ],
          plainPath,
        ),
      ),
    );
  };

  const alias = (name: string, because: readonly Evidence[], depth: number): readonly Outcome[] => {
    if (name === "default") return byDefault();
    return settings.casesOf("STORAGES").flatMap((row) => {
      const entry = row.value === undefined ? undefined : entryOf(row.value, name);
      return under(
        row.when,
        entry === undefined
          ? [outcome({ kind: "unknown", what: `the storage "${name}"` }, because)]
          : of(entry.value, [...because, { file: entry.file, line: entry.line, why: `the storage "${name}"` }], depth + 1),
      );
    });
  };

  const ofClass = (id: string, value: Value, because: readonly Evidence[], depth: number): readonly Outcome[] => {
    const own = machine.classes[Number(id)];
    if (own === undefined) return [outcome({ kind: "unknown", what: "a storage that is not known" }, because)];
    const chain = [...because, { file: own.file, line: own.line, why: `${own.name} is the app's own storage` }];
    const saved = storedBy(machine, id);
    if (saved !== undefined && !saved.some((one) => one.isInherited))
      return closed(
        saved.map((one) => outcome(one.destination, [...chain, ...one.because], possible(one.when))),
        outcome({ kind: "fails" }, chain),
      );
    const bases = librariesOf(machine, own);
    const base = bases.find((one) => /storage/i.test(one)) ?? bases[0];
    const location = (value.kind === "made" ? value.named.get("location") : undefined) ?? locationOf(machine, id);
    const named = new Map(location === undefined ? [] : [["location", location] as const]);
    const inherited =
      base === undefined ? [outcome({ kind: "unknown", what: `the storage ${own.name}` }, chain)] : byName(base, named, chain, depth + 1);
    // What it does beside what its base does comes first: a fall-back to the disk is not seen in the base.
    const disks = (saved ?? []).filter((one) => !one.isInherited && one.destination.kind === "disk");
    return [...disks.map((one) => outcome(one.destination, [...chain, ...one.because], possible(one.when))), ...inherited];
  };

  const byDefault = (): readonly Outcome[] => {
    kept ??= defaultRows();
    return kept;
  };

  const defaultRows = (): readonly Outcome[] => {
    const knowsStorages = isAtLeast(version, 4, 2);
    const knowsOld = !isAtLeast(version, 5, 1);
    const rows: Outcome[] = [];
    let covered: Condition = not(always);
    const versionRow = version.because === undefined ? [] : [version.because];
    const take = (name: string, isHeard: boolean): void => {
      for (const row of settings.casesOf(name)) {
        if (row.value === undefined || row.place === undefined) continue;
        const entry: (Place & { readonly value: Value }) | undefined =
          name === "STORAGES" ? defaultEntry(row.value) : { ...row.place, value: row.value };
        if (entry === undefined) continue;
        if (!isHeard) {
          observations.push({
            file: entry.file,
            line: entry.line,
            name: "setting-ignored-by-version",
            details: {
              setting: name,
              framework: "Django",
              version: `${version.major}.${version.minor}`,
              value: textOf(entry.value) ?? "",
              instead: name === "STORAGES" ? "DEFAULT_FILE_STORAGE" : "STORAGES",
            },
          });
          continue;
        }
        const found = cases(entry.value).flatMap((one) =>
          under(one.when, of(one.value, [{ file: entry.file, line: entry.line, why: `${name} says where uploads go` }])),
        );
        rows.push(...under(row.when, found));
        covered = any(covered, row.when);
      }
    };
    take("STORAGES", knowsStorages);
    take("DEFAULT_FILE_STORAGE", knowsOld);
    const fixed: Observation | undefined = observations.find((one) => one.name === "setting-ignored-by-version");
    const why =
      fixed === undefined
        ? []
        : [
            {
              file: fixed.file,
              line: fixed.line,
              why: `${fixed.details["setting"] ?? ""} is not read by Django ${version.major}.${version.minor}`,
            },
            ...versionRow,
          ];
    return [...failing(settings, [...rows, ...onDisk(undefined, [])]), ...rows, ...onDisk(undefined, [...why])];
  };

  return { default: byDefault, of: (value, because) => of(value, because), observations };
}

function defaultEntry(value: Value): (Place & { readonly value: Value }) | undefined {
  if (value.kind === "either") {
    const one = defaultEntry(value.chosen);
    const other = defaultEntry(value.otherwise);
    if (one === undefined || other === undefined) return one ?? other;
    return { ...one, value: { kind: "either", when: value.when, chosen: one.value, otherwise: other.value } };
  }
  return entryOf(value, "default");
}

/** An ending that the settings choose rather than lose anything counts where it hangs on the same variables. */
function failing(settings: Settings, rows: readonly Outcome[]): readonly Outcome[] {
  const names = new Set(rows.flatMap((row) => variablesOf(row.when)));
  return settings.failures
    .filter((one) => !isNever(one.when) && one.when.kind !== "always" && variablesOf(one.when).some((name) => names.has(name)))
    .map((one) => outcome({ kind: "fails" }, [{ file: one.file, line: one.line, why: "the app does not start without it" }], one.when));
}

function settingsPlace(settings: Settings): Place {
  const [first] = settings.modules;
  return { file: first?.file ?? "", line: 1 };
}

/** A class of the app's own by its dotted name. */
function ownClass(machine: Machine, settings: Settings, name: string): Value | undefined {
  const cut = name.lastIndexOf(".");
  if (cut < 0) return undefined;
  const file = machine.project.moduleFile(name.slice(0, cut), settings.modules[0]?.file ?? "");
  if (file === undefined) return undefined;
  const binding = machine.module(file).top?.names.get(name.slice(cut + 1));
  return binding === undefined ? undefined : valueOf(binding);
}

/** Where a class of the app's own says that its files lie. */
function locationOf(machine: Machine, id: string): Value | undefined {
  const attribute = memberOf(machine, id, "location") ?? memberOf(machine, id, "base_location");
  if (attribute !== undefined && casesOf(attribute).every((one) => one.value?.kind !== "made")) return valueOf(attribute);
  const start = memberOf(machine, id, "__init__");
  const method = start === undefined ? undefined : machine.functions[Number(madeAs(valueOf(start), "function:") ?? "-1")];
  if (method === undefined) return undefined;
  let found: Value | undefined;
  const before = machine.onCall;
  machine.onCall = (call) => {
    if (call.method === "__init__") found ??= call.named.get("location") ?? undefined;
  };
  invoke(machine, method, [made(`instance:class:${id}`)], new Map(), topFrame(method.frame.module));
  machine.onCall = before;
  return found;
}
