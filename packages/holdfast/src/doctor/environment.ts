import type { AppModel, DeclaredVariable, Disk, Service } from "../app-model/model.js";
import type { Platform } from "../platforms/platform.js";
import { platformOf, platforms } from "../platforms/platforms.js";
import { fileOfAddress } from "./disk-path.js";
import type { Given } from "./verdict.js";

/**
 * What is known of a variable. `set` has a value that nobody here knows; `isPlatforms` where the platform makes it, as the address of a
 * database that it runs. `begins` has one of which the beginning is known. `open` may be set elsewhere, in a dashboard;
 * `declared` is what the deploy files make of it, `ifUnset` the value that a file beside the code gives where no dashboard does. `other`
 * is set to none of the values that the code asks for.
 */
export type Known =
  | { readonly kind: "value"; readonly value: string }
  | { readonly kind: "set"; readonly isPlatforms?: boolean }
  | { readonly kind: "begins"; readonly with: string }
  | { readonly kind: "other" }
  | { readonly kind: "unset" }
  | { readonly kind: "open"; readonly declared: "set" | "unset"; readonly ifUnset?: string };

/** Where an app runs, as far as its repository and the person who asks declare it. */
export interface Environment {
  readonly platform: Platform;
  readonly service: Service | undefined;
  readonly disks: readonly Disk[];
  readonly containerRoot: string | undefined;
  know(name: string): Known;
}

/**
 * Join the platform's own variables, the deploy files', a committed `.env` and what was given, the later ones winning. Where
 * the platform was asked, its answer stands for the deploy file's variables and disks.
 */
export function environmentOf(model: AppModel, given: Given): Environment {
  const { service, deployment } = model;
  const { asked } = given;
  const platform = platformOf(asked?.platform ?? service?.platform ?? namedPlatform(model));
  const known = new Map<string, Known>();
  for (const [name, value] of Object.entries(platform.variables)) {
    known.set(name, value === undefined ? { kind: "set" } : { kind: "value", value });
  }
  for (const variable of deployment.dotenv) known.set(variable.name, besideCode(variable));
  const declared = new Map((service?.variables ?? []).map((variable) => [variable.name, variable]));
  if (asked === undefined) for (const variable of declared.values()) known.set(variable.name, knownOf(variable));
  // The platform's own list is what is true: a name has the value of the deploy file where that gives one.
  for (const { name } of asked?.variables ?? []) {
    const variable = declared.get(name);
    known.set(name, variable?.declared.kind === "value" ? knownOf(variable) : { kind: "set" });
  }
  for (const variable of given.variables) known.set(variable.name, givenOf(variable, known.get(variable.name)));
  const disks = [...(asked?.disks ?? service?.disks ?? []), ...given.disks];
  const unlisted: Known = asked?.isComplete === true ? { kind: "unset" } : { kind: "open", declared: "unset" };
  const { mountVariable } = platform;
  const mount = disks[0];
  if (mountVariable !== undefined && mount !== undefined && !known.has(mountVariable)) {
    known.set(mountVariable, { kind: "value", value: mount.mountPath });
  }
  return {
    platform,
    service,
    disks,
    containerRoot: service?.containerRoot ?? platform.containerRoot,
    know: (name) => known.get(name) ?? (isForeign(name, platform) ? { kind: "unset" } : unlisted),
  };
}

/**
 * The platform of an app that no service runs: the only one that is named. One that has another app's service is not it, nor is one for
 * pages, which is named wherever there are pages.
 */
function namedPlatform({ deployment }: AppModel): string | undefined {
  const taken = new Set(deployment.services.map((one) => one.platform));
  const [first, ...others] = deployment.platforms.filter((id) => !taken.has(id) && platformOf(id).disk !== "read-only");
  return others.length === 0 ? first : undefined;
}

/** The variables that platforms set by themselves are not set on another one, unless somebody declares them. */
function isForeign(name: string, platform: Platform): boolean {
  if (platform.id === "any" || platform.id === "container") return false;
  const has = ({ prefixes }: Platform): boolean => prefixes.some((prefix) => name === prefix || name.startsWith(prefix));
  return !has(platform) && name !== platform.mountVariable && platforms.some(has);
}

/** A database in a file is what a laptop uses: what the platform sets wins over the `.env` beside the code. */
function besideCode(variable: DeclaredVariable): Known {
  const { declared } = variable;
  if (declared.kind !== "value" || fileOfAddress(declared.value) === undefined) return knownOf(variable);
  return { kind: "open", declared: "unset", ifUnset: declared.value };
}

/** Tell what a variable is where nobody sets it. */
export function unsetOf(known: Known): Known {
  return known.kind === "open" && known.ifUnset !== undefined ? { kind: "value", value: known.ifUnset } : { kind: "unset" };
}

function knownOf({ declared }: DeclaredVariable): Known {
  switch (declared.kind) {
    case "value":
      return { kind: "value", value: declared.value };
    case "given":
      return { kind: "set", isPlatforms: true };
    case "asked":
      return { kind: "open", declared: "set" };
  }
}

/** What a person declares is decided: `--set NAME` is set, to what the platform makes of it where it makes it. */
function givenOf(variable: DeclaredVariable, before: Known | undefined): Known {
  if (variable.declared.kind === "value") return { kind: "value", value: variable.declared.value };
  return before?.kind === "set" ? before : { kind: "set" };
}
