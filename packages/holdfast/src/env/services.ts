import { isNeededBy } from "#env/check";
import type { EnvironmentSchema } from "#env/schema";
import type { DeclaredVariable, Service } from "../app-model/model.js";

/** A variable that a deploy file does not give to a service that needs it. */
export interface Gap {
  readonly service: string;
  readonly kind: Service["kind"];
  readonly platform: string;
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** The service that has it, where another one does. */
  readonly elsewhere: string | undefined;
}

const runs: ReadonlySet<Service["kind"]> = new Set(["web", "worker", "cron"]);
/** Set by platforms themselves, or a web service's own. */
const ownToEach = /^(?:PORT|HOST|WEB_CONCURRENCY|RENDER.*|DYNO|RAILWAY_.*|FLY_.*|PYTHON_VERSION|NODE_VERSION|RUBY_VERSION|GUNICORN_.*)$/;

/**
 * Find the variables that services of a deploy file lack: those that the schema asks of them, and those that the web service has
 * and its worker, built from the same folder, has not. Such a worker writes to another storage than the web service reads.
 */
export function gapsIn(schema: EnvironmentSchema, services: readonly Service[]): readonly Gap[] {
  const running = services.filter(({ kind, platform }) => runs.has(kind) && platform !== "container");
  return running.flatMap((service) => {
    const declared = new Set(service.variables.map(({ name }) => name));
    const web = running.find(({ kind, root, platform }) => kind === "web" && root === service.root && platform === service.platform);
    const required = Object.entries(schema.variables).flatMap(([name, variable]) =>
      variable.required === true && isNeededBy(variable, { service: service.name }) ? [name] : [],
    );
    const shared =
      service === web ? [] : (web?.variables ?? []).filter((variable) => isShared(variable, schema, service)).map(({ name }) => name);
    return [...new Set([...required, ...shared])]
      .filter((name) => !declared.has(name))
      .map((name) => ({
        service: service.name,
        kind: service.kind,
        platform: service.platform,
        file: service.at.file,
        line: service.at.line,
        name,
        elsewhere: running.find((other) => other !== service && other.variables.some((variable) => variable.name === name))?.name,
      }));
  });
}

function isShared({ name }: DeclaredVariable, schema: EnvironmentSchema, service: Service): boolean {
  const variable = schema.variables[name];
  return variable === undefined ? !ownToEach.test(name) : isNeededBy(variable, { service: service.name });
}
