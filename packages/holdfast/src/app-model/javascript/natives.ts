import type { Condition } from "../model.js";
import { answersTo, isScheme, schemeOf, speaksOf, startsWith } from "./addresses.js";
import { all, any, not } from "./conditions.js";
import type { Choices, External, Site, Value } from "./values.js";
import { absent, derivedRole, each, holds, literal, one, textOf, textValue, truthOf, unknown } from "./values.js";

/** Stands for the folder that was examined, so that the app's own paths stay apart from the container's. */
export const repositoryRoot = "/@repository";

const startsAnew = (part: string): boolean => part.startsWith("/") || part.startsWith("${");

const normal = (path: string): string => {
  const isAbsolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    // A package beside the folder is found from the folder: `/@repository/../site`.
    const isAtTop = parts.length > 0 && parts[0] === repositoryRoot.slice(1) && (parts.length === 1 || parts.at(-1) === "..");
    if (part === ".." && parts.length > 0 && !isAtTop && parts.at(-1) !== ".." && parts.at(-1)?.startsWith("${") !== true) parts.pop();
    else if (part !== ".." || !isAbsolute || isAtTop) parts.push(part);
  }
  return `${isAbsolute ? "/" : ""}${parts.join("/")}` || ".";
};

/** `path.join`, with what is not known written `*`. */
export const joinTexts = (parts: readonly string[]): string => normal(parts.filter((part) => part !== "").join("/"));

/** `path.resolve` in an app that is started in `folder`. */
export const resolveTexts = (folder: string, parts: readonly string[]): string => {
  let path = folder;
  for (const part of parts) path = startsAnew(part) ? part : `${path}/${part}`;
  return normal(path);
};

const maxTextLength = 10_000;
/** Ways in which several values may come together. Beyond it there is nothing to be told that a person could follow. */
const mostCombinations = 256;

/** Values whose combinations can be counted off: those that would make too many are not known. */
const countable = (parts: readonly Choices[]): readonly Choices[] => {
  let combinations = 1;
  return parts.map((part) => {
    const together = combinations * Math.max(1, part.length);
    if (together > mostCombinations) return unknown;
    combinations = together;
    return part;
  });
};

/** All arguments as texts, one row for each combination; a part that is not known becomes `*`. */
export const texts = (given: readonly Choices[], make: (parts: readonly string[]) => string): Choices => {
  const role = derivedRole(given);
  const args = countable(given);
  const from = (index: number, parts: readonly string[]): Choices => {
    const arg = args[index];
    // No path is that long; texts that double themselves are.
    if (parts.reduce((length, part) => length + part.length, 0) > maxTextLength) return one(textValue("*", role));
    if (arg === undefined) return one(textValue(make(parts), role));
    return each(arg, (value) => {
      if (value.kind === "list") {
        const items = value.items.map((item) => item[0] && textOf(item[0].value));
        return from(index + 1, [...parts, ...items.map((item) => item ?? "*")]);
      }
      return from(index + 1, [...parts, textOf(value) ?? "*"]);
    });
  };
  return from(0, []);
};

const pathCalls = (name: string, args: readonly Choices[], folder: string): Choices | undefined => {
  switch (name) {
    case "join":
      return texts(args, joinTexts);
    case "resolve":
      return texts(args, (parts) => resolveTexts(folder, parts));
    case "normalize":
      return texts(args.slice(0, 1), joinTexts);
    case "dirname":
      return texts(args.slice(0, 1), ([path]) => normal(`${path ?? "."}/..`));
    case "basename":
      return texts(args.slice(0, 1), ([path]) => (path ?? "").split("/").at(-1) ?? "");
    default:
      return undefined;
  }
};

const truthIn = (choices: Choices): Condition => holds(choices, (value) => truthOf(value, "argument"));

const boolean = (condition: Condition): Choices => (condition.kind === "always" ? literal(true) : one({ kind: "test", condition }));

const answer = (condition: Condition | undefined): Choices | undefined => (condition === undefined ? undefined : boolean(condition));

