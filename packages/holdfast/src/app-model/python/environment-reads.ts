import type { CodeFacts, EnvironmentRead, SourceTree } from "../model.js";
import { child, descend, type Syntax } from "../syntax.js";
import { pythonParser } from "./parser.js";

/** Find what Python reads of `os.environ`, and through django-environ, environs, decouple and dj-database-url. */
export async function readPythonReads(tree: SourceTree, files: readonly string[], wanted: ReadonlySet<string>): Promise<CodeFacts> {
  const reads: EnvironmentRead[] = [];
  const texts = new Set<string>();
  if (files.length === 0) return { reads, texts };
  const parse = await pythonParser();
  for (const file of files) {
    const text = tree.read(file);
    const syntax = text === undefined ? undefined : parse(text);
    if (syntax === undefined) continue;
    for (const node of descend(syntax)) {
      const read = node.type === "call" ? callRead(node) : node.type === "subscript" ? subscriptRead(node) : undefined;
      if (read !== undefined) reads.push({ ...read, file, line: node.line });
      if (node.type === "string") {
        // Paths are written without their first stroke in Django's urls.py, and often with a last one.
        const word = stringOf(node)?.replace(/^\/|\/$/g, "") ?? "";
        for (const one of [word, `/${word}`]) if (wanted.has(one)) texts.add(one);
      }
    }
  }
  return { reads, texts };
}

type Read = Omit<EnvironmentRead, "file" | "line">;

const nameForm = /^[A-Z][A-Z0-9_]+$/;
const typeOfMethod: Readonly<Record<string, Exclude<EnvironmentRead["type"], undefined>>> = {
  bool: "boolean",
  int: "integer",
  float: "number",
  list: "list",
  db: "url",
  db_url: "url",
  dj_db_url: "url",
  cache: "url",
  cache_url: "url",
  url: "url",
};
const typeOfCast: Readonly<Record<string, Exclude<EnvironmentRead["type"], undefined>>> = {
  bool: "boolean",
  int: "integer",
  float: "number",
};

/** `os.environ["NAME"]`, which stops where it is not set. */
function subscriptRead(node: Syntax): Read | undefined {
  const object = child(node, "value")?.text ?? "";
  const key = child(node, "subscript");
  const name = key === undefined ? undefined : stringOf(key);
  // What is assigned to is not read.
  const isTarget = node.parent?.type === "assignment" && node.field === "left";
  if (!/^(?:os\.)?environ$/.test(object) || name === undefined || !nameForm.test(name) || isTarget) return undefined;
  return { name, without: "stops" };
}

function callRead(node: Syntax): Read | undefined {
  const callee = child(node, "function")?.text ?? "";
  const given = child(node, "arguments")?.children ?? [];
  const plain = given.filter(({ type }) => type !== "keyword_argument" && type !== "comment");
  const keyword = (name: string): Syntax | undefined => {
    const argument = given.find((one) => one.type === "keyword_argument" && child(one, "name")?.text === name);
    return argument === undefined ? undefined : child(argument, "value");
  };
  if (callee === "dj_database_url.config") {
    const named = keyword("env");
    const name = (named === undefined ? undefined : stringOf(named)) ?? "DATABASE_URL";
    return { name, type: "url", ...without(keyword("default"), "bare") };
  }
  const [first, second] = plain;
  const name = first === undefined ? undefined : stringOf(first);
  const method = /^(?:env|environ|config)\.(\w+)$/.exec(callee)?.[1];
  if (/^(?:os\.)?environ\.get$|^(?:os\.)?getenv$/.test(callee)) {
    return name === undefined || !nameForm.test(name)
      ? undefined
      : { name, ...without(second ?? keyword("default"), "bare"), ...typeAround(node) };
  }
  const isReader = callee === "env" || callee === "config" || (method !== undefined && method !== "get" && method !== "read_env");
  if (!isReader) return undefined;
  const type = (method === undefined ? undefined : typeOfMethod[method]) ?? typeOfCast[keyword("cast")?.text ?? ""];
  // env.db() reads DATABASE_URL unless it is told another.
  const known = name ?? (/^db|^dj_db/.test(method ?? "") && first === undefined ? "DATABASE_URL" : undefined);
  if (known === undefined || !nameForm.test(known)) return undefined;
  return {
    name: known,
    ...without(keyword("default") ?? (callee.startsWith("env") ? second : undefined), "stops"),
    ...(type === undefined ? {} : { type }),
  };
}

/** `int(os.environ.get("NAME"))` says what it is. */
function typeAround(node: Syntax): Pick<Read, "type"> {
  const call = node.parent?.type === "argument_list" ? node.parent.parent : undefined;
  const type = call === undefined ? undefined : typeOfCast[child(call, "function")?.text ?? ""];
  return type === undefined || type === "boolean" ? {} : { type };
}

function without(fallback: Syntax | undefined, otherwise: Read["without"]): Pick<Read, "without" | "fallback"> {
  if (fallback === undefined || fallback.type === "none") return { without: fallback === undefined ? otherwise : "default" };
  const text = stringOf(fallback);
  if (text !== undefined) return { without: "default", fallback: text };
  if (fallback.type === "integer" || fallback.type === "float") return { without: "default", fallback: Number(fallback.text) };
  if (fallback.type === "true" || fallback.type === "false") return { without: "default", fallback: fallback.type === "true" };
  return { without: "default" };
}

/** The text of a string without parts that are put in. */
function stringOf(node: Syntax): string | undefined {
  if (node.type !== "string" || /^[a-z]*f/i.test(node.text)) return undefined;
  return /^[a-zA-Z]*("""|'''|"|')([^]*)\1$/.exec(node.text)?.[2];
}
