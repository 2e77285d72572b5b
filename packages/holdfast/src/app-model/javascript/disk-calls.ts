import type { Flow, Machine } from "./flow.js";
import { note, wordsOf } from "./flow.js";
import type { Choices, External, Role, Site } from "./values.js";
import { absent, each, one, roleOf, textOf, unknown } from "./values.js";

const isBytes = (role: Role | undefined): boolean => role === "bytes" || role === "file" || role === "form";

/** Whether a value is text made by `JSON.stringify`, and what of. */
const isJson = (choices: Choices): boolean =>
  choices.some(({ value }) => value.kind === "external" && value.name.startsWith("global:JSON.stringify()"));

/** What bytes are written through: the path of a stream made by `createWriteStream`. */
export const streamTarget = (destination: Choices): Choices | undefined => {
  for (const { value } of destination) {
    if (value.kind === "external" && /(^|:|\.)createWriteStream\(\)$/.test(value.name) && value.name.startsWith("fs:"))
      return value.args[0] ?? unknown;
    if (value.kind === "external" && /^stream:(Writable\.)?toWeb\(\)$/.test(value.name)) return streamTarget(value.args[0] ?? unknown);
    if (value.kind === "external" && value.name.startsWith("global:Bun.file().writer")) return value.on?.args[0] ?? unknown;
  }
  return undefined;
};

/** Notes what happens when bytes flow into something: a stream to the disk, or to a service noted where it was made. */
export const pour = (bytes: Role | undefined, destination: Choices, flow: Flow, site: Site): void => {
  const path = streamTarget(destination);
  if (path !== undefined && isBytes(bytes)) note(flow, site, { kind: "write", path, isMove: false, from: absent, words: "" });
};

const write = (flow: Flow, site: Site, path: Choices, content: Choices, isDecoded = false): void => {
  const isText = isDecoded && roleOf(content) === "body";
  if (isText) note(flow, site, { kind: "write", path: pathOf(path), isMove: false, from: absent, words: wordsOf(site, 0) });
  else if (isJson(content)) note(flow, site, { kind: "json", path });
  else if (isBytes(roleOf(content)))
    note(flow, site, { kind: "write", path: pathOf(path), isMove: false, from: absent, words: wordsOf(site, 0) });
};

/** `writeFile(path, text, "base64")`, with the encoding alone or among options. */
const isBase64 = (options: Choices | undefined): boolean =>
  options?.some(({ value }) => {
    const encoding = value.kind === "object" ? value.entries.get("encoding")?.[0]?.value : value;
    return encoding?.kind === "literal" && (encoding.value === "base64" || encoding.value === "binary");
  }) === true;

/** `Bun.write(Bun.file("a"), …)` writes to `a`. */
const pathOf = (path: Choices): Choices =>
  each(path, (value) => (value.kind === "external" && value.name === "global:Bun.file()" ? (value.args[0] ?? unknown) : one(value)));

const fsCall = (name: string, args: readonly Choices[], flow: Flow, site: Site): Choices | undefined => {
  const [first = absent, second = absent] = args;
  const from = roleOf(first);
  switch (name.replace(/Sync$/, "")) {
    case "writeFile":
    case "appendFile":
    case "outputFile":
    case "writeJson":
    case "writeJSON":
    case "outputJson":
      if (/json/i.test(name)) note(flow, site, { kind: "json", path: first });
      else write(flow, site, first, second, isBase64(args[2]));
      return absent;
    case "write":
    case "writev":
      return absent;
    case "rename":
    case "copyFile":
    case "copy":
    case "move":
    case "cp":
    case "link":
      if (from === "path" || from === "file" || from === "name" || (from === "body" && name.startsWith("rename")) || isTemporary(first)) {
        note(flow, site, { kind: "write", path: second, isMove: /^(rename|move)/.test(name), from: first, words: wordsOf(site, 1) });
      }
      return absent;
    case "unlink":
    case "rm":
    case "remove":
    case "rmdir":
      note(flow, site, { kind: "remove", target: first, words: wordsOf(site, 0) });
      return absent;
    case "readFile":
    case "createReadStream":
    case "open":
      // What is read back from the stored file is the upload's bytes again; from elsewhere it is nobody's.
      return from === undefined
        ? undefined
        : one({ kind: "data", role: from === "about" || from === "body" || from === "request" ? "about" : "bytes" });
    default:
      return undefined;
  }
};