/** Whether a path exists: true of a mount, decided by the platform; of the app's own folders nothing is said. */
const existence = (path: string | undefined): Value => {
  if (path === undefined || !path.startsWith("/") || path.startsWith(repositoryRoot) || path.startsWith("/tmp")) return { kind: "unknown" };
  return { kind: "test", condition: { kind: "disk", path } };
};

const items = (choices: Choices | undefined): readonly Choices[] | undefined => {
  const value = choices?.[0]?.value;
  return choices?.length === 1 && value?.kind === "list" && !value.isOpen ? value.items : undefined;
};

/** Merges objects, the last entry of a name winning; what is not an object leaves the result open. */
export const mergeObjects = (given: readonly Choices[]): Choices => {
  const parts = countable(given);
  const from = (index: number, entries: ReadonlyMap<string, Choices>, isOpen: boolean): Choices => {
    const part = parts[index];
    if (part === undefined) {
      const site = parts.flat().find((row) => row.value.kind === "object")?.value;
      return site?.kind === "object" ? one({ kind: "object", entries, isOpen, site: site.site }) : unknown;
    }
    return each(part, (value) => {
      if (value.kind === "object") return from(index + 1, new Map([...entries, ...value.entries]), isOpen || value.isOpen);
      if (value.kind === "literal") return from(index + 1, entries, isOpen);
      return from(index + 1, entries, true);
    });
  };
  return from(0, new Map(), false);
};

/** Reads `env("NAME", default)`: the variable where it is set, else the default. */
export const variableOr = (name: string, fallback: Choices): Choices => [
  { when: { kind: "set", name }, value: { kind: "variable", name, ignoresCase: false } },
  ...fallback,
];

/** What a call of the runtime answers, where that can be told without running it. */
export const nativeCall = (callee: External, args: readonly Choices[], folder: string): Choices | undefined => {
  const [first = absent, second = absent] = args;
  const { name } = callee;
  if (name.startsWith("path:")) return pathCalls(name.replace(/^path:(posix\.|win32\.)?/, ""), args, folder);
  switch (name) {
    case "os:tmpdir":
      return literal("/tmp");
    case "global:process.cwd":
      return literal(folder);
    case "url:parse":
    case "url:fileURLToPath":
    case "url:pathToFileURL":
    case "global:String":
    case "global:decodeURIComponent":
    case "global:Object.freeze":
    case "global:Object.values":
    case "global:Promise.resolve":
    case "global:structuredClone":
      return first;
    case "url:URL()":
    case "global:URL()":
      // `new URL("./uploads", import.meta.url)`
      return each(second, (base) => {
        const folderText = textOf(base);
        if (folderText === undefined || !folderText.startsWith(repositoryRoot)) return first;
        return texts([first], ([path]) => normal(`${folderText.endsWith("/") ? folderText : `${folderText}/..`}/${path ?? ""}`));
      });
    case "global:Boolean":
      return boolean(truthIn(first));
    case "global:Object.assign":
      return mergeObjects(args);
    case "global:parseInt":
    case "global:Number":
      return each(first, (value) =>
        value.kind === "literal" && typeof value.value === "string" ? literal(Number(value.value)) : one({ kind: "unknown" }),
      );
    case "fs:existsSync":
    case "fs:exists":
    case "fs-extra:existsSync":
    case "fs-extra:pathExistsSync":
    case "fs-extra:pathExists":
      return each(first, (value) => one(existence(textOf(value))));
    default:
      return undefined;
  }
};

