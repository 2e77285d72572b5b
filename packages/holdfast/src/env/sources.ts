import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { readDeployment } from "../app-model/deploy/read-deployment.js";
import type { DeclaredVariable, Service } from "../app-model/model.js";
import { readTree } from "../app-model/tree.js";
import { readEnvFile } from "./env-file.js";
import { readSchema, schemaFile, type SchemaReading } from "./schema-file.js";

/** A variable as one source has it: a value that can be compared, or only that it is there. Neither is ever printed. */
export type HeldValue = { readonly kind: "value"; readonly value: string } | { readonly kind: "set" } | { readonly kind: "empty" };

/** A place that sets variables: this environment, a file, or a service of a deploy file. */
export interface Source {
  /** For people: `here`, `.env`, `render.yaml#web`. */
  readonly label: string;
  readonly variables: ReadonlyMap<string, HeldValue>;
}

/** Why a source cannot be had; the sentence continues "NAME cannot be used: …". */
export class SourceUnreadable extends Error {
  override readonly name = "SourceUnreadable";
  readonly label: string;

  constructor(label: string, reason: string) {
    super(reason);
    this.label = label;
  }
}

/** Read `holdfast.yaml` from a folder; without one the schema is empty. */
export function schemaIn(folder: string): SchemaReading & { readonly isThere: boolean } {
  const text = textOf(resolve(folder, schemaFile));
  return text === undefined ? { schema: { variables: {} }, problems: [], isThere: false } : { ...readSchema(text), isThere: true };
}

/** The services of a folder's deploy files, in the order of their weight. */
export async function servicesIn(folder: string): Promise<readonly Service[]> {
  return readDeployment(await readTree(folder)).services;
}

/**
 * Find a source by the word a person gave: `here`, a file of variables, `holdfast.yaml`, or a deploy file, with `#service` where it
 * has several.
 *
 * @throws SourceUnreadable
 */
export async function findSource(word: string, folder: string, env: Readonly<Record<string, string | undefined>>): Promise<Source> {
  if (word === "here") return { label: "here", variables: held(Object.entries(env)) };
  const [path = word, service] = word.split("#", 2);
  const absolute = resolve(folder, path);
  const text = textOf(absolute);
  if (text === undefined) throw new SourceUnreadable(word, `there is no such file${nearby(absolute)}`);
  const label = relative(folder, absolute) || basename(path);
  if (basename(path) === schemaFile) return schemaSource(label, text);
  if (isDeployFile(path)) return await serviceSource(label, absolute, service);
  return { label, variables: held(Object.entries(readEnvFile(text).values)) };
}

/** Whether a file is one that platforms read, by its name. */
export function isDeployFile(path: string): boolean {
  return /(?:^|\/)(?:render\.ya?ml|fly(?:\.\w+)?\.toml|railway\.(?:json|toml)|app\.(?:json|yaml)|vercel\.json|netlify\.toml|(?:docker-)?compose(?:\.\w+)?\.ya?ml|deploy\.yml|Procfile|Dockerfile)$/.test(
    path,
  );
}

function schemaSource(label: string, text: string): Source {
  const { schema, problems } = readSchema(text);
  if (problems.length > 0) throw new SourceUnreadable(label, problems.join(" "));
  return { label, variables: new Map(Object.keys(schema.variables).map((name) => [name, { kind: "set" }])) };
}

async function serviceSource(label: string, absolute: string, name: string | undefined): Promise<Source> {
  const folder = dirname(absolute);
  const services = (await servicesIn(folder)).filter(({ at }) => resolve(folder, at.file) === absolute);
  const named = name === undefined ? services : services.filter((service) => service.name === name);
  const [service, ...others] = named;
  const names = services.map((one) => `${label}#${one.name}`).join(", ");
  if (service === undefined)
    throw new SourceUnreadable(label, services.length === 0 ? "no service was found in it" : `its services are ${names}`);
  if (others.length > 0 && name === undefined) throw new SourceUnreadable(label, `it has several services; name one: ${names}`);
  return { label: services.length > 1 ? `${label}#${service.name}` : label, variables: declared(service.variables) };
}

function declared(variables: readonly DeclaredVariable[]): Map<string, HeldValue> {
  return new Map(
    variables.map(({ name, declared: given }): [string, HeldValue] => {
      if (given.kind !== "value") return [name, { kind: "set" }];
      return [name, given.value === "" ? { kind: "empty" } : { kind: "value", value: given.value }];
    }),
  );
}

function held(entries: readonly (readonly [string, string | undefined])[]): Map<string, HeldValue> {
  const found = new Map<string, HeldValue>();
  for (const [name, value] of entries) {
    if (value !== undefined) found.set(name, value === "" ? { kind: "empty" } : { kind: "value", value });
  }
  return found;
}

function textOf(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** The files of variables beside a path that is not there. */
function nearby(path: string): string {
  try {
    const found = readdirSync(dirname(path)).filter((name) => name.startsWith(".env") || isDeployFile(name));
    return found.length === 0 ? "" : `; there are ${found.join(", ")}`;
  } catch {
    return "";
  }
}
