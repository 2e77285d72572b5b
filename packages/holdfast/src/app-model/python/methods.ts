import { either, entryOf, joined, known, nothing, tested, textOf, unknownValue, type Value } from "../abstract-value.js";
import { not, present } from "../conditions.js";
import type { Place } from "../model.js";
import { child, type Syntax } from "../syntax.js";
import { bind, valueOf } from "./bindings.js";
import { mayRaise, type Frame, type Machine } from "./frames.js";
import { itemOf } from "./expressions.js";
import { configureFrom, databaseOf, existing, isDatabaseReader, isReader, joinTexts, libraryCall, readerCall } from "./library.js";
import { assign, configure } from "./statements.js";
import { beginsWith, joinPath, lowered, made, madeAs, mapText } from "./values.js";

/** Methods that leave a text or a path what it is, for our purposes. */
const unchanged = new Set(
  "strip rstrip lstrip encode decode resolve absolute expanduser as_posix __str__ copy title samefile as_uri removesuffix geturl items values".split(
    " ",
  ),
);

/** What a method of a value comes to. */
export function methodOf(
  machine: Machine,
  object: Value,
  method: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): Value {
  const place: Place = { file: frame.module.file, line: node.line };
  const receiver = child(child(node, "function"), "object");
  const [first = nothing, second] = items;
  const put = (value: Value): Value => {
    if (receiver !== undefined) assign(machine, receiver, value, frame, place);
    return nothing;
  };
  switch (object.kind) {
    case "table":
      return tableMethod(machine, object, method, items, named, frame, node, put);
    case "list":
      return listMethod(object, method, items, node, put);
    case "made":
      return madeMethod(machine, object, method, items, named, frame, node);
    case "unknown":
      if (method === "get" && first.kind === "known" && /(^|\.)(FILES|files)$/.test(object.what)) return made("upload", [first]);
      if (/(cleaned_data|validated_data|\bdata)$/.test(object.what) && method === "get" && isFileName(textOf(first) ?? ""))
        return made("upload", [first]);
      return unknownValue(node.text);
    case "known":
    case "variable":
    case "text":
      return textMethod(machine, object, method, items, named, node, second);
    case "either":
      return unknownValue(node.text);
  }
}

/** Whether a field's name says that it carries a file. */
export function isFileName(name: string): boolean {
  return /(^|_)(file|image|img|photo|picture|pic|avatar|logo|document|doc|upload|video|audio|attachment|cover|banner|thumbnail|media|pdf|resume|cv)s?(_|$|\d)/i.test(
    name,
  );
}

function textMethod(
  machine: Machine,
  object: Value,
  method: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  node: Syntax,
  second: Value | undefined,
): Value {
  const [first = nothing] = items;
  if (unchanged.has(method)) return object;
  switch (method) {
    case "lower":
    case "casefold":
      return lowered(object);
    case "upper":
      return object.kind === "known" ? known(String(object.value).toUpperCase()) : lowered(object);
    case "joinpath":
    case "path":
      return joinPath([object, ...items]);
    case "exists":
    case "is_dir":
    case "is_file":
    case "is_mount":
      return existing(machine, object, node.text);
    case "open":
      return made("opened", [object, first.kind === "known" && first.value !== null ? first : (named.get("mode") ?? known("r"))]);
    case "split": {
      const separator = textOf(first);
      return mapText(object, (text) => ({
        kind: "list",
        items: (separator === undefined || separator === "" ? text.split(/\s+/) : text.split(separator)).map(known),
      }));
    }
    case "replace":
      return mapText(object, (text) =>
        first.kind === "known" && second?.kind === "known"
          ? known(text.replaceAll(String(first.value), String(second.value)))
          : known(text),
      );
    case "startswith":
    case "endswith": {
      const starts = first.kind === "list" ? first.items.map(textOf) : [textOf(first)];
      if (method === "startswith" && object.kind === "variable" && starts.every((one) => one !== undefined))
        return tested(beginsWith(object, starts));
      if (object.kind === "variable" && object.ifUnset.kind === "known" && object.ifUnset.value !== null) {
        return either(
          present(object.name),
          unknownValue(node.text),
          textMethod(machine, object.ifUnset, method, items, named, node, second),
        );
      }
      if (object.kind !== "known" || !starts.every((one) => one !== undefined)) return unknownValue(node.text);
      const whole = String(object.value);
      return known(starts.some((one) => (method === "startswith" ? whole.startsWith(one) : whole.endsWith(one))));
    }
    case "format": {
      if (object.kind !== "known") return unknownValue(node.text);
      let index = 0;
      const parts = String(object.value).split(/(\{[^}]*\})/);
      return joined(
        ...parts.map((part) =>
          part.startsWith("{")
            ? (named.get(part.slice(1, -1)) ?? items[/^\{\d+\}$/.test(part) ? Number(part.slice(1, -1)) : index++] ?? unknownValue(part))
            : known(part),
        ),
      );
    }
    case "join":
      return first.kind === "list" ? joinTexts(first.items, textOf(object) ?? "") : unknownValue(node.text);
    case "isdigit":
      return object.kind === "known" ? known(/^\d+$/.test(String(object.value))) : unknownValue(node.text);
    case "with_suffix":
    case "with_name":
    case "relative_to":
      return object;
    case "mkdir":
    case "touch":
      return nothing;
    default:
      return unknownValue(node.text);
  }
}