/** A method of a plain string, list or condition. */
export const plainMethod = (value: Value, name: string, args: readonly Choices[], site: Site): Choices | undefined => {
  const [first = absent] = args;
  const asked = first[0] === undefined ? undefined : textOf(first[0].value);
  switch (name) {
    case "toLowerCase":
    case "toUpperCase":
    case "toLocaleLowerCase":
      if (value.kind === "variable") return one({ ...value, ignoresCase: true });
      if (value.kind === "literal" && typeof value.value === "string") {
        return literal(name === "toUpperCase" ? value.value.toUpperCase() : value.value.toLowerCase());
      }
      return undefined;
    case "trim":
    case "toString":
    case "valueOf":
    case "trimEnd":
    case "trimStart":
      return value.kind === "data" || value.kind === "external" ? undefined : one(value);
    case "replace":
    case "replaceAll":
      return value.kind === "literal" || value.kind === "text" || value.kind === "variable" ? one(value) : undefined;
    case "concat":
      return value.kind === "literal" || value.kind === "text" ? texts([one(value), ...args], (parts) => parts.join("")) : undefined;
    case "startsWith": {
      if (asked === undefined) return undefined;
      if (value.kind === "literal" && typeof value.value === "string") return literal(value.value.startsWith(asked));
      return answer(startsWith(value, asked));
    }
    // `url.slice("file:".length)` is the same file.
    case "slice":
    case "substring":
      if (value.kind === "literal" && typeof value.value === "string") {
        const from = first[0]?.value;
        return args.length === 1 && from?.kind === "literal" && typeof from.value === "number" && from.value >= 0
          ? literal(value.value.slice(from.value))
          : undefined;
      }
      return value.kind === "variable" ? one(value) : undefined;
    // `url.split(":")[0]`
    case "split":
      return value.kind === "variable" && /^:(\/\/)?$/.test(asked ?? "")
        ? one({ kind: "list", items: [schemeOf(value, site)], isOpen: true })
        : undefined;
    case "includes": {
      if (asked !== undefined && value.kind === "variable") return answer(speaksOf(value, asked));
      if (value.kind === "list" && !value.isOpen) {
        const allowed = value.items.map((item) => item[0] && textOf(item[0].value));
        const sought = first[0]?.value;
        const ways = allowed.map((item) => (sought === undefined || item === undefined ? undefined : isScheme(sought, item)));
        const known = ways.filter((way) => way !== undefined);
        if (known.length > 0 && known.length === ways.length) return boolean(any(...known));
        if (sought?.kind === "variable" && allowed.every((item) => item !== undefined)) {
          const values = allowed.filter((item) => item !== undefined);
          return boolean({ kind: "equals", name: sought.name, values, ...(sought.ignoresCase ? { ignoreCase: true } : {}) });
        }
        if (sought?.kind === "literal") return literal(allowed.includes(String(sought.value)));
      }
      return undefined;
    }
    default:
      return undefined;
  }
};

/** A question about how an address begins, put to something that is no plain value: a pattern, or what nobody knows. */
export const addressTest = (receiver: Value, name: string, args: readonly Choices[]): Choices | undefined => {
  const given = args[0]?.[0]?.value;
  if (given === undefined) return undefined;
  const asked = textOf(given);
  const isPlain = receiver.kind === "literal" || receiver.kind === "text" || receiver.kind === "variable";
  if (name === "startsWith" && isPlain) return undefined;
  if (name === "startsWith") return asked === undefined ? undefined : answer(startsWith(receiver, asked));
  if (name === "test") return answer(holdsOrNot(args[0] ?? absent, (value) => answersTo(receiver, value)));
  return name === "match" ? answer(answersTo(given, receiver)) : undefined;
};

const holdsOrNot = (choices: Choices, test: (value: Value) => Condition | undefined): Condition | undefined =>
  choices.some(({ value }) => test(value) === undefined) ? undefined : holds(choices, (value) => test(value) ?? { kind: "always" });

/** `[a, b].every(Boolean)` and `.some(Boolean)`, and those with a function of one argument. */
export const quantified = (list: Choices, isEvery: boolean, test: (item: Choices) => Choices): Choices | undefined => {
  const known = items(list);
  if (known === undefined || known.length > 12) return undefined;
  const conditions = known.map((item) => truthIn(test(item)));
  return boolean(isEvery ? all(...conditions) : any(...conditions));
};

/** `[a, b].filter((name) => !process.env[name])`: how many are left depends on the environment. */
export const filtered = (list: Choices, test: (item: Choices) => Choices): { readonly some: Condition } | undefined => {
  const known = items(list);
  if (known === undefined || known.length > 12) return undefined;
  return { some: any(...known.map((item) => truthIn(test(item)))) };
};

export const negation = (choices: Choices, where: string): Choices => boolean(not(holds(choices, (value) => truthOf(value, where))));