/** A path below the system's temporary folder. */
export const isTemporary = (choices: Choices): boolean =>
  choices.some(({ value }) => {
    const text = textOf(value);
    return text !== undefined && /^(\/tmp|\/var\/tmp)(\/|$)/.test(text);
  });

/** Notes what a call of the file system, or of something that writes files, does; undefined where it is none. */
export const diskCall = (machine: Machine, callee: External, args: readonly Choices[], flow: Flow, site: Site): Choices | undefined => {
  const { name } = callee;
  const [first = absent, second = absent] = args;
  if (/^fs:(promises\.)?[A-Za-z]+$/.test(name)) return fsCall(name.replace(/^fs:(promises\.)?/, ""), args, flow, site);
  if (name === "global:Bun.write" || name === "bun:write" || name === "global:Deno.writeFile") {
    // `Bun.write(path, form.get("file"))` takes the field as it is.
    write(flow, site, first, second, true);
    return absent;
  }
  if (
    /^(stream|util):(promises\.)?(pipeline|pump)$/.test(name) ||
    /^(pump|pumpify)$/.test(name) ||
    /^(util:promisify|util\.promisify)\(\)$/.test(name)
  ) {
    if (name.startsWith("util:promisify") || name === "util.promisify()") {
      const wrapped = callee.args[0]?.[0]?.value;
      return wrapped === undefined ? undefined : machine.call(wrapped, args, flow, site);
    }
    const target = args.findLast((arg) => streamTarget(arg) !== undefined);
    if (target !== undefined) pour(args.map((arg) => roleOf(arg)).find(isBytes), target, flow, site);
    return undefined;
  }
  // Sharp, Jimp and the like, writing what they made of an upload.
  if (callee.on?.role !== undefined && /\.(toFile|writeAsync|saveToFile)$/.test(name)) {
    note(flow, site, { kind: "write", path: first, isMove: false, from: absent, words: wordsOf(site, 0) });
    return absent;
  }
  if (callee.on?.role !== undefined && /^(jimp|image-js|gm|fluent-ffmpeg|canvas|node-html-to-image)\b.*\.(write|save|output)$/.test(name)) {
    note(flow, site, { kind: "write", path: first, isMove: false, from: absent, words: wordsOf(site, 0) });
    return absent;
  }
  if (
    /^(imagemin|base64-img|base64-to-image|node-base64-image|image-data-uri)\b/.test(name) &&
    /(img|imgSync|decode|base64ToImage|base64-to-image|outputFile)$/.test(name) &&
    isBytes(roleOf(first))
  ) {
    note(flow, site, { kind: "write", path: second, isMove: false, from: absent, words: wordsOf(site, 1) });
    return absent;
  }
  return undefined;
};

/** An uploaded file's own ways of storing itself: `file.mv(path)`, `file.move(folder)`, `file.toDisk()`. */
export const fileMethod = (name: string, args: readonly Choices[], flow: Flow, site: Site): Choices | undefined => {
  const [first = absent] = args;
  switch (name) {
    case "mv":
    case "move":
    case "moveAll":
    case "saveAs":
      note(flow, site, { kind: "write", path: first, isMove: true, from: absent, words: wordsOf(site, 0) });
      return absent;
    case "moveToDisk": {
      const disk = args.length > 1 ? args.at(-1) : undefined;
      note(flow, site, {
        kind: "engine",
        engine: one({ kind: "external", name: "adonis:moveToDisk()", args: [first, disk ?? absent], on: undefined, role: undefined, site }),
      });
      return absent;
    }
    default:
      return undefined;
  }
};
