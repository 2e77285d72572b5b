import type { DatabaseUse, Destination, Sink } from "../model.js";
import { always } from "./conditions.js";
import { engineOf, serverOf } from "./database-clients.js";
import { fileRow } from "./databases.js";
import type { OpenMachine } from "./machine.js";
import { configured, entryAt, fileSite, firstFile, givenEnvironment, hasSqlite, mergeDeep, rowsOver, tableOf, wordOf } from "./options.js";
import { modelPath } from "./places.js";
import { parseJson } from "./project.js";
import type { Choices, Site, Value } from "./values.js";
import { one, textOf } from "./values.js";

interface Config {
  readonly value: Choices | undefined;
  /** The files it was merged from, production's first. */
  readonly sites: readonly Site[];
}

/** A configuration of Strapi as production sees it: its own file over the general one, merged deeply. */
const config = (machine: OpenMachine, name: string): Config => {
  const read = (path: string | undefined): { readonly value: Choices | undefined; readonly sites: readonly Site[] } => {
    const module = path === undefined ? undefined : machine.project.module(path);
    if (path === undefined || module === undefined) return { value: undefined, sites: [] };
    const site = fileSite(module);
    return { value: configured(machine, path, [givenEnvironment(site)]), sites: [site] };
  };
  const general = read(firstFile(machine, `config/${name}`));
  const production = read(firstFile(machine, `config/env/production/${name}`));
  return { value: mergeDeep(general.value, production.value), sites: [...production.sites, ...general.sites] };
};

const serviceOf = (provider: string): string =>
  provider
    .replace(
      /^@strapi\/provider-upload-|^strapi-provider-upload-|^@[^/]+\/(strapi-)?provider-upload-|^.*strapi-(plugin|provider)-(upload-)?/,
      "",
    )
    .replace(/^(aws-s3|s3|aws)$/, "s3");

const providerRows = (
  machine: OpenMachine,
  provider: Value,
  folder: Choices,
): readonly { readonly when: typeof always; readonly destination: Destination }[] => {
  const local = (): Destination => ({ kind: "disk", path: `${modelPath(machine, wordOf(folder) ?? "public") ?? "public"}/uploads` });
  const name = textOf(provider);
  if (provider.kind === "variable" || name === undefined)
    return [{ when: always, destination: { kind: "unknown", what: "which upload provider is used" } }];
  if (/^(local|@strapi\/provider-upload-local)$/.test(name)) return [{ when: always, destination: local() }];
  return [{ when: always, destination: { kind: "cloud", service: serviceOf(name) } }];
};

/** Lines of a file that say something, to point at. */
const lineWith = (machine: OpenMachine, path: string, wanted: RegExp): number => {
  const lines = (machine.project.tree.read(path) ?? "").split("\n");
  const found = lines.findIndex((line) => wanted.test(line));
  return found === -1 ? 1 : found + 1;
};

/** Where Strapi's media library puts uploads: with no provider configured, on the disk. */
export const strapiSinks = (machine: OpenMachine): readonly Sink[] => {
  const plugins = config(machine, "plugins");
  const server = config(machine, "server");
  const enabled = entryAt(plugins.value, "upload", "enabled");
  if (enabled?.length === 1 && enabled[0]?.value.kind === "literal" && enabled[0].value.value === false) return [];
  const folder = entryAt(server.value, "dirs", "public") ?? one({ kind: "literal", value: "public" });
  // Each version has its own place for it, and does not look into the other's: what stands there has no effect.
  const provider =
    versionOf(machine) === 3
      ? (entryAt(plugins.value, "upload", "provider") ?? legacyProvider(machine))
      : entryAt(plugins.value, "upload", "config", "provider");
  const file =
    plugins.sites.find((site) => /upload/.test(machine.project.tree.read(site.module.path) ?? ""))?.module.path ??
    plugins.sites[0]?.module.path ??
    machine.project.manifest?.path ??
    "package.json";
  const line = lineWith(machine, file, provider === undefined ? /upload/ : /provider/);
  if (provider === undefined) {
    const rows = providerRows(machine, { kind: "literal", value: "local" }, folder);
    const because = [{ file, line, why: "no upload provider is configured, so Strapi keeps uploads on the instance's disk" }];
    return [{ label: "Strapi's media library", at: { file, line }, outcomes: tableOf(rows, because) }];
  }
  const rows = provider.flatMap((row) =>
    row.value.kind === "literal" && row.value.value === undefined
      ? [{ when: row.when, value: { kind: "literal", value: "local" } as const }]
      : [row],
  );
  const table = rowsOver(variableRows(rows), (value) => providerRows(machine, value, folder));
  const because = [{ file, line, why: "the upload provider is configured here" }];
  return [{ label: "Strapi's media library", at: { file, line }, outcomes: tableOf(table, because) }];
};

