import { fail } from "../../errors.js";
import { fieldOf, getJson, getList, type RenderOptions, textOf } from "./render-requests.js";

/** A service as Render lists it: what tells whose it is, and where its disk is mounted. */
export interface RenderService {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly ownerId: string;
  /** The repository it is built from; undefined for one that runs an image. */
  readonly repo: string | undefined;
  /** The folder of the repository; `.` for the repository itself. */
  readonly rootDir: string;
  readonly diskMountPath: string | undefined;
}

/** The names of the variables that a service has, its own and those of the groups linked to it. */
export interface RenderEnvNames {
  /** Sorted, each once; those with an empty value are left out. */
  readonly names: readonly string[];
  /** Names of secret files, which may hold variables of their own. */
  readonly secretFiles: readonly string[];
}

/** The part of Render's API that is asked here. Everything is read; nothing is changed. */
export interface RenderApi {
  /** All services that the key may see, or those of a name. */
  services(filter?: { readonly name?: string }): Promise<readonly RenderService[]>;
  /** @throws SERVICE_NOT_CHOSEN where there is none with this id */
  service(id: string): Promise<RenderService>;
  /** The names of what is set for a service. Values are dropped as the answer is read: none leaves this module. */
  envNames(service: RenderService): Promise<RenderEnvNames>;
}

/**
 * Speak to Render's REST API. Its shapes are those of Render's published schema; it was tried against a strict double of
 * it (test/doubles/render.ts), not against the platform itself.
 */
export function renderApi(options: RenderOptions): RenderApi {
  return {
    services: (filter = {}) =>
      getList(
        "/services",
        filter.name === undefined ? {} : { name: filter.name },
        (item) => readService(fieldOf(item, "service")),
        options,
      ),
    service: async (id) => {
      const absent = (): Error => fail("SERVICE_NOT_CHOSEN", { platform: "Render", problem: `There is no service ${id}`, services: [] });
      const service = readService(await getJson(`/services/${encodeURIComponent(id)}`, options, absent));
      if (service === undefined) throw unknownForm("a service");
      return service;
    },
    envNames: async (service) => {
      const path = `/services/${encodeURIComponent(service.id)}`;
      const own = await getList(`${path}/env-vars`, {}, (item) => readVariable(fieldOf(item, "envVar")), options);
      const files = await getList(`${path}/secret-files`, {}, (item) => textOf(fieldOf(item, "secretFile"), "name"), options);
      const groups = await linkedGroups(service, options);
      const variables = [...own, ...groups.flatMap((group) => group.variables)];
      const names = variables.filter(({ isEmpty }) => !isEmpty).map(({ name }) => name);
      return {
        names: [...new Set(names)].toSorted(),
        secretFiles: [...new Set([...files, ...groups.flatMap((group) => group.secretFiles)])].toSorted(),
      };
    },
  };
}

/** A variable's name, and whether anything is in it. */
interface VariableName {
  readonly name: string;
  readonly isEmpty: boolean;
}

interface Group {
  readonly variables: readonly VariableName[];
  readonly secretFiles: readonly string[];
}

/** The environment groups of the service's workspace that are linked to it. */
async function linkedGroups(service: RenderService, options: RenderOptions): Promise<readonly Group[]> {
  const listed = await getList("/env-groups", { ownerId: service.ownerId }, (item) => readLinks(fieldOf(item, "envGroup")), options);
  const linked = listed.filter(({ serviceIds }) => serviceIds.includes(service.id));
  const groups: Group[] = [];
  for (const { id } of linked) {
    const group = await getJson(`/env-groups/${encodeURIComponent(id)}`, options);
    const variables = arrayOf(group, "envVars").map(readVariable);
    const secretFiles = arrayOf(group, "secretFiles").map((file) => textOf(file, "name"));
    if (![...variables, ...secretFiles].every((one) => one !== undefined)) throw unknownForm("a group of variables");
    groups.push({
      variables: variables.filter((one) => one !== undefined),
      secretFiles: secretFiles.filter((one) => one !== undefined),
    });
  }
  return groups;
}

function readLinks(group: unknown): { readonly id: string; readonly serviceIds: readonly string[] } | undefined {
  const id = textOf(group, "id");
  return id === undefined ? undefined : { id, serviceIds: arrayOf(group, "serviceLinks").flatMap((link) => textOf(link, "id") ?? []) };
}

/** Read a variable's name, and let go of its value. */
function readVariable(variable: unknown): VariableName | undefined {
  const name = textOf(variable, "key");
  return name === undefined ? undefined : { name, isEmpty: textOf(variable, "value") === "" };
}

function readService(service: unknown): RenderService | undefined {
  const id = textOf(service, "id");
  const name = textOf(service, "name");
  const type = textOf(service, "type");
  const ownerId = textOf(service, "ownerId");
  if (id === undefined || name === undefined || type === undefined || ownerId === undefined) return undefined;
  const rootDir = (textOf(service, "rootDir") ?? "").replace(/^(\.?\/)+|\/+$/g, "");
  return {
    id,
    name,
    type,
    ownerId,
    repo: textOf(service, "repo"),
    rootDir: rootDir === "" ? "." : rootDir,
    diskMountPath: textOf(fieldOf(fieldOf(service, "serviceDetails"), "disk"), "mountPath"),
  };
}

function arrayOf(value: unknown, field: string): readonly unknown[] {
  const found = fieldOf(value, field);
  return Array.isArray(found) ? found : [];
}

function unknownForm(what: string): Error {
  return fail("PLATFORM_UNREACHABLE", { platform: "Render", reason: `${what} came in a form that is not known` });
}
