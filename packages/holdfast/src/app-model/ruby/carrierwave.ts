import { cases, either, entryOf, known, textOf, type Value } from "../abstract-value.js";
import { isNever, not, present } from "../conditions.js";
import type { Evidence, Outcome, Place, Sink } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate, reachOf } from "./evaluate.js";
import { joinPath } from "./method-values.js";
import { argumentsOf } from "./ruby-syntax.js";
import { classNameOf } from "./names.js";
import { isLive, type RubyProject } from "./project.js";

/** What one part of an uploader says, and where. */
interface Said extends Place {
  readonly value: Value;
}

/** An uploader class: what it says of itself, and the class it is made from. */
interface Uploader {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly parent: string | undefined;
  readonly mixed: readonly string[];
  readonly storage: Said | undefined;
  readonly folder: Value | undefined;
}

/** Find what CarrierWave keeps: the columns that an uploader is mounted on, and uploaders used by hand. */
export function carrierwaveSinks(project: RubyProject): readonly Sink[] {
  const uploaders = uploadersOf(project);
  if (uploaders.size === 0) return [];
  const settings = settingsOf(project);
  const sinks: Sink[] = [];
  for (const file of project.files) {
    const text = project.text(file) ?? "";
    if (!/mount_uploader|mount_uploaders|mount_base64_uploader|Uploader\.new/.test(text)) continue;
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (node.type !== "call" || !isLive(node, project.scope(file))) continue;
      const used = usedIn(project, file, node);
      const uploader = used === undefined ? undefined : uploaders.get(lastOf(used.uploader));
      if (used === undefined || uploader === undefined) continue;
      sinks.push({
        label: used.label,
        at: { file, line: node.line },
        outcomes: rowsOf(uploader, uploaders, settings, { file, line: node.line, why: `${used.label} is kept by ${uploader.name}` }),
      });
    }
  }
  return sinks;
}

function usedIn(project: RubyProject, file: string, node: Syntax): { label: string; uploader: string } | undefined {
  const method = child(node, "method")?.text ?? "";
  const { items } = argumentsOf(node);
  if (/^mount_(base64_)?uploaders?$/.test(method)) {
    const column = textOf(evaluate(items[0], project.scope(file))) ?? "file";
    const [, uploader] = items;
    return uploader === undefined ? undefined : { label: `${classNameOf(node) ?? file}.${column}`, uploader: uploader.text };
  }
  const receiver = child(node, "receiver");
  if (method === "new" && receiver?.text.endsWith("Uploader") === true && !/(^|\/)uploaders\//.test(file)) {
    return { label: `${classNameOf(node) ?? file} (${receiver.text})`, uploader: receiver.text };
  }
  return undefined;
}

function uploadersOf(project: RubyProject): ReadonlyMap<string, Uploader> {
  const found = new Map<string, Uploader>();
  for (const file of project.files) {
    if (!/Uploader\b/.test(project.text(file) ?? "")) continue;
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (node.type !== "class") continue;
      const parent = child(node, "superclass")?.children[0]?.text.replace(/^::/, "");
      if (parent === undefined || !/Uploader/.test(parent)) continue;
      const name = child(node, "name")?.text ?? "";
      found.set(lastOf(name), uploaderOf(project, file, node, name, parent));
    }
  }
  return isMadeOfCarrierwave(found);
}

/** Only those that come from CarrierWave's own class in the end. */
function isMadeOfCarrierwave(found: ReadonlyMap<string, Uploader>): ReadonlyMap<string, Uploader> {
  const isOne = (uploader: Uploader, depth = 0): boolean => {
    if (uploader.parent === "CarrierWave::Uploader::Base") return true;
    const parent = found.get(lastOf(uploader.parent ?? ""));
    return depth < 8 && parent !== undefined && parent !== uploader && isOne(parent, depth + 1);
  };
  return new Map([...found].filter(([, uploader]) => isOne(uploader)));
}

