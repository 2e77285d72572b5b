import { cases, either, entryOf, known, nothing, textOf, unknownValue, type Entry, type Value } from "../abstract-value.js";
import { isNever } from "../conditions.js";
import type { Evidence, Outcome, Sink } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate, reachOf } from "./evaluate.js";
import { joinPath } from "./method-values.js";
import { argumentsOf } from "./ruby-syntax.js";
import { classNameOf } from "./names.js";
import { isLive, type RubyProject } from "./project.js";

/** Find what Shrine keeps: the attachments of its uploaders. */
export function shrineSinks(project: RubyProject): readonly Sink[] {
  const files = project.files.filter((file) => /Shrine|Uploader/.test(project.text(file) ?? ""));
  if (!files.some((file) => (project.text(file) ?? "").includes("Shrine"))) return [];
  const uploaders = shrineClasses(project, files);
  const storages = storagesOf(project, files);
  return files.flatMap((file) => {
    const root = project.parse(file);
    if (root === undefined) return [];
    return [...descend(root)].flatMap((node) => {
      const used = attachmentOf(node, uploaders);
      if (used === undefined || !isLive(node, project.scope(file))) return [];
      const { items, named } = argumentsOf(node);
      const name = textOf(evaluate(items[0] ?? node.children[1], project.scope(file))) ?? "file";
      const label = `${classNameOf(node) ?? file}.${name}`;
      const store = named.get("store");
      const storage = (store === undefined ? undefined : textOf(evaluate(store, project.scope(file)))) ?? used.store ?? "store";
      const first = { file, line: node.line, why: `${label} is kept by ${used.name}` };
      return [{ label, at: { file, line: node.line }, outcomes: rowsOf(storages, storage, first) }];
    });
  });
}

interface ShrineClass {
  readonly name: string;
  /** The storage it names itself. */
  readonly store: string | undefined;
}

function shrineClasses(project: RubyProject, files: readonly string[]): ReadonlyMap<string, ShrineClass> {
  const found = new Map<string, ShrineClass>([["Shrine", { name: "Shrine", store: undefined }]]);
  // Twice, so that a class made from a class that comes later is found.
  for (const file of [...files, ...files]) {
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const parent = node.type === "class" ? child(node, "superclass")?.children[0]?.text.replace(/^::/, "") : undefined;
      const made = parent === undefined ? undefined : found.get(lastOf(parent));
      if (made === undefined) continue;
      const name = child(node, "name")?.text ?? "";
      found.set(lastOf(name), { name, store: storeOf(project, file, node) ?? made.store });
    }
  }
  return found;
}

function storeOf(project: RubyProject, file: string, node: Syntax): string | undefined {
  for (const one of descend(node)) {
    if (one.type !== "call" || child(one, "method")?.text !== "plugin") continue;
    const { items, named } = argumentsOf(one);
    const store = named.get("store");
    if (items[0]?.text === ":default_storage" && store !== undefined) return textOf(evaluate(store, project.scope(file)));
  }
  return undefined;
}

/** `ImageUploader::Attachment(:image)`, `ImageUploader::Attachment.new(:image)`, `ImageUploader[:image]` where a class includes it. */
function attachmentOf(node: Syntax, uploaders: ReadonlyMap<string, ShrineClass>): ShrineClass | undefined {
  const owner = (name: string | undefined): ShrineClass | undefined => (name === undefined ? undefined : uploaders.get(lastOf(name)));
  if (node.type === "element_reference") {
    const isIncluded = node.parent?.type === "argument_list" && child(node.parent.parent, "method")?.text === "include";
    return isIncluded ? owner(node.children[0]?.text) : undefined;
  }
  if (node.type !== "call") return undefined;
  const receiver = child(node, "receiver");
  const method = child(node, "method")?.text;
  if (method === "Attachment" || method === "attachment") return owner(receiver?.text);
  if (method === "new" && receiver?.text.endsWith("::Attachment") === true) return owner(receiver?.text.replace(/::Attachment$/, ""));
  return undefined;
}

/** `Shrine.storages`, after all files have had their say. */
function storagesOf(project: RubyProject, files: readonly string[]): Value {
  let storages: Value = nothing;
  for (const file of files) {
    const root = project.parse(file);
    const scope = project.scope(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const left = node.type === "assignment" ? child(node, "left") : undefined;
      if (left === undefined || !/^Shrine\.storages\b/.test(left.text)) continue;
      const when = reachOf(node, scope);
      if (isNever(when)) continue;
      const value = evaluate(child(node, "right"), scope);
      if (left.type === "element_reference") {
        const key = textOf(evaluate(left.children[1], scope)) ?? "";
        const entry: Entry = { value, file, line: node.line };
        storages = either(when, withEntry(storages, key, entry), storages);
      } else storages = either(when, value.kind === "table" ? value : unknownValue("the storages of Shrine"), storages);
    }
  }
  return storages;
}

function withEntry(table: Value, key: string, entry: Entry): Value {
  if (table.kind === "either")
    return { ...table, chosen: withEntry(table.chosen, key, entry), otherwise: withEntry(table.otherwise, key, entry) };
  return { kind: "table", entries: new Map([...(table.kind === "table" ? table.entries : []), [key, entry]]) };
}

function rowsOf(storages: Value, storage: string, first: Evidence): readonly Outcome[] {
  const rows = cases(storages).flatMap(({ when, value }) => {
    const entry = entryOf(value, storage);
    if (entry === undefined) {
      const kind = value.kind === "table" || value.kind === "known" ? "fails" : "unknown";
      return under(when, [outcome(kind === "fails" ? { kind } : { kind, what: "the storages of Shrine" }, [first])]);
    }
    return under(
      when,
      cases(entry.value).flatMap((one) =>
        under(
          one.when,
          storageRows(one.value, [first, { file: entry.file, line: entry.line, why: `Shrine's storage ${storage} is opened here` }]),
        ),
      ),
    );
  });
  return closed(rows, outcome({ kind: "unknown", what: "the storages of Shrine" }, [first]));
}

function storageRows(value: Value, because: readonly Evidence[]): readonly Outcome[] {
  if (value.kind !== "made") return [outcome({ kind: "unknown", what: "a storage of Shrine" }, because)];
  const kind = lastOf(value.type).toLowerCase();
  if (kind === "filesystem") {
    const prefix = value.named.get("prefix");
    return diskRows(joinPath([value.items[0] ?? known("public"), ...(prefix === undefined ? [] : [prefix])]), because, plainPath);
  }
  if (kind === "memory") return [outcome({ kind: "disk", path: undefined }, because)];
  const services: Readonly<Record<string, string>> = {
    s3: "s3",
    cloudinary: "cloudinary",
    googlecloudstorage: "gcs",
    gcs: "gcs",
    azureblob: "azure",
    uploadcare: "uploadcare",
    imgix: "imgix",
    fog: "s3",
    flickr: "flickr",
    transloadit: "transloadit",
    tus: "s3",
  };
  const service = services[kind];
  if (service !== undefined) return [outcome({ kind: "cloud", service }, because)];
  if (kind === "gridfs" || kind === "sql") return [outcome({ kind: "database", engine: kind }, because)];
  return [outcome({ kind: "unknown", what: `Shrine's storage ${value.type}` }, because)];
}

function lastOf(name: string): string {
  return name.split("::").at(-1) ?? name;
}
