import { either, known, nothing, unknownValue, type Value } from "../abstract-value.js";
import { all, always, isNever, not } from "../conditions.js";
import { child, type Syntax } from "../syntax.js";
import { bind, valueOf, type Binding } from "./bindings.js";
import { reached, type Frame, type Machine, type PythonClass, type PythonFunction } from "./frames.js";
import { nameOf } from "./imports.js";
import { libraryCall, libraryName } from "./library.js";
import { methodOf } from "./methods.js";
import { eitherOf, externalName, made, madeAs, parentOf } from "./values.js";

/** Calls inside calls that are followed. */
const maxDepth = 6;

/** What a call comes to; whoever listens hears of it. */
export function callValue(
  machine: Machine,
  callee: Value,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): Value {
  if (callee.kind === "either") {
    return either(
      callee.when,
      callValue(machine, callee.chosen, items, named, { ...frame, path: callee.when }, node),
      callValue(machine, callee.otherwise, items, named, { ...frame, path: not(callee.when) }, node),
    );
  }
  if (callee.kind !== "made") return unknownValue(node.text);
  if (callee.type === "method") return callMethod(machine, callee, items, named, frame, node);
  const name = externalName(callee);
  if (name !== undefined) {
    tell(machine, name, undefined, name.split(".").at(-1) ?? name, items, named, frame, node);
    return libraryCall(machine, name, items, named, frame, node);
  }
  const bound = madeAs(callee, "bound:");
  const id = bound ?? madeAs(callee, "function:");
  const called = id === undefined ? undefined : machine.functions[Number(id)];
  if (called !== undefined) {
    tell(machine, called.name, undefined, called.name, items, named, frame, node);
    return invoke(machine, called, bound === undefined ? items : [...callee.items, ...items], named, frame);
  }
  const classId = madeAs(callee, "class:");
  if (classId !== undefined) {
    const instance = made(`instance:class:${classId}`, items, named);
    tell(machine, undefined, callee, "", items, named, frame, node);
    begin(machine, classId, instance, frame);
    const start = memberOf(machine, classId, "__new__");
    if (start !== undefined && madeAs(valueOf(start), "function:") !== undefined) {
      const result = callValue(machine, valueOf(start), [callee, ...items], named, frame, node);
      if (madeAs(result, "instance:") !== undefined && madeAs(result, "instance:class:") === undefined) return result;
    }
    return instance;
  }
  if (callee.type.startsWith("instance:"))
    return callMethod(machine, made("method", [callee], new Map([["__call__", nothing]])), items, named, frame, node);
  return unknownValue(node.text);
}