function uploaderOf(project: RubyProject, file: string, node: Syntax, name: string, parent: string): Uploader {
  const scope = project.scope(file);
  let storage: Said | undefined;
  let folder: Value | undefined;
  const mixed: string[] = [];
  for (const one of descend(node)) {
    if (one.type === "method" && child(one, "name")?.text === "store_dir") folder = evaluate(child(one, "body"), scope);
    if (one.type !== "call" || child(one, "receiver") !== undefined) continue;
    const method = child(one, "method")?.text;
    const when = reachOf(one, scope);
    if (isNever(when)) continue;
    const [first] = argumentsOf(one).items;
    if (method === "include" && first !== undefined) {
      mixed.push(first.text);
      if (first.text === "Cloudinary::CarrierWave") storage = { value: known("cloudinary"), file, line: one.line };
    }
    if (method !== "storage" || first === undefined) continue;
    storage = { value: either(when, evaluate(first, scope), storage?.value ?? known("standard")), file, line: one.line };
  }
  return { name, file, line: node.line, parent, mixed, storage, folder };
}

interface Settings {
  readonly storage: Said | undefined;
  readonly root: Value | undefined;
  readonly folder: Value | undefined;
  readonly provider: Value | undefined;
  /** Whether credentials for a cloud are given at all. */
  readonly hasFog: boolean;
}

/** What `CarrierWave.configure` says, all blocks together. */
function settingsOf(project: RubyProject): Settings {
  let storage: Said | undefined;
  const values = new Map<string, Value>();
  for (const file of project.files) {
    if (!file.includes("config/") || !/CarrierWave/.test(project.text(file) ?? "")) continue;
    const root = project.parse(file);
    const scope = project.scope(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const said = settingOf(node);
      if (said === undefined) continue;
      const when = reachOf(node, scope);
      if (isNever(when)) continue;
      const value = evaluate(said.value, scope);
      if (said.name === "storage") {
        storage = { value: either(when, value, storage?.value ?? known("file")), file, line: node.line };
      } else values.set(said.name, either(when, value, values.get(said.name) ?? known(null)));
    }
  }
  const credentials = values.get("fog_credentials");
  return {
    storage,
    root: values.get("root"),
    folder: values.get("store_dir"),
    provider: credentials === undefined ? undefined : entryOf(credentials, "provider")?.value,
    hasFog: credentials !== undefined || values.has("fog_directory") || values.has("aws_bucket"),
  };
}

const names = new Set(["storage", "root", "store_dir", "fog_credentials", "fog_directory", "aws_bucket", "fog_provider"]);

/** `config.storage = :fog` and `config.storage :fog` alike. */
function settingOf(node: Syntax): { name: string; value: Syntax } | undefined {
  const target = node.type === "assignment" ? child(node, "left") : node.type === "call" ? node : undefined;
  const name = target?.type === "call" ? child(target, "method")?.text : undefined;
  const receiver = target === undefined ? undefined : child(target, "receiver");
  if (name === undefined || !names.has(name) || receiver?.type !== "identifier") return undefined;
  const value = node.type === "assignment" ? child(node, "right") : argumentsOf(node).items[0];
  return value === undefined ? undefined : { name, value };
}

function rowsOf(uploader: Uploader, uploaders: ReadonlyMap<string, Uploader>, settings: Settings, first: Evidence): readonly Outcome[] {
  const line = lineage(uploader, uploaders);
  const said = line.find((one) => one.storage !== undefined)?.storage ?? settings.storage;
  const folder = line.find((one) => one.folder !== undefined)?.folder ?? settings.folder ?? known("uploads");
  const root = settings.root ?? known("public");
  const because: Evidence[] = [first];
  if (said === undefined) {
    because.push({ file: uploader.file, line: uploader.line, why: "no storage is chosen, so CarrierWave keeps files on disk" });
  } else because.push({ file: said.file, line: said.line, why: "the storage is chosen here" });
  const onDisk = (): readonly Outcome[] => diskRows(absolute(root, folder), because, plainPath);
  const rows = cases(said?.value ?? known("file")).flatMap(({ when, value }) => {
    if (value.kind === "variable") return under(when, byVariable(value, settings, because, onDisk));
    const standard = value.kind === "known" && value.value === "standard";
    const named = value.kind === "unknown" && value.what.startsWith("CarrierWave::Storage::") ? value.what : "";
    const kind = standard ? (textOf(settings.storage?.value ?? known("file")) ?? "") : (textOf(value) ?? named);
    return under(when, ofKind(kind, settings, because, onDisk));
  });
  return closed(rows, outcome({ kind: "unknown", what: "the storage of an uploader" }, because));
}

