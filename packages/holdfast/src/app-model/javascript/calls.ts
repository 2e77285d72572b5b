import type { Condition } from "../model.js";
import { not } from "./conditions.js";
import { callBack, dataMethod, iterate, iterates } from "./data-calls.js";
import { diskCall, fileMethod, pour } from "./disk-calls.js";
import { external } from "./naming.js";
import type { Flow, Machine } from "./flow.js";
import { note } from "./flow.js";
import { whereOf } from "./frames.js";
import { addressTest, nativeCall, plainMethod, texts, variableOr } from "./natives.js";
import { memberOf } from "./members.js";
import { hostKeeper, isFormParser, isParser, keeperOf, spokenKeeper } from "./services.js";
import type { Choices, External, Role, Site, Value } from "./values.js";
import { absent, data, derivedRole, each, literal, one, roleOf, textOf, unknown } from "./values.js";

const response: External["name"] = "response";

/** Method names with which records are made or changed. */
const keeping =
  /(^|\.|\s)(create|createMany|save|insert|insertMany|insertOne|insertInto|update|updateOne|updateMany|upsert|findByIdAndUpdate|findOneAndUpdate|findOneAndReplace|replaceOne|set|push|query|execute|run|add|build|bulkCreate|values|addDoc|setDoc|\$executeRaw|prepare|exec|merge|assign|patch|put|post|append|one|none|put|store|record)(\(\))?$/;
const answering = /(^|\.)(json|send|render|end|redirect|write|download|sendFile|text|html|body)$/;