/** The version by the name of its package: since 4 it is `@strapi/strapi`. */
const versionOf = (machine: OpenMachine): 3 | 4 => {
  const { dependencies = {}, devDependencies = {} } = machine.project.manifest ?? {};
  return "strapi" in { ...devDependencies, ...dependencies } && !("@strapi/strapi" in dependencies) ? 3 : 4;
};

/** A provider named by a variable: local is the disk, and every other one is not. */
const variableRows = (rows: Choices): Choices =>
  rows.flatMap((row) =>
    row.value.kind === "variable"
      ? [
          {
            when: { kind: "equals", name: row.value.name, values: ["local", "@strapi/provider-upload-local"] } as const,
            value: { kind: "literal", value: "local" } as const,
          },
          { when: row.when, value: { kind: "literal", value: "an upload provider" } as const },
        ]
      : [row],
  );

/** Strapi 3 kept its provider in a file of the upload plugin. */
const legacyProvider = (machine: OpenMachine): Choices | undefined => {
  const folder = machine.project.root === "." ? "" : `${machine.project.root}/`;
  for (const name of ["extensions/upload/config/settings.production.json", "extensions/upload/config/settings.json"]) {
    const json = parseJson(machine.project.tree.read(`${folder}${name}`) ?? "null");
    if (typeof json === "object" && json !== null && "provider" in json && typeof json.provider === "string")
      return one({ kind: "literal", value: json.provider });
  }
  const path = firstFile(machine, "extensions/upload/config/settings");
  return path === undefined ? undefined : entryAt(configured(machine, path, []), "provider");
};

/** The database of Strapi's configuration, as production opens it. */
export const strapiDatabase = (machine: OpenMachine): readonly DatabaseUse[] => {
  const database = config(machine, "database");
  const [site] = database.sites;
  if (database.value === undefined || site === undefined) return [];
  const named = wordOf(entryAt(database.value, "defaultConnection"));
  const legacy = named === undefined ? undefined : entryAt(database.value, "connections", named, "settings");
  const connection = legacy ?? entryAt(database.value, "connection");
  const client = entryAt(connection, "client");
  const connector = wordOf(entryAt(database.value, "connections", named ?? "default", "connector"));
  const filename = entryAt(connection, "filename") ?? entryAt(connection, "connection", "filename");
  const address = entryAt(connection, "connection", "connectionString") ?? entryAt(connection, "uri");
  const line = lineWith(machine, site.module.path, /client/);
  const because = [{ file: site.module.path, line, why: "the database is configured here" }];
  const file = (): Destination => fileRow(machine, wordOf(filename) ?? ".tmp/data.db");
  const server = (engine: string): Destination => ({ kind: "database", engine });
  if (client === undefined) {
    const engine =
      connector === "mongoose" || (address !== undefined && serverOf(wordOf(address) ?? "") === "mongodb")
        ? "mongodb"
        : "the database's server";
    return [
      {
        label: "database",
        at: { file: site.module.path, line },
        outcomes: tableOf([{ when: always, destination: server(engine) }], because),
      },
    ];
  }
  const rows = rowsOver(client, (value) => {
    if (value.kind === "variable" && !hasSqlite(machine)) return [{ when: always, destination: server("the database's server") }];
    if (value.kind === "variable") {
      return [
        {
          when: { kind: "equals", name: value.name, values: ["sqlite", "better-sqlite", "better-sqlite3", "sqlite3"] },
          destination: file(),
        },
        { when: always, destination: server("the database's server") },
      ];
    }
    const engine = engineOf(textOf(value) ?? "");
    return [
      {
        when: always,
        destination:
          engine === "sqlite" ? file() : engine === undefined ? { kind: "unknown", what: "the database's client" } : server(engine),
      },
    ];
  });
  return [{ label: "database", at: { file: site.module.path, line }, outcomes: tableOf(rows, because) }];
};