function tableMethod(
  machine: Machine,
  object: Extract<Value, { kind: "table" }>,
  method: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
  put: (value: Value) => Value,
): Value {
  const [first = nothing, second] = items;
  const place: Place = { file: frame.module.file, line: node.line };
  switch (method) {
    case "get":
    case "pop":
      return itemOf(machine, object, first, frame) ?? second ?? (textOf(first) === undefined ? unknownValue(node.text) : nothing);
    case "copy":
      return object;
    case "keys":
      return { kind: "list", items: [...object.entries.keys()].map(known) };
    case "values":
      return { kind: "list", items: [...object.entries.values()].map((entry) => entry.value) };
    case "items":
      return { kind: "list", items: [...object.entries].map(([key, entry]) => ({ kind: "list", items: [known(key), entry.value] })) };
    case "setdefault": {
      const key = textOf(first);
      if (key === undefined || entryOf(object, key) !== undefined) return entryOf(object, key ?? "")?.value ?? nothing;
      return put({ kind: "table", entries: new Map([...object.entries, [key, { value: second ?? nothing, ...place }]]) });
    }
    case "update": {
      const more = [...named].map(([key, value]) => [key, { value, ...place }] as const);
      const updated = (given: Value): Value => {
        if (given.kind === "either") return either(given.when, updated(given.chosen), updated(given.otherwise));
        if (given.kind === "made" && given.type === "database") return given;
        return { kind: "table", entries: new Map([...object.entries, ...(given.kind === "table" ? given.entries : []), ...more]) };
      };
      return put(updated(first));
    }
    default:
      return unknownValue(node.text);
  }
}

function listMethod(
  object: Extract<Value, { kind: "list" }>,
  method: string,
  items: readonly Value[],
  node: Syntax,
  put: (value: Value) => Value,
): Value {
  const [first = nothing, second] = items;
  switch (method) {
    case "append":
    case "add":
      return put({ kind: "list", items: [...object.items, first] });
    case "extend":
      return put({ kind: "list", items: [...object.items, ...(first.kind === "list" ? first.items : [unknownValue(node.text)])] });
    case "insert":
      return put({ kind: "list", items: object.items.toSpliced(Number(textOf(first) ?? 0) || 0, 0, second ?? nothing) });
    case "remove":
      return put({ kind: "list", items: object.items.filter((one) => textOf(one) !== textOf(first)) });
    case "copy":
      return object;
    case "index":
      return known(object.items.findIndex((one) => textOf(one) === textOf(first)));
    default:
      return unknownValue(node.text);
  }
}

function madeMethod(
  machine: Machine,
  object: Extract<Value, { kind: "made" }>,
  method: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): Value {
  const [first = nothing, second] = items;
  const place: Place = { file: frame.module.file, line: node.line };
  if (object.type === "uploads")
    return ["get", "getlist", "pop", "getone", "values", "items"].includes(method) ? made("upload", [first]) : unknownValue(node.text);
  if (object.type === "upload") return ["save", "close", "seek", "tell"].includes(method) ? nothing : object;
  if (object.type === "lowered") return unchanged.has(method) ? object : unknownValue(node.text);
  if (object.type === "config") return configMethod(machine, method, items, frame, node);
  if (object.type === "names") {
    const name = textOf(first);
    if (method === "get" && name !== undefined) return valueOf(frame.names.get(name) ?? bind(second ?? nothing, place));
    if (method === "update" && first.kind === "table")
      for (const [key, entry] of first.entries) frame.names.set(key, bind(entry.value, entry));
    return nothing;
  }
  const name = madeAs(object, "instance:");
  if (name === undefined || name.startsWith("class:")) return unknownValue(node.text);
  const full = `${name}.${method}`;
  if (isDatabaseReader(full)) {
    const key = textOf(named.get("var") ?? (items.length > 0 ? first : known("DATABASE_URL"))) ?? "DATABASE_URL";
    const standard = named.get("default") ?? second;
    if (standard === undefined) mayRaise(frame, not(present(key)), "ImproperlyConfigured");
    return standard === undefined ? made("database", [{ kind: "variable", name: key, ifUnset: nothing }]) : databaseOf(key, standard);
  }
  if (/^environ\.Env\.(read_env|smart_cast)$/.test(full)) return nothing;
  if (isReader(full)) return readerCall(machine, full, items, named, frame, object.named);
  return libraryCall(machine, full, items, named, frame, node);
}

function configMethod(machine: Machine, method: string, items: readonly Value[], frame: Frame, node: Syntax): Value {
  const [first = nothing, second] = items;
  const place: Place = { file: frame.module.file, line: node.line };
  switch (method) {
    case "get":
    case "setdefault": {
      const found = itemOf(machine, made("config"), first, frame);
      const key = textOf(first);
      if (method === "setdefault" && found === undefined && key !== undefined) configure(machine, key, second ?? nothing, frame, place);
      return found ?? second ?? unknownValue(node.text);
    }
    case "from_object":
      configureFrom(machine, first, { ...frame, path: frame.path }, node);
      return nothing;
    case "from_mapping":
    case "update": {
      if (first.kind === "table") for (const [key, entry] of first.entries) configure(machine, key, entry.value, frame, entry);
      const values = child(node, "arguments")?.children ?? [];
      for (const one of values) {
        if (one.type === "keyword_argument")
          configure(
            machine,
            child(one, "name")?.text ?? "",
            machine.evaluate(child(one, "value"), frame),
            { ...frame, path: frame.path },
            place,
          );
      }
      return nothing;
    }
    default:
      return unknownValue(node.text);
  }
}
