import type { Condition, DatabaseUse, Deployment, Destination, Evidence, Outcome, Place, Sink } from "../model.js";
import { all, always, isNever, not, withoutData } from "./conditions.js";
import { engineOf } from "./database-clients.js";
import { fileRow } from "./databases.js";
import { conditionAt, frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { configured, entryAt, firstFile, tableOf, wordOf } from "./options.js";
import { evidence, modelPath, placeOf } from "./places.js";
import { parseJson } from "./project.js";
import { keyName, walk } from "./syntax.js";
import type { Choices } from "./values.js";
import { each, one, textOf } from "./values.js";
import { jsonValue } from "./exports.js";

interface Found {
  readonly sinks: readonly Sink[];
  readonly databases: readonly DatabaseUse[];
}

const set = (name: string): Condition => ({ kind: "set", name });

const folderOf = (machine: OpenMachine): string => (machine.project.root === "." ? "" : `${machine.project.root}/`);

/** The line of the manifest, or of the image, that brings the program in. */
const programPlace = (machine: OpenMachine, program: RegExp): Place => {
  const folder = folderOf(machine);
  for (const name of [
    "package.json",
    "Dockerfile",
    "docker-compose.yml",
    "docker-compose.yaml",
    "render.yaml",
    "fly.toml",
    "compose.yaml",
    "compose.yml",
  ]) {
    const lines = machine.project.tree.read(`${folder}${name}`)?.split("\n") ?? [];
    const found = lines.findIndex((line) => program.test(line));
    if (found !== -1) return { file: `${folder}${name}`, line: found + 1 };
  }
  return { file: `${folder}package.json`, line: 1 };
};

/** Whether an image is built from, or run as, one of these programs. */
export const imageProgram = (machine: OpenMachine): "directus" | "ghost" | undefined => {
  for (const name of [
    "Dockerfile",
    "docker-compose.yml",
    "docker-compose.yaml",
    "render.yaml",
    "fly.toml",
    "compose.yaml",
    "compose.yml",
  ]) {
    const text = machine.project.tree.read(`${folderOf(machine)}${name}`) ?? "";
    if (/^\s*(FROM|image:|image =|url:|-?\s*image:)\s*["']?(docker\.io\/)?directus\/directus/m.test(text)) return "directus";
    if (/^\s*(FROM|image:|image =|url:)\s*["']?(docker\.io\/)?(library\/)?ghost(:|\s|"|$)/m.test(text)) return "ghost";
  }
  return undefined;
};

const remoteDrivers = ["s3", "gcs", "azure", "cloudinary", "supabase"];

/** Directus is configured by the environment alone: where no location is named, files stay on the disk. */
export const readDirectus = (machine: OpenMachine, deployment: Deployment): Found => {
  const path = firstFile(machine, "directus.config", "config");
  const config = path !== undefined && path.includes("directus") ? configured(machine, path, []) : undefined;
  const place = programPlace(machine, /directus/);
  const at: Place = path !== undefined && config !== undefined ? { file: path, line: 1 } : place;
  const own = (name: string): Choices => entryAt(config, name) ?? one({ kind: "variable", name, ignoresCase: false });
  const root = wordOf(entryAt(config, "STORAGE_LOCAL_ROOT"));
  const declared = deployment.services.flatMap((service) => service.variables.map((variable) => variable.name));
  // The program reads nothing but its environment: where that says nothing of storage, the default is what runs.
  const isSilent = !declared.some((name) => name.startsWith("STORAGE_")) && entryAt(config, "STORAGE_LOCATIONS") === undefined;
  const locations = new Set(["S3", "AWS", "CLOUDINARY"]);
  for (const name of declared) {
    const location = /^STORAGE_(\w+)_DRIVER$/.exec(name)?.[1];
    if (location !== undefined) locations.add(location);
  }
  const disk = (path_: string): Destination => ({ kind: "disk", path: modelPath(machine, path_) });
  const local =
    root === undefined
      ? [
          { when: set("STORAGE_LOCAL_ROOT"), destination: disk("${STORAGE_LOCAL_ROOT}") },
          { when: always, destination: disk("uploads") },
        ]
      : [{ when: always, destination: disk(root) }];
  const names = own("STORAGE_LOCATIONS");
  const isNamed =
    names.map((row) => (row.value.kind === "variable" ? set(row.value.name) : textOf(row.value) === undefined ? not(always) : always))[0] ??
    not(always);
  const remote = [...locations]
    .toSorted()
    .map((location): Condition => ({ kind: "equals", name: `STORAGE_${location}_DRIVER`, values: remoteDrivers }));
  const silentRows = isSilent ? local.slice(-1) : [];
  const rows = [
    ...silentRows,
    ...local.map((row) => ({ ...row, when: all(not(isNamed), row.when) })),
    ...remote.map((when) => ({ when, destination: { kind: "cloud", service: "remote storage" } as const })),
    ...local,
  ].filter((row) => !isNever(row.when));
  const why: Evidence[] = [{ ...at, why: "Directus keeps files on the instance's disk unless STORAGE_LOCATIONS names another place" }];
  const client = own("DB_CLIENT");
  const databases = client.flatMap((row): readonly { readonly when: Condition; readonly destination: Destination }[] => {
    const file = fileRow(machine, wordOf(entryAt(config, "DB_FILENAME")) ?? "${DB_FILENAME}");
    if (row.value.kind === "variable") {
      return [
        { when: { kind: "equals", name: row.value.name, values: ["sqlite3", "sqlite"] }, destination: file },
        { when: always, destination: { kind: "database", engine: "the database's server" } },
      ];
    }
    const engine = engineOf(textOf(row.value) ?? "");
    return [{ when: row.when, destination: engine === "sqlite" ? file : { kind: "database", engine: engine ?? "the database's server" } }];
  });
  return {
    sinks: [{ label: "Directus's file library", at, outcomes: tableOf(rows, why) }],
    databases: [
      { label: "database", at, outcomes: tableOf(databases, [{ ...at, why: "Directus opens the database that DB_CLIENT names" }]) },
    ],
  };
};

/** A place in code, or in a file of settings, that says what Ghost is to do. */
interface GhostConfig {
  readonly when: Condition;
  readonly value: Choices;
  readonly because: Evidence;
}

const ghostConfigs = (machine: OpenMachine): readonly GhostConfig[] => {
  const { project } = machine;
  const folder = folderOf(machine);
  const found: GhostConfig[] = [];
  for (const path of [`${folder}config.production.json`, `${folder}config/config.production.json`]) {
    const json = parseJson(project.tree.read(path) ?? "");
    const module = project.module(project.tree.find(project.root, ".js")[0] ?? "");
    if (json !== undefined && module !== undefined)
      found.push({
        when: always,
        value: jsonValue(json, { module, node: module.syntax.program }),
        because: { file: path, line: 1, why: "Ghost's settings for production" },
      });
  }
  // Settings that are written when the app starts.
  for (const path of project.tree.paths) {
    if (!path.startsWith(folder) || /node_modules|\.min\.js/.test(path) || !/(\.[mc]?js|(^|\/)[\w-]+)$/.test(path)) continue;
    const text = project.tree.read(path);
    if (text === undefined || text.length > 100_000 || !/config\.production|config\.js/.test(`${text}${path}`) || !text.includes("storage"))
      continue;
    const module = project.module(path);
    if (module === undefined) continue;
    walk(module.syntax.program, (node) => {
      if (node.type !== "ObjectExpression") return;
      const names = node.properties.flatMap((property) => (property.type === "Property" ? (keyName(property.key) ?? []) : []));
      if (!names.includes("database") || !names.some((name) => name === "storage" || name === "url" || name === "server")) return;
      machine.begin();
      const frame = frameAround(module, node);
      found.push({
        when: withoutData(conditionAt(machine, node, frame, module.syntax.program)),
        value: machine.evaluate({ module, node }, frame, silent),
        because: evidence({ module, node }, "Ghost's settings for production are made here"),
      });
    });
  }
  return found;
};

/** Ghost keeps images in `content/images` unless its settings, or the environment, name a storage adapter. */
export const readGhost = (machine: OpenMachine, deployment: Deployment): Found => {
  const place = programPlace(machine, /ghost/);
  const isImage = /Dockerfile|compose|render\.yaml/.test(place.file);
  const [config] = ghostConfigs(machine);
  const content = wordOf(entryAt(config?.value, "paths", "contentPath"));
  const folder = content === undefined ? (isImage ? "/var/lib/ghost/content" : "content") : (modelPath(machine, content) ?? "content");
  const local: Destination = { kind: "disk", path: `${folder.replace(/\/$/, "")}/images` };
  const at: Place = config?.because ?? place;
  const storage = entryAt(config?.value, "storage");
  const isAllowed = entryAt(config?.value, "fileStorage");
  // Where nothing declares an adapter for the environment, the settings are what runs.
  const isDeclared = deployment.services.some((service) => service.variables.some((variable) => variable.name.startsWith("storage__")));
  const adapter = all(
    set("storage__active"),
    not({ kind: "equals", name: "storage__active", values: ["LocalImagesStorage", "local-file-store"] }),
  );
  const rows: { when: Condition; destination: Destination }[] = isDeclared
    ? [{ when: adapter, destination: { kind: "cloud", service: "a storage adapter" } }]
    : [];
  for (const row of storage ?? []) {
    const active = wordOf(entryAt([{ when: always, value: row.value }], "active"));
    const isOff = (isAllowed ?? []).some(
      (switch_) =>
        !isNever(all(row.when, switch_.when)) &&
        switch_.value.kind === "literal" &&
        switch_.value.value === false &&
        (switch_.when.kind === "always" ? row.when.kind === "always" : true),
    );
    const isLocal = active === undefined || /^(LocalImagesStorage|LocalFileStorage|local-file-store|LocalStorageBase)$/.test(active);
    rows.push({
      when: withoutData(row.when),
      destination: isLocal ? (isOff ? { kind: "passing" } : local) : { kind: "cloud", service: active },
    });
  }
  rows.push({ when: always, destination: local });
  const why = [config?.because ?? { ...place, why: "no storage adapter is named, so Ghost keeps images on the instance's disk" }];
  const client = entryAt(config?.value, "database", "client");
  const filename = wordOf(entryAt(config?.value, "database", "connection", "filename"));
  const fileDestination = fileRow(machine, filename ?? `${folder.replace(/\/$/, "")}/data/ghost.db`);
  const databases: { when: Condition; destination: Destination }[] = [
    { when: { kind: "equals", name: "database__client", values: ["mysql", "mysql2"] }, destination: { kind: "database", engine: "mysql" } },
    { when: set("database__connection__host"), destination: { kind: "database", engine: "mysql" } },
    { when: { kind: "equals", name: "database__client", values: ["sqlite3", "better-sqlite3"] }, destination: fileDestination },
  ];
  if (client === undefined) databases.push({ when: always, destination: fileDestination });
  else {
    for (const row of client) {
      const engine = engineOf(textOf(row.value) ?? "");
      databases.push({
        when: withoutData(row.when),
        destination: engine === "sqlite" ? fileDestination : { kind: "database", engine: engine ?? "the database's server" },
      });
    }
  }
  const plain = client === undefined ? databases : databases.slice(3);
  return {
    sinks: [{ label: "Ghost's images", at: { file: at.file, line: at.line }, outcomes: tableOf(rows, why) }],
    databases: [
      {
        label: "database",
        at: { file: at.file, line: at.line },
        outcomes: tableOf(plain, [config?.because ?? { ...place, why: "Ghost opens its database as its settings say" }]),
      },
    ],
  };
};

const fieldCalls = /^@keystone-6\/core\/fields:(image|file)\(\)$/;

/** Keystone names its storages in one place, and its fields use them. */
export const readKeystone = (machine: OpenMachine, path: string | undefined): Found => {
  const module = path === undefined ? undefined : machine.project.module(path);
  if (path === undefined || module === undefined) return { sinks: [], databases: [] };
  const exported = configured(machine, path, []);
  const options = keystoneOptions(exported);
  const storages = entryAt(options, "storage");
  const sinks: Sink[] = [];
  for (const file of machine.project.tree.find(machine.project.root, ".ts", ".js", ".tsx")) {
    if (!machine.project.tree.read(file)?.includes("@keystone-6/core/fields")) continue;
    const fields = machine.project.module(file);
    for (const call of fields?.names.calls ?? []) {
      if (fields === undefined) continue;
      machine.begin();
      const frame = frameAround(fields, call);
      const callee = machine.evaluate({ module: fields, node: call.callee }, frame, silent)[0]?.value;
      if (callee?.kind !== "external" || !fieldCalls.test(`${callee.name}()`)) continue;
      const [argument] = call.arguments;
      const given =
        argument === undefined || argument.type === "SpreadElement"
          ? undefined
          : machine.evaluate({ module: fields, node: argument }, frame, silent);
      const named = entryAt(given, "storage");
      const outcomes = keystoneOutcomes(machine, named, storages, [evidence({ module: fields, node: call }, "a field that takes uploads")]);
      sinks.push({ label: `a field of ${file.split("/").at(-1) ?? "the schema"}`, at: placeOf({ module: fields, node: call }), outcomes });
    }
  }
  const provider = wordOf(entryAt(options, "db", "provider"));
  const engine = engineOf(provider ?? "");
  const url = entryAt(options, "db", "url");
  const site = { module, node: module.syntax.program };
  const because = [evidence(site, "the database is configured here")];
  const rows =
    engine === "sqlite"
      ? (url ?? one({ kind: "unknown" })).map((row) => ({ when: withoutData(row.when), destination: fileRow(machine, textOf(row.value)) }))
      : [
          {
            when: always,
            destination:
              engine === undefined ? ({ kind: "unknown", what: "Keystone's database" } as const) : ({ kind: "database", engine } as const),
          },
        ];
  return { sinks, databases: [{ label: "database", at: placeOf(site), outcomes: tableOf(rows, because) }] };
};

const keystoneOptions = (choices: Choices, depth = 0): Choices | undefined => {
  for (const { value } of choices) {
    if (value.kind === "object") return one(value);
    if (value.kind !== "external" || depth > 4) continue;
    for (const arg of value.args) {
      const found = keystoneOptions(arg, depth + 1);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

const keystoneOutcomes = (
  machine: OpenMachine,
  named: Choices | undefined,
  storages: Choices | undefined,
  because: readonly Evidence[],
): readonly Outcome[] => {
  const name = wordOf(named);
  const storage = name === undefined ? named : entryAt(storages, name);
  const rows = (storage ?? one({ kind: "unknown" })).flatMap(
    (row): readonly { readonly when: Condition; readonly destination: Destination }[] => {
      const kinds = entryAt([{ when: always, value: row.value }], "kind");
      return each(kinds ?? one({ kind: "unknown" }), (value) => one(value)).map((kind) => {
        const text = textOf(kind.value);
        const path = wordOf(entryAt([{ when: always, value: row.value }], "storagePath"));
        const destination: Destination =
          text === "local"
            ? { kind: "disk", path: modelPath(machine, path ?? "public") }
            : text === "s3"
              ? { kind: "cloud", service: "s3" }
              : { kind: "unknown", what: "the storage of this field" };
        return { when: all(withoutData(row.when), withoutData(kind.when)), destination };
      });
    },
  );
  return tableOf(rows, because);
};