/** `storage ENV.fetch("STORAGE", "file").to_sym`: whoever sets the variable chooses; a name that there is none of ends the start. */
function byVariable(
  { name, ifUnset }: Extract<Value, { kind: "variable" }>,
  settings: Settings,
  because: readonly Evidence[],
  onDisk: () => readonly Outcome[],
): readonly Outcome[] {
  const chosen = ["file", "fog", "aws"].flatMap((kind) =>
    under({ kind: "equals", name, values: [kind] }, ofKind(kind, settings, because, onDisk)),
  );
  const standard = textOf(ifUnset) ?? "";
  return [...chosen, ...under(not(present(name)), ofKind(standard, settings, because, onDisk)), outcome({ kind: "fails" }, because)];
}

function ofKind(kind: string, settings: Settings, because: readonly Evidence[], onDisk: () => readonly Outcome[]): readonly Outcome[] {
  const lower = kind.replace(/^CarrierWave::Storage::/, "").toLowerCase();
  if (lower === "file") return onDisk();
  if (lower === "fog") return fog(settings, because, onDisk);
  if (lower === "aws" || lower === "s3") return [outcome({ kind: "cloud", service: "s3" }, because)];
  if (lower === "cloudinary" || lower.includes("cloudinary")) return [outcome({ kind: "cloud", service: "cloudinary" }, because)];
  if (/^(gcloud|google|gcs)/.test(lower)) return [outcome({ kind: "cloud", service: "gcs" }, because)];
  if (lower.startsWith("azure")) return [outcome({ kind: "cloud", service: "azure" }, because)];
  if (/^(qiniu|aliyun|oss|obs|upyun|dropbox|ftp|sftp|webdav|imgur|backblaze|bunny|storj|cos)/.test(lower)) {
    return [outcome({ kind: "cloud", service: lower }, because)];
  }
  if (/^(grid_?fs|postgresql_lo|database|activerecord)/.test(lower)) return [outcome({ kind: "database", engine: lower }, because)];
  return [outcome({ kind: "unknown", what: `the storage ${kind === "" ? "of an uploader" : kind}` }, because)];
}

/** Fog with its provider: `Local` is the disk again. Without credentials an upload fails. */
function fog(settings: Settings, because: readonly Evidence[], onDisk: () => readonly Outcome[]): readonly Outcome[] {
  const provider = (settings.provider === undefined ? undefined : textOf(settings.provider))?.toLowerCase() ?? "";
  if (provider === "local") return onDisk();
  if (!settings.hasFog) return [outcome({ kind: "fails" }, because)];
  const service = /google/.test(provider) ? "gcs" : /azure/.test(provider) ? "azure" : "s3";
  return [outcome({ kind: "cloud", service }, because)];
}

function absolute(root: Value, folder: Value): Value {
  return textOf(root) === undefined && root.kind === "unknown" ? folder : joinPath([root, folder]);
}

function lineage(uploader: Uploader, uploaders: ReadonlyMap<string, Uploader>): readonly Uploader[] {
  const line: Uploader[] = [uploader];
  for (let next = uploaders.get(lastOf(uploader.parent ?? "")); next !== undefined && !line.includes(next);) {
    line.push(next);
    next = uploaders.get(lastOf(next.parent ?? ""));
  }
  return line;
}

function lastOf(name: string): string {
  return name.split("::").at(-1) ?? name;
}