/** Packages that keep nothing, whatever their methods are called. */
const passes =
  /^(crypto|path|url|util|zlib|sharp|jimp|jsonwebtoken|bcrypt|bcryptjs|stripe|zod|joi|yup|qrcode|uuid|nanoid|axios|form-data|Buffer|JSON|Promise|Array|Object|console|Map|Set|Error|FormData|Response|NextResponse|next\/[a-z]+|stream|events|async_hooks|lodash|dayjs|moment|winston|pino|express-validator|ioredis|redis|socket\.io|bull|bullmq)(:|\(|\.|$)/;

/** Notes an upload's name or bytes going into a record, or its name into an answer. */
const noteKept = (callee: string, args: readonly Choices[], flow: Flow, site: Site): void => {
  if (flow.effects === undefined || passes.test(callee)) return;
  const role = derivedRole(args);
  if (role === undefined || role === "about") return;
  const isRecord = keeping.test(callee) || callee.startsWith("new ");
  if (role === "bytes" && isRecord) note(flow, site, { kind: "bytes-kept", callee });
  if (isRecord || answering.test(callee)) {
    const named = args.some((arg) => hasName(arg));
    if (named) note(flow, site, { kind: "name" });
  }
};

const hasName = (choices: Choices, depth = 0): boolean =>
  choices.some(({ value }) => {
    if (value.kind === "data" || value.kind === "external" || value.kind === "text") return value.role === "path" || value.role === "name";
    if (depth > 4) return false;
    if (value.kind === "object") return [...value.entries.values()].some((entry) => hasName(entry, depth + 1));
    return value.kind === "list" && value.items.some((item) => hasName(item, depth + 1));
  });

/** Calls whose answer is still what they were given. */
const handsOn =
  /^(global:(Buffer|JSON|String|Object|Array|Promise|atob|decodeURIComponent|structuredClone|Uint8Array|Blob|File)|sharp|jimp|path|url|util|stream|zod|joi|data-uri-to-buffer|base64|formidable|busboy|multiparty|template|lodash)/;

/** `Buffer.from(text, "base64")`, `atob(text)`: text becomes the bytes of a file. */
const isDecoded = (args: readonly Choices[]): boolean =>
  args.some((arg) =>
    arg.some(
      (row) => row.value.kind === "literal" && (row.value.value === "base64" || row.value.value === "binary" || row.value.value === "hex"),
    ),
  );

const parsedFile = (name: string): Role | undefined => (isFormParser(name) ? "file" : undefined);

/** The answer of a call into a package: named after the call, tied to the request as its arguments are. */
const made = (callee: External, args: readonly Choices[], role: Role | undefined, site: Site): Choices =>
  one({ kind: "external", name: `${callee.name}()`, args, on: callee, role, site });

const namesIn = (args: readonly Choices[]): readonly string[] => {
  const names = new Set<string>();
  const look = (choices: Choices, depth: number): void => {
    for (const { value } of choices) {
      if (value.kind === "variable") names.add(value.name);
      else if (value.kind === "object" && depth < 3) for (const entry of value.entries.values()) look(entry, depth + 1);
    }
  };
  for (const arg of args) look(arg, 0);
  return [...names];
};

const multerCall = /^multer\(\)\.(single|array|fields|any)\(\)$/;

/** The multer call that a middleware came from. */
export const multerOf = (value: External): External | undefined => {
  for (let at: External | undefined = value; at !== undefined; at = at.on) if (at.name === "multer()") return at;
  return undefined;
};

/** Middlewares that parse forms for every route behind them, with the options that say where files go. */
const formMiddleware =
  /^(express-fileupload|express-formidable|express-formidable-v2|connect-multiparty|connect-busboy|koa-body|koa-better-body|express-busboy|@fastify\/multipart|fastify-multipart|fastify-file-upload|multiparty)(:koaBody)?\(\)$/;

/** Calls something of a package or of the runtime. */
const externalCall = (machine: Machine, callee: External, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  const { name } = callee;
  const [first = absent] = args;
  // A middleware called with a request: the parser is at work here.
  if (multerCall.test(name)) {
    note(flow, site, { kind: "engine", engine: one(callee) });
    callBack(machine, args.slice(1), [absent], flow, site);
    return absent;
  }
  if (formMiddleware.test(name)) {
    note(flow, site, { kind: "engine", engine: one(callee) });
    return absent;
  }
  const native = nativeCall(callee, args, machine.folder) ?? settingCall(machine, callee, args);
  if (native !== undefined) return native;
  const disk = diskCall(machine, callee, args, flow, site);
  if (disk !== undefined) return disk;
  if (name === "response.json" || name.startsWith("response.")) {
    noteKept(name, args, flow, site);
    return one({ kind: "external", name: response, args: [], on: undefined, role: undefined, site });
  }
  const full = `${name}()`;
  const keeper = keeperOf(full);
  const role = derivedRole(args) ?? (callee.on?.role === undefined ? undefined : callee.on.role);
  if (keeper !== undefined) {
    note(
      flow,
      site,
      keeper.kind === "cloud"
        ? { kind: "cloud", service: keeper.service, names: namesIn(args) }
        : { kind: "database", engine: keeper.service },
    );
    callBack(machine, args, [unknown, unknown], flow, site);
    return made(callee, args, undefined, site);
  }
  if (
    /^(axios|got|node-fetch|undici|superagent|ky|request|global)\b/.test(name) &&
    /(axios|fetch|post|put|got|request|global:fetch|create\(\))$/.test(name)
  ) {
    const address = first[0] === undefined ? undefined : textOf(first[0].value);
    const service = address === undefined ? undefined : hostKeeper(address);
    if (service !== undefined && args.length > 1 && role !== undefined) note(flow, site, { kind: "cloud", service, names: [] });
    return made(callee, args, undefined, site);
  }
  if (isParser(name)) {
    note(flow, site, { kind: "parse" });
    callBack(machine, args, [data("about"), data("about")], flow, site);
    return made(callee, args, "about", site);
  }
  if (
    name === "formidable().parse" ||
    name === "formidable:IncomingForm().parse" ||
    name === "formidable:formidable().parse" ||
    /^multiparty:Form\(\)\.parse$/.test(name)
  ) {
    note(flow, site, { kind: "engine", engine: one(callee) });
    callBack(machine, args, [absent, data("body"), data("form")], flow, site);
    return one({ kind: "list", items: [data("body"), data("form")], isOpen: false });
  }
  const bySocket = socketCall(machine, callee, args, flow, site);
  if (bySocket !== undefined) return bySocket;
  if (/\.(on|once|addListener)$/.test(name)) {
    const event = first[0] === undefined ? undefined : textOf(first[0].value);
    const parser = parsedFile(name);
    const given =
      event === "file" && parser !== undefined
        ? [data("about"), data("bytes"), data("about")]
        : role === undefined
          ? [unknown, unknown]
          : [data(role), data(role)];
    if (event !== "error") callBack(machine, args.slice(1), given, flow, site);
    return one(callee.on ?? callee);
  }
  if (name.endsWith(".pipe") || name.endsWith(".pipeTo") || name.endsWith(".pipeThrough")) {
    pour(callee.on?.role, first, flow, site);
    return one(callee.on?.role === undefined ? (first[0]?.value ?? callee) : { kind: "data", role: callee.on.role });
  }
  if (/(^|\.)(write|end|getWriter\(\)\.write)$/.test(name) && callee.on !== undefined) {
    pour(roleOf(first), one(callee.on), flow, site);
    return absent;
  }
  noteKept(name.replace(/^global:/, ""), args, flow, site);
  // A package that nobody here knows, and that says it uploads.
  if (
    (role === "file" || role === "bytes") &&
    name.includes(":") &&
    /\.(upload|store|persist)\w*$/.test(name) &&
    !/^(global|fs|path)\b/.test(name)
  )
    note(flow, site, { kind: "lost", callee: name.split(":").at(-1) ?? name });
  const callbackRole = parsedFile(name) ?? (role === "body" && !handsOn.test(name) ? undefined : role);
  callBack(machine, args, callbackRole === undefined ? [unknown, unknown, unknown] : [data(callbackRole), data(callbackRole)], flow, site);
  if (name === "global:Promise.all" || name === "global:Promise.allSettled") return first;
  if (name === "util:promisify" || name.startsWith("global:Buffer"))
    return made(callee, args, role === "body" && isDecoded(args) ? "bytes" : role, site);
  // A failed promise answers with what its handler gives; a kept one with what it was.
  if (/\.(then|catch|finally)$/.test(name)) return one(callee.on ?? callee);
  // Whoever opens a stored file has its bytes.
  const isOpened =
    (role === "path" || role === "name") &&
    /^(sharp|jimp|gm|image-js)\b|(toBuffer|getBuffer|getBufferAsync|arrayBuffer|readFile|read)$/.test(name);
  // What a record is looked up by says nothing of the record.
  const isLookedUp = role === "body" && !handsOn.test(name);
  return made(callee, args, isOpened ? "bytes" : role === "request" ? "about" : isLookedUp ? undefined : role, site);
};

/** Packages that take files over a socket: a stream for each, or a folder that they keep them in. */
const socketCall = (machine: Machine, callee: External, args: readonly Choices[], flow: Flow, site: Site): Choices | undefined => {
  const { name } = callee;
  if (/^socket\.io-stream\(\)\.(on|once)$/.test(name)) {
    callBack(machine, args.slice(1), [data("bytes"), data("about"), unknown], flow, site);
    return one(callee);
  }
  const options = args[1]?.[0]?.value;
  const folder = options?.kind === "object" ? options.entries.get("uploadDir") : undefined;
  if (name === "socket.io-file" && folder !== undefined)
    note(flow, site, { kind: "write", path: folder, isMove: false, from: absent, words: "" });
  if (name === "socketio-file-upload().listen" && callee.on !== undefined) {
    const kept = machine.override(callee.on, "dir");
    if (kept !== undefined) note(flow, site, { kind: "write", path: kept, isMove: false, from: absent, words: "" });
  }
  return undefined;
};

/** Settings by name: `env("A", "b")` of packages that read the environment. */
const settingCall = (machine: Machine, callee: External, args: readonly Choices[]): Choices | undefined => {
  const [first = absent, second] = args;
  if (callee.name === "Helpers:databasePath") return texts([first], ([name]) => `${machine.folder}/database/${name ?? ""}`);
  const key = first[0]?.value.kind === "literal" ? String(first[0].value.value) : undefined;
  if (key === undefined) return undefined;
  if (
    /^@nestjs\/config:ConfigService\(\)\.(get|getOrThrow)$/.test(callee.name) ||
    /(^|[:./#])env(\.create\(\)|\(\))?[:.](get|string|str|required)$/i.test(callee.name)
  ) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(key)) return machine.configuredAs(key);
    const fallback = second !== undefined && second[0]?.value.kind !== "object" ? second : absent;
    return variableOr(key, fallback);
  }
  if (callee.name === "strapi:env" || callee.name === "global:env") return variableOr(key, second ?? absent);
  if (callee.name === "strapi:env.bool") {
    const isOn: Condition = { kind: "equals", name: key, values: ["true"], ignoreCase: true };
    const isOff: Condition = { kind: "equals", name: key, values: ["false"], ignoreCase: true };
    const fallback = second?.[0]?.value;
    return one({ kind: "test", condition: fallback?.kind === "literal" && fallback.value === true ? not(isOff) : isOn });
  }
  if (/(Helpers|Application|services\/app|Core\/Application|App)\b.*(tmpPath|publicPath|makePath|appRoot|basePath)$/.test(callee.name)) {
    const folder = callee.name.endsWith("tmpPath") ? "tmp/" : callee.name.endsWith("publicPath") ? "public/" : "";
    return literal(`${machine.folder}/${folder}${key}`);
  }
  return undefined;
};

/** Calls a method of a value. */
export const callMethod = (machine: Machine, receiver: Value, name: string, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  const tested = /^(startsWith|test|match)$/.test(name) ? addressTest(receiver, name, args) : undefined;
  if (tested !== undefined) return tested;
  switch (receiver.kind) {
    case "function":
      if (name === "bind") return one({ ...receiver, self: args[0]?.[0]?.value });
      if (name === "call") return machine.call({ ...receiver, self: args[0]?.[0]?.value }, args.slice(1), flow, site);
      if (name === "apply") return machine.call(receiver, [], flow, site);
      return unknown;
    case "data":
      return dataMethod(machine, receiver, name, args, flow, site);
    case "external":
      if (receiver.role === "file" && fileMethod(name, args, flow, site) !== undefined) return absent;
      if (iterates.test(name) && receiver.role !== undefined) return iterate(machine, receiver, name, args, flow, site);
      return externalCall(
        machine,
        { ...receiver, name: memberOf(receiver.name, name), args: receiver.args, on: receiver },
        args,
        flow,
        site,
      );
    case "list":
      if (iterates.test(name)) return iterate(machine, receiver, name, args, flow, site);
      return plainMethod(receiver, name, args, site) ?? unknownCall(machine, name, receiver, args, flow, site);
    case "object":
    case "namespace":
    case "instance":
    case "class": {
      const member = machine.member(receiver, name, flow, site);
      return each(member, (value) =>
        value.kind === "unknown" || (value.kind === "literal" && value.value === undefined)
          ? unknownCall(machine, name, receiver, args, flow, site)
          : machine.call(
              value.kind === "function" && value.self === undefined && receiver.kind !== "namespace" ? { ...value, self: receiver } : value,
              args,
              flow,
              site,
            ),
      );
    }
    case "literal":
    case "text":
    case "variable":
      return (
        plainMethod(receiver, name, args, site) ??
        each(unknownCall(machine, name, receiver, args, flow, site), (value) => {
          const role = receiver.kind === "text" ? receiver.role : undefined;
          return role === undefined ? one(value) : data(role);
        })
      );
    case "test":
    case "environment":
    case "callback":
    case "unknown":
      return unknownCall(machine, name, receiver, args, flow, site);
  }
};

/** Calls what could not be found: by its name it may still be known. */
const unknownCall = (machine: Machine, name: string, receiver: Value, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  const { node, module } = site;
  const callee =
    node.type === "CallExpression"
      ? module.syntax
          .textOf(node.callee)
          .replace(/\s+|\?/g, "")
          .replace(/\([^()]*\)/g, "()")
      : name;
  const keeper = spokenKeeper(callee);
  const role = derivedRole(args);
  if (keeper !== undefined) {
    note(
      flow,
      site,
      keeper.kind === "cloud" ? { kind: "cloud", service: keeper.service, names: [] } : { kind: "database", engine: keeper.service },
    );
    callBack(machine, args, [unknown, unknown], flow, site);
    return unknown;
  }
  if (receiver.kind === "unknown" && (name === "pipe" || name === "pipeTo")) pour(role, args[0] ?? absent, flow, site);
  noteKept(name, args, flow, site);
  if (role === "bytes" || role === "file") note(flow, site, { kind: "lost", callee });
  callBack(machine, args, role === undefined || role === "body" ? [unknown, unknown] : [data(role), data(role)], flow, site);
  return role === undefined || role === "about" || role === "body" || role === "request" ? unknown : data(role);
};

/** Calls a value. */
export const callValue = (machine: Machine, callee: Value, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  switch (callee.kind) {
    case "function":
      return machine.run(callee, args, flow);
    case "external":
      return externalCall(machine, callee, args, flow, site);
    case "namespace":
      return each(machine.exported(callee.module.path, "="), (value) =>
        value.kind === "namespace" ? unknown : machine.call(value, args, flow, site),
      );
    case "callback":
      note(flow, site, { kind: "callback", id: callee.id, args });
      return absent;
    case "class":
      return machine.construct(callee, args, flow, site);
    case "object": {
      // Functions with members: `Object.assign(fn, {…})`, default exports wrapped by a compiler.
      const inner = callee.entries.get("default")?.[0]?.value;
      return inner?.kind === "function" ? machine.call(inner, args, flow, site) : unknownCall(machine, "", callee, args, flow, site);
    }
    case "data":
      // GraphQL's uploads: `const { createReadStream } = await file`.
      return callee.field === "createReadStream" ? data("bytes") : unknownCall(machine, "", callee, args, flow, site);
    case "environment":
    case "instance":
    case "list":
    case "literal":
    case "test":
    case "text":
    case "unknown":
    case "variable":
      return unknownCall(machine, "", callee, args, flow, site);
  }
};

/** Makes something with `new`. */
export const construct = (machine: Machine, callee: Value, args: readonly Choices[], flow: Flow, site: Site): Choices => {
  if (callee.kind === "class") {
    const instance: Value = { kind: "instance", of: callee, args, known: new Map() };
    return one(instance);
  }
  if (callee.kind === "external") {
    if (callee.name === "global:Promise") {
      const id = whereOf(site.module, site.node);
      const effects = flow.effects ?? [];
      callBack(machine, args, [one({ kind: "callback", id }), one({ kind: "callback", id: "reject" })], { ...flow, effects }, site);
      const resolved = effects.findLast((effect) => effect.kind === "callback" && effect.id === id);
      return resolved?.kind === "callback" ? (resolved.args[0] ?? absent) : one(external("global:Promise()", site));
    }
    if (callee.name.endsWith("model()")) noteKept(`new ${callee.name}`, args, flow, site);
    return externalCall(machine, callee, args, flow, site);
  }
  if (callee.kind === "namespace")
    return each(machine.exported(callee.module.path, "="), (value) =>
      value.kind === "namespace" ? unknown : machine.construct(value, args, flow, site),
    );
  if (callee.kind === "function") {
    const role = derivedRole(args);
    machine.run(callee, args, flow);
    return role === undefined ? unknown : data(role);
  }
  const role = derivedRole(args);
  const text = site.node.type === "NewExpression" ? site.module.syntax.textOf(site.node.callee) : "";
  noteKept(`new ${text}`, args, flow, site);
  return role === undefined ? unknown : data(role === "request" ? "about" : role);
};
