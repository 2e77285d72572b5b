import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { exampleFile } from "../env/example-file.js";
import { schemaFile } from "../env/schema-file.js";
import { schemaIn } from "../env/sources.js";
import { typesFile } from "../env/types-file.js";
import { fail } from "../errors.js";
import type { Io } from "./io.js";

/** What `holdfast env example` and `holdfast env types` take. */
export interface EnvWriteFlags {
  readonly write?: string | true;
  readonly check?: string | true;
}

/**
 * Print what the schema makes, write it to a file, or tell whether the file is up to date. A file that somebody wrote by hand is
 * replaced only when it says that it was made from holdfast.yaml.
 *
 * @throws USAGE_INVALID for holdfast.yaml, OUTPUT_UNWRITABLE
 */
export async function run(
  options: EnvWriteFlags & { readonly what: "example" | "types"; readonly defaultFile: string },
  io: Io,
): Promise<number> {
  const help = `holdfast env ${options.what} --help`;
  const { schema, problems, isThere } = schemaIn(io.cwd);
  if (!isThere) problems.push(`There is no ${schemaFile} in ${io.cwd}, or it is no file. Say under env: what the app needs.`);
  else if (Object.keys(schema.variables).length === 0) problems.push(`${schemaFile} names no variable under env:.`);
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  const text = options.what === "example" ? exampleFile(schema) : typesFile(schema);
  const named = options.check ?? options.write;
  if (named === undefined) {
    io.stdout.write(text);
    return 0;
  }
  const file = named === true ? options.defaultFile : named;
  const path = resolve(io.cwd, file);
  const before = textOf(path);
  if (before !== undefined && essence(before) === essence(text)) {
    io.stderr.write(`${file} is up to date.\n`);
    return 0;
  }
  if (options.check !== undefined) {
    io.stderr.write(
      `${file} ${before === undefined ? "is not there" : "is out of date"}. Make it with: holdfast env ${options.what} --write\n`,
    );
    return 1;
  }
  if (before !== undefined && !/made from holdfast\.yaml/i.test(before)) {
    const reason = `it was not made from ${schemaFile}, and would be replaced. Move it away, or name another file with --write`;
    throw fail("OUTPUT_UNWRITABLE", { path: file, reason });
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (cause) {
    throw fail("OUTPUT_UNWRITABLE", { path: file, reason: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
  io.stderr.write(`${file} written.\n`);
  return 0;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** What a file says, however a formatter lays it out. */
function essence(text: string): string {
  return text
    .replaceAll("'", '"')
    .replaceAll(/[\s;]+/g, "")
    .replaceAll(/,(?=[\]})])/g, "");
}
