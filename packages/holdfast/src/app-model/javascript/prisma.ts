import type { Condition, Destination } from "../model.js";
import { always } from "./conditions.js";
import { engineOf, serverOf } from "./database-clients.js";
import type { OpenMachine } from "./machine.js";
import { modelPath } from "./places.js";
import { repositoryRoot } from "./natives.js";
import { folderOf, joinPath } from "./project.js";
import type { Choices } from "./values.js";
import { textOf } from "./values.js";

interface Row {
  readonly when: Condition;
  readonly destination: Destination;
}

/** What a Prisma schema says of its database. */
export interface Schema {
  readonly path: string;
  readonly line: number;
  readonly provider: string;
  readonly url: { readonly kind: "variable"; readonly name: string } | { readonly kind: "text"; readonly text: string } | undefined;
}

/** Reads the datasource of a schema; comments do not count. */
export const parseSchema = (path: string, source: string): Schema | undefined => {
  let inside = false;
  let line = 0;
  let provider: string | undefined;
  let url: Schema["url"];
  for (const [index, text] of source.split("\n").entries()) {
    const plain = text.replace(/(^|\s)\/\/.*$/, "").trim();
    if (/^datasource\s+\w+\s*\{/.test(plain)) {
      inside = true;
      line = index + 1;
    }
    if (!inside) continue;
    const named = /\bprovider\s*=\s*\[?\s*"([^"]+)"/.exec(plain);
    if (named?.[1] !== undefined) provider = named[1];
    const variable = /(?:^|[\s{])url\s*=\s*env\(\s*"([^"]+)"\s*\)/.exec(plain);
    const text_ = /(?:^|[\s{])url\s*=\s*"([^"]*)"/.exec(plain);
    if (variable?.[1] !== undefined) url = { kind: "variable", name: variable[1] };
    else if (text_?.[1] !== undefined) url = { kind: "text", text: text_[1] };
    if (plain.endsWith("}")) inside = false;
  }
  return provider === undefined ? undefined : { path, line, provider, url };
};

/** Commands that change the schema before the app is built from it. */
const rewritten = (machine: OpenMachine): string | undefined => {
  const commands = [
    ...machine.project.manifests.flatMap((manifest) => Object.values(manifest.scripts)),
    ...machine.project.tree.paths
      .filter((path) => /(^|\/)(Dockerfile|[\w.-]+\.sh|render\.ya?ml|railway\.(json|toml)|nixpacks\.toml)$/.test(path))
      .map((path) => machine.project.tree.read(path) ?? ""),
  ];
  for (const command of commands) {
    const changed = /sed\s[^\n]*sqlite[^\n]*?(postgresql|mysql|mongodb)[^\n]*schema\.prisma/.exec(command);
    if (changed?.[1] !== undefined) return changed[1];
  }
  return undefined;
};

/** The schema that production is generated from: one that a command names, else the nearest. */
const chosenSchema = (machine: OpenMachine): Schema | undefined => {
  const { project } = machine;
  const root = project.root === "." ? "" : project.root;
  const named = project.manifests.flatMap((manifest) =>
    Object.entries(manifest.scripts).flatMap(([name, script]) => {
      if (!/^(build|postinstall|start|prestart|vercel-build|render-build|deploy|start:prod|heroku-postbuild|generate)/.test(name))
        return [];
      const found = /--schema[= ]([^\s&;]+)/.exec(script)?.[1];
      const path = found === undefined ? undefined : joinPath(manifest.folder, found);
      return path === undefined ? [] : [path];
    }),
  );
  const all = [".", ...project.tree.beside].flatMap((folder) => project.tree.find(folder, ".prisma"));
  const near = (path: string): number => (root === "" || path.startsWith(`${root}/`) ? 0 : 1000) + path.split("/").length;
  const candidates = [...named, ...all.toSorted((one, other) => near(one) - near(other) || (one.endsWith("schema.prisma") ? -1 : 1))];
  for (const path of candidates) {
    const source = project.tree.read(path);
    const schema = source === undefined ? undefined : parseSchema(path, source);
    if (schema !== undefined) return schema;
  }
  return undefined;
};

const sqliteFile = (machine: OpenMachine, schema: Schema, text: string): Destination => {
  const plain = text.replace(/^file:/, "").replace(/\?.*$/, "");
  // Prisma reads a relative path from the schema's own folder.
  const path = plain.startsWith("/") ? plain : `${repositoryRoot}/${joinPath(folderOf(schema.path), plain) ?? plain}`;
  return { kind: "disk", path: modelPath(machine, path) };
};

/** Where a `PrismaClient` leads: what its schema says, or what it is made with. */
export const prismaRows = (machine: OpenMachine, options: Choices): readonly Row[] => {
  const schema = chosenSchema(machine);
  const given = options[0]?.value;
  const adapter = given?.kind === "object" ? given.entries.get("adapter")?.[0]?.value : undefined;
  const sources = given?.kind === "object" ? given.entries.get("datasources")?.[0]?.value : undefined;
  const db = sources?.kind === "object" ? sources.entries.get("db")?.[0]?.value : undefined;
  const url =
    given?.kind === "object"
      ? (given.entries.get("datasourceUrl") ?? (db?.kind === "object" ? db.entries.get("url") : undefined))
      : undefined;
  if (adapter?.kind === "external") {
    if (/pg|neon|planetscale|mariadb|mssql|ppg/i.test(adapter.name))
      return [
        { when: always, destination: { kind: "database", engine: /planetscale|mariadb/i.test(adapter.name) ? "mysql" : "postgres" } },
      ];
    const inner = adapter.args[0]?.[0]?.value;
    const address = inner?.kind === "object" ? inner.entries.get("url") : undefined;
    if (/libsql/i.test(adapter.name) && (address === undefined || address.some((row) => row.value.kind === "variable")))
      return [{ when: always, destination: { kind: "database", engine: "turso" } }];
    if (address !== undefined && schema !== undefined)
      return address.map((row) => ({ when: row.when, destination: fromText(machine, schema, textOf(row.value)) }));
  }
  if (schema === undefined) return [{ when: always, destination: { kind: "unknown", what: "which database Prisma's schema names" } }];
  const provider = rewritten(machine) ?? schema.provider;
  const engine = engineOf(provider) ?? provider;
  if (engine !== "sqlite") return [{ when: always, destination: { kind: "database", engine } }];
  if (url !== undefined && textOf(url[0]?.value ?? { kind: "unknown" }) !== undefined)
    return url.map((row) => ({ when: row.when, destination: fromText(machine, schema, textOf(row.value)) }));
  if (schema.url?.kind === "text") return [{ when: always, destination: sqliteFile(machine, schema, schema.url.text) }];
  return [{ when: always, destination: { kind: "disk", path: schema.url === undefined ? undefined : `\${${schema.url.name}}` } }];
};

const fromText = (machine: OpenMachine, schema: Schema, text: string | undefined): Destination => {
  if (text === undefined) return { kind: "disk", path: undefined };
  const server = serverOf(text);
  if (server !== undefined) return { kind: "database", engine: server };
  return text.startsWith("${") ? { kind: "disk", path: text } : sqliteFile(machine, schema, text);
};
