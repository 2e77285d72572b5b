import { entryOf, textOf, type Entry, type Value } from "../abstract-value.js";
import type { DeclaredVariable, Disk, Service, SourceTree } from "../model.js";
import { readYaml } from "../yaml-value.js";

/**
 * Read `config/deploy.yml`, as Kamal does, and what a destination for production puts over it. Kamal replaces the container at each
 * deploy; what lies in a volume stays. `containerRoot` is where the image has the app.
 */
export function readKamal(tree: SourceTree, root: string, containerRoot: string | undefined): readonly Service[] {
  const path = (name: string): string => (root === "." || root === "" ? name : `${root}/${name}`);
  const files = ["config/deploy.yml", "config/deploy.production.yml"].map(path).filter((file) => tree.has(file));
  const tables = files.map((file) => readYaml(withoutRuby(tree.read(file) ?? ""), file)).filter((table) => isKamal(table));
  const [first] = tables;
  const [file] = files;
  if (first === undefined || file === undefined) return [];
  const all = (key: string): readonly Entry[] => tables.flatMap((table) => entryOf(table, key) ?? []);
  const name = textOf(entryOf(first, "service")?.value ?? { kind: "known", value: "app" }) ?? "app";
  const at = { file, line: entryOf(first, "service")?.line ?? 1 };
  const shared = { platform: "kamal", at, root, containerRoot, phases: [] } as const;
  const variables = all("env").flatMap(variablesOf);
  const volumes = all("volumes").flatMap(disksOf);
  const servers = all("servers").at(-1)?.value;
  const roles: readonly (readonly [string, Value])[] =
    servers?.kind === "table"
      ? [...servers.entries].map(([role, entry]) => [role, entry.value] as const)
      : [["web", servers ?? { kind: "list", items: [] }]];
  return roles
    .map(([role, value]): Service => {
      const options = entryOf(value, "options");
      const volume = options === undefined ? undefined : entryOf(options.value, "volume");
      const own = entryOf(value, "env");
      return {
        ...shared,
        name: role === "web" ? name : `${name}-${role}`,
        kind: role === "web" ? "web" : "worker",
        variables: [...variables, ...(own === undefined ? [] : variablesOf(own))],
        disks: [...volumes, ...(volume === undefined ? [] : disksOf(volume))],
      };
    })
    .toSorted((one, other) => Number(other.kind === "web") - Number(one.kind === "web"));
}

/** A file by this name is Kamal's where it says what is deployed and where to. */
function isKamal(table: Value): boolean {
  return ["image", "servers", "env", "volumes", "proxy"].some((key) => entryOf(table, key) !== undefined);
}

/** Ruby in the file is worked out when Kamal runs; what it comes to is not known here. */
function withoutRuby(source: string): string {
  return source.replaceAll(/<%=[\s\S]*?%>/g, "RUBY").replaceAll(/<%[\s\S]*?%>/g, "");
}

/** `clear` has values, `secret` only names; a table with neither is all values. */
function variablesOf(env: Entry): readonly DeclaredVariable[] {
  const clear = entryOf(env.value, "clear");
  const secret = entryOf(env.value, "secret");
  const plain = clear === undefined && secret === undefined ? env : clear;
  const values = plain?.value.kind === "table" ? [...plain.value.entries] : [];
  const secrets = secret?.value.kind === "list" ? secret.value.items : [];
  return [
    ...values.map(([name, entry]): DeclaredVariable => {
      const value = textOf(entry.value) ?? "";
      const declared = value.includes("RUBY") ? ({ kind: "asked" } as const) : ({ kind: "value", value } as const);
      return { name, declared, file: entry.file, line: entry.line };
    }),
    ...secrets.flatMap((one): readonly DeclaredVariable[] => {
      // A secret may be kept under another name than the app's: `NAME:NAME_IN_SECRETS`.
      const name = (textOf(one) ?? "").split(":")[0] ?? "";
      return name === "" ? [] : [{ name, declared: { kind: "asked" }, file: secret?.file ?? env.file, line: secret?.line ?? env.line }];
    }),
  ];
}

/** `storage:/rails/storage`, `/srv/data:/app/data:ro`. */
function disksOf(entry: Entry): readonly Disk[] {
  const items = entry.value.kind === "list" ? entry.value.items : [entry.value];
  return items.flatMap((one): readonly Disk[] => {
    const mountPath = (textOf(one) ?? "").split(":")[1];
    return mountPath?.startsWith("/") === true ? [{ mountPath, file: entry.file, line: entry.line }] : [];
  });
}
