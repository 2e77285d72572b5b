import { entryOf, joined, known, variable, type Value } from "../abstract-value.js";
import type { Deployment } from "../model.js";
import { readYaml } from "../yaml-value.js";

/** What is asked of the app around. */
interface Files {
  readonly deployment: Deployment;
  path(name: string): string;
  text(path: string): string | undefined;
}

/** The parameters of `services.yaml`, with the folder of the project written out. */
export function symfonyParameter(files: Files, name: string): Value | undefined {
  for (const file of ["config/services.yaml", "config/services.yml", "app/config/config.yml", "app/config/services.yml"].map(files.path)) {
    const table = entryOf(readYaml(files.text(file) ?? "", file), "parameters");
    const entry = table === undefined ? undefined : entryOf(table.value, name);
    if (entry !== undefined) return substituted(files, entry.value, 0);
  }
  return undefined;
}

/** `%kernel.project_dir%/public/uploads`, `%env(resolve:DATABASE_URL)%`. */
export function substituted(files: Files, value: Value, depth: number): Value {
  const text = value.kind === "known" ? String(value.value ?? "") : undefined;
  if (text === undefined || depth > 6) return value;
  const parts = text.split(/(%[^%\s]+%)/).filter((part) => part !== "");
  return joined(
    known(""),
    ...parts.map((part) => {
      const name = /^%([^%]+)%$/.exec(part)?.[1];
      if (name === undefined) return known(part);
      if (/^kernel\.(project_dir|root_dir)$/.test(name)) return known(".");
      const env = /^env\((?:[\w-]+:)*(\w+)\)$/.exec(name)?.[1];
      if (env !== undefined) return variable(env, known(dotenv(files, env)));
      return symfonyParameter(files, name) ?? known(part);
    }),
  );
}

/** What the committed `.env` gives a variable, for where the platform does not. */
function dotenv(files: Files, name: string): string | null {
  const found = files.deployment.dotenv.find((one) => one.name === name && one.declared.kind === "value")?.declared;
  if (found?.kind === "value") return substitutedText(found.value);
  for (const file of [".env.prod", ".env"].map(files.path)) {
    const line = new RegExp(`^${name}=(.*)$`, "m").exec(files.text(file) ?? "")?.[1];
    if (line !== undefined) return substitutedText(line.trim().replace(/^["']|["']$/g, ""));
  }
  return null;
}

function substitutedText(text: string): string {
  return text.replaceAll("%kernel.project_dir%", ".").replaceAll("%kernel.environment%", "prod");
}