/** Run what a class does when an object of it is made, where that opens or writes something. */
function begin(machine: Machine, classId: string, instance: Extract<Value, { kind: "made" }>, frame: Frame): void {
  const start = memberOf(machine, classId, "__init__");
  const id = start === undefined ? undefined : madeAs(valueOf(start), "function:");
  const method = id === undefined ? undefined : machine.functions[Number(id)];
  if (method !== undefined && /connect|create_engine|Client|open\(|save/.test(method.node.text))
    invoke(machine, method, [instance, ...instance.items], instance.named, frame);
}

function callMethod(
  machine: Machine,
  callee: Extract<Value, { kind: "made" }>,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): Value {
  const object = callee.items[0] ?? nothing;
  const method = [...callee.named.keys()][0] ?? "";
  if (object.kind === "either") {
    const one = (value: Value): Value => callMethod(machine, made("method", [value], callee.named), items, named, frame, node);
    return either(object.when, one(object.chosen), one(object.otherwise));
  }
  const owner = externalName(object) ?? madeAs(object, "instance:");
  const name = owner === undefined || owner.startsWith("class:") ? undefined : `${owner}.${method}`;
  const target = machine.attribute(object, method, frame);
  if (target !== undefined && isOwn(target)) return callValue(machine, target, items, named, frame, node);
  tell(machine, name, object, method, items, named, frame, node);
  if (externalName(object) !== undefined) return libraryCall(machine, name ?? method, items, named, frame, node);
  return methodOf(machine, object, method, items, named, frame, node);
}

function isOwn(value: Value): boolean {
  if (value.kind === "either") return isOwn(value.chosen) || isOwn(value.otherwise);
  return value.kind === "made" && /^(function|bound|class):/.test(value.type);
}

function tell(
  machine: Machine,
  name: string | undefined,
  receiver: Value | undefined,
  method: string,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
  node: Syntax,
): void {
  const { module, base, path, inHandler } = frame;
  machine.onCall?.({
    node,
    name,
    receiver,
    method,
    items,
    named,
    // Few of all calls are looked at, and conditions are long.
    get when() {
      return all(base, path);
    },
    inHandler,
    file: module.file,
    line: node.line,
  });
}

/** Run a function of the app's own; what it gives back depends on where it returns. */
export function invoke(
  machine: Machine,
  called: PythonFunction,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  caller: Frame,
): Value {
  const { node } = called;
  machine.called.add(node);
  if (caller.depth >= maxDepth) return unknownValue(`${called.name}()`);
  const frame: Frame = {
    module: called.frame.module,
    names: new Map(),
    path: always,
    base: reached(caller),
    start: always,
    outer: called.frame,
    returns: [],
    tries: caller.tries,
    inHandler: caller.inHandler,
    depth: caller.depth + 1,
  };
  bindParameters(machine, child(node, "parameters"), items, named, frame);
  const body = child(node, "body");
  if (node.type === "lambda") return machine.evaluate(body, frame);
  machine.run(body, frame);
  const last = frame.returns.at(-1);
  const isWhole = isNever(frame.path) && last !== undefined;
  const rest = isWhole ? last.value : nothing;
  return (isWhole ? frame.returns.slice(0, -1) : frame.returns).reduceRight<Value>(
    (otherwise, one) => either(one.when, one.value, otherwise),
    rest,
  );
}

function bindParameters(
  machine: Machine,
  parameters: Syntax | undefined,
  items: readonly Value[],
  named: ReadonlyMap<string, Value>,
  frame: Frame,
): void {
  let index = 0;
  for (const one of parameters?.children ?? []) {
    const name = one.type === "identifier" ? one.text : (child(one, "name") ?? one.children[0])?.text;
    if (name === undefined || one.type === "comment") continue;
    const place = { file: frame.module.file, line: one.line };
    if (one.type === "list_splat_pattern") frame.names.set(name, bind({ kind: "list", items: items.slice(index) }, place));
    else if (one.type === "dictionary_splat_pattern") {
      frame.names.set(name, bind({ kind: "table", entries: new Map([...named].map(([key, value]) => [key, { value, ...place }])) }, place));
    } else {
      const standard = child(one, "value");
      const annotation = child(one, "type")?.text ?? "";
      const given = items[index] ?? named.get(name) ?? ownDefault(machine, name, annotation, standard, frame);
      frame.names.set(name, bind(given, place));
      index += 1;
    }
  }
}

/** What a parameter is where nobody passed anything. */
function ownDefault(machine: Machine, name: string, annotation: string, standard: Syntax | undefined, frame: Frame): Value {
  if (/\b(UploadFile|FileStorage|UploadedFile|InMemoryUploadedFile|TemporaryUploadedFile)\b/.test(annotation))
    return made("upload", [known(name)]);
  if (standard === undefined) return unknownValue(name);
  if (/^(?:fastapi\.)?File\(/.test(standard.text)) return made("upload", [known(name)]);
  const value = machine.evaluate(standard, frame);
  return value.kind === "known" && value.value === null ? unknownValue(name) : value;
}

/** An attribute of a value; undefined where that is not known. */
export function attributeValue(machine: Machine, value: Value, name: string, frame: Frame): Value | undefined {
  if (value.kind === "either") {
    return eitherOf(value, (side) => attributeValue(machine, side, name, frame));
  }
  if (name === "FILES") return made("uploads");
  if (value.kind === "unknown") {
    if (name === "files" && value.what.endsWith("request")) return made("uploads");
    return name === "config" && /(app|application)$/.test(value.what) ? made("config") : undefined;
  }
  if (value.kind === "known" || value.kind === "text" || value.kind === "variable") {
    if (name === "parent") return parentOf(value);
    return name === "parents" ? made("parents", [parentOf(value)]) : undefined;
  }
  if (value.kind !== "made") return undefined;
  const file = madeAs(value, "module:");
  if (file !== undefined) {
    const found = nameOf(machine, file, name);
    if (found !== undefined) return found;
    const below = machine.project.moduleFile(`.${name}`, file);
    return below === undefined ? undefined : made(`module:${below}`);
  }
  const folder = madeAs(value, "package:");
  if (folder !== undefined) {
    const below = machine.project.moduleFile(`${folder}.${name}`, frame.module.file);
    return made(below === undefined ? `package:${folder}.${name}` : `module:${below}`);
  }
  const library = externalName(value);
  if (library !== undefined) return libraryName(machine, `${library}.${name}`);
  if (value.type === "opened" && name === "name") return value.items[0];
  if (value.type === "upload") return ["file", "stream", "data", "raw"].includes(name) ? value : unknownValue("the file's own name");
  const own = madeAs(value, "instance:class:") ?? madeAs(value, "class:");
  if (own !== undefined) return memberValue(machine, value, own, name, frame);
  const instance = madeAs(value, "instance:");
  if (instance !== undefined) {
    if (name === "config" && /(^|\.)(Flask|Quart|Sanic|create_app)$/.test(instance)) return made("config");
    // A form's field of WTForms: `form.photo.data` is what was sent.
    if (name === "data" && /^(flask_wtf|wtforms)\..*(File|Image|Upload)\w*Field$/.test(instance)) return made("upload");
    return value.named.get(name) ?? made(`instance:${instance}.${name}`, value.items, value.named);
  }
  return undefined;
}

/** A name of a class, its own or inherited from a class of the app's own. */
export function memberOf(machine: Machine, classId: string, name: string, depth = 0): Binding | undefined {
  const own = machine.classes[Number(classId)];
  if (own === undefined || depth > 10) return undefined;
  const found = own.names.get(name);
  if (found !== undefined) return found;
  for (const base of own.bases) {
    const id = madeAs(base, "class:");
    const inherited = id === undefined || id === classId ? undefined : memberOf(machine, id, name, depth + 1);
    if (inherited !== undefined) return inherited;
  }
  return undefined;
}

/** The libraries' classes that a class comes from, the nearest first. */
export function librariesOf(machine: Machine, own: PythonClass | undefined, depth = 0): readonly string[] {
  if (own === undefined || depth > 10) return [];
  return own.bases.flatMap((base) => {
    const id = madeAs(base, "class:");
    if (id !== undefined) return librariesOf(machine, machine.classes[Number(id)], depth + 1);
    return externalName(base) ?? [];
  });
}

function memberValue(machine: Machine, object: Value, classId: string, name: string, frame: Frame): Value | undefined {
  const isInstance = madeAs(object, "instance:class:") !== undefined;
  const found = memberOf(machine, classId, name);
  if (found === undefined) return isInstance ? attributesOf(machine, classId, frame).get(name) : undefined;
  const value = valueOf(found);
  const id = madeAs(value, "function:");
  const method = id === undefined ? undefined : machine.functions[Number(id)];
  if (id === undefined || method === undefined) {
    const own = machine.classes[Number(classId)];
    const isSettings = librariesOf(machine, own).some((base) => base.endsWith("BaseSettings"));
    return isSettings
      ? settingOf(own, name, value)
      : (fieldDefault(value) ?? (object.kind === "made" ? object.named.get(name) : undefined) ?? value);
  }
  const marks = method.decorators.map((one) => one.children[0]?.text ?? "");
  if (marks.some((mark) => mark.endsWith("property"))) return invoke(machine, method, [object], new Map(), frame);
  if (marks.includes("staticmethod")) return value;
  return isInstance || marks.includes("classmethod") ? made(`bound:${id}`, [object]) : value;
}

/** A field of pydantic's settings: the variable of its name, or what stands in for it. */
function settingOf(own: PythonClass | undefined, name: string, value: Value): Value {
  const isField = value.kind === "made" && /^instance:pydantic(_settings)?(\.\w+)*\.Field$/.test(value.type);
  const standard = isField ? (value.named.get("default") ?? value.items[0] ?? nothing) : value;
  if (!isField && value.kind === "made" && value.type !== "declared") return value;
  const factory = isField ? value.named.get("default_factory") : undefined;
  const maker = factory === undefined ? undefined : madeAs(factory, "class:");
  if (maker !== undefined) return made(`instance:class:${maker}`);
  const asked = isField ? (value.named.get("env") ?? value.named.get("validation_alias") ?? value.named.get("alias")) : undefined;
  const text = asked?.kind === "known" ? String(asked.value) : `${prefixOf(own)}${name.toUpperCase()}`;
  const isMissing =
    standard.kind === "unknown" || (standard.kind === "known" && typeof standard.value === "object") || standard.kind === "made";
  return { kind: "variable", name: text, ifUnset: isMissing ? nothing : standard };
}

/** A field of a dataclass is what it was made with; one that is only declared is nothing yet. */
function fieldDefault(value: Value): Value | undefined {
  return value.kind === "made" && value.type === "declared" ? unknownValue("a field without a value") : undefined;
}

function prefixOf(own: PythonClass | undefined): string {
  return /env_prefix\s*=\s*["'](\w+)["']/.exec(own?.node.text ?? "")?.[1] ?? "";
}

const attributes = new WeakMap<PythonClass, Map<string, Value>>();

/** What `__init__` gives to `self`. */
function attributesOf(machine: Machine, classId: string, frame: Frame): Map<string, Value> {
  const own = machine.classes[Number(classId)];
  const kept = own === undefined ? undefined : attributes.get(own);
  if (own === undefined || kept !== undefined) return kept ?? new Map();
  const found = new Map<string, Value>();
  attributes.set(own, found);
  const start = memberOf(machine, classId, "__init__");
  const id = start === undefined ? undefined : madeAs(valueOf(start), "function:");
  const method = id === undefined ? undefined : machine.functions[Number(id)];
  if (method === undefined) return found;
  const inside: Frame = {
    ...frame,
    module: method.frame.module,
    names: new Map(),
    path: always,
    base: always,
    start: always,
    outer: method.frame,
    returns: [],
    tries: { raised: [] },
    depth: frame.depth + 1,
  };
  if (inside.depth > maxDepth) return found;
  const parameters = child(method.node, "parameters");
  bindParameters(machine, parameters, [made(`instance:class:${classId}`)], new Map(), inside);
  const listener = machine.onCall;
  machine.onCall = undefined;
  machine.run(child(method.node, "body"), inside);
  machine.onCall = listener;
  for (const [name, binding] of inside.names) if (name.startsWith("self.")) found.set(name.slice("self.".length), valueOf(binding));
  return found;
}
