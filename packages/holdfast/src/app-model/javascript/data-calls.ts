import { fileMethod, pour } from "./disk-calls.js";
import type { Flow, Machine } from "./flow.js";
import { note } from "./flow.js";
import { itemOf } from "./frames.js";
import { filtered, quantified } from "./natives.js";
import type { Choices, Site, Value } from "./values.js";
import { absent, data, derivedRole, one, textOf, unknown } from "./values.js";

/** Calls every function among the arguments, as whoever is called might. */
export const callBack = (machine: Machine, args: readonly Choices[], given: readonly Choices[], flow: Flow, site: Site): void => {
  for (const arg of args) {
    for (const { value } of arg) {
      if (value.kind === "function" || value.kind === "callback") machine.call(value, given, flow, site);
      else if (value.kind === "object") {
        for (const [name, entry] of value.entries) {
          const fn = entry[0]?.value;
          if (fn?.kind === "function" && /^on|^(start|execute|handler|success|then|write|transform)/.test(name))
            machine.call(fn, given, flow, site);
        }
      }
    }
  }
};

/** Methods that call a function with what is in a list. */
export const iterates: RegExp = /^(map|forEach|flatMap|filter|find|reduce|some|every|sort|findLast|findIndex)$/;

/** A method of a list, or of something like one: the function is called with what is in it. */
export const iterate = (machine: Machine, receiver: Value, name: string, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  const [callback = absent] = args;
  const fn = callback[0]?.value;
  if (fn?.kind !== "function") return one(receiver);
  if (receiver.kind === "list" && (name === "every" || name === "some")) {
    const answer = quantified(one(receiver), name === "every", (item) => machine.call(fn, [item], flow, site));
    if (answer !== undefined) return answer;
  }
  if (receiver.kind === "list" && name === "filter") {
    const left = filtered(one(receiver), (item) => machine.call(fn, [item], flow, site));
    if (left !== undefined && receiver.items.every((item) => item[0]?.value.kind === "literal")) {
      return one({ kind: "object", entries: new Map([["length", one({ kind: "test", condition: left.some })]]), isOpen: true, site });
    }
    return one(receiver);
  }
  if (receiver.kind === "list" && receiver.items.length <= 60 && name !== "reduce") {
    const results = receiver.items.map((item) => machine.call(fn, [item, unknown], flow, site));
    return name === "map" || name === "flatMap" ? one({ kind: "list", items: results, isOpen: receiver.isOpen }) : one(receiver);
  }
  const item = itemOf(receiver);
  const result = machine.call(fn, name === "reduce" ? [unknown, item] : [item, unknown], flow, site);
  return name === "map" || name === "flatMap" ? one({ kind: "list", items: [result], isOpen: true }) : one(receiver);
};

const requestMethod = (machine: Machine, name: string, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  switch (name) {
    case "file":
    case "files":
    case "allFiles":
    case "parts":
    case "saveRequestFiles":
    case "multipart":
      return data("file");
    case "formData":
    case "parseBody":
    case "getFiles":
      return data("form");
    case "arrayBuffer":
    case "blob":
    case "bytes":
    case "buffer":
      return data("bytes");
    case "text":
    case "json":
    case "input":
    case "all":
    case "only":
    case "post":
    case "collect":
      return data("body");
    case "pipe":
      pour("bytes", args[0] ?? absent, flow, site);
      return data("bytes");
    case "on":
      callBack(machine, args.slice(1), [data("bytes")], flow, site);
      return data("request");
    case "raw":
      return data("request");
    default:
      callBack(machine, args, [data("request")], flow, site);
      return data("about");
  }
};

/** A method of something that came with a request. */
export const dataMethod = (
  machine: Machine,
  receiver: Extract<Value, { kind: "data" }>,
  name: string,
  args: readonly Choices[],
  flow: Flow,
  site: Site,
): Choices => {
  const { role } = receiver;
  if (role === "request") return requestMethod(machine, name, args, flow, site);
  if (iterates.test(name)) return iterate(machine, receiver, name, args, flow, site);
  if (role === "form") {
    if (/^(get|getAll|entries|values)$/.test(name)) {
      const field = args[0]?.[0] === undefined ? undefined : textOf(args[0][0].value);
      // A field may be text as well: what is done with it will tell.
      return data("body", field);
    }
    callBack(machine, args, [data("body"), data("about")], flow, site);
    return data("form");
  }
  if (role === "file" || role === "bytes") {
    const stored = role === "file" ? fileMethod(name, args, flow, site) : undefined;
    if (stored !== undefined) {
      callBack(machine, args.slice(1), [absent], flow, site);
      return one({ kind: "data", role: "about" });
    }
    if (name === "pipe" || name === "pipeTo") {
      pour("bytes", args[0] ?? absent, flow, site);
      return one(args[0]?.[0]?.value ?? receiver);
    }
    if (name === "on") {
      callBack(machine, args.slice(1), [data("bytes")], flow, site);
      return one(receiver);
    }
    if (/^(arrayBuffer|bytes|stream|toBuffer|text|createReadStream|toString|buffer)$/.test(name)) return data("bytes");
    callBack(machine, args, [one(receiver)], flow, site);
    return one(receiver);
  }
  if (role === "body" && /^(arrayBuffer|bytes|stream|createReadStream)$/.test(name)) return data("bytes");
  // A Worker's bucket: `c.env.BUCKET.put(key, bytes)`.
  if (role === "about" && name === "put" && /^(bytes|file|body)$/.test(derivedRole(args) ?? ""))
    note(flow, site, { kind: "cloud", service: "r2", names: [] });
  callBack(machine, args, [one(receiver)], flow, site);
  return one(receiver);
};
