import { cases, either, entryOf, known, nothing, textOf, type Value } from "../abstract-value.js";
import { isNever } from "../conditions.js";
import type { Evidence, Outcome, Sink } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate, reachOf } from "./evaluate.js";
import { argumentsOf, chainName } from "./ruby-syntax.js";
import { classNameOf } from "./names.js";
import { isLive, type RubyProject } from "./project.js";

/** Find what Paperclip, Dragonfly and Attachinary keep. */
export function olderGemSinks(project: RubyProject): readonly Sink[] {
  return project.files.flatMap((file) => {
    if (!/has_attached_file|dragonfly_accessor|has_attachments?\b/.test(project.text(file) ?? "")) return [];
    const root = project.parse(file);
    return root === undefined ? [] : [...descend(root)].flatMap((node) => (node.type === "call" ? sinkOf(project, file, node) : []));
  });
}

function sinkOf(project: RubyProject, file: string, node: Syntax): readonly Sink[] {
  const method = child(node, "method")?.text ?? "";
  if (!isLive(node, project.scope(file)) || child(node, "receiver") !== undefined) return [];
  const { items } = argumentsOf(node);
  const label = `${classNameOf(node) ?? file}.${textOf(evaluate(items[0], project.scope(file))) ?? "file"}`;
  const at = { file, line: node.line };
  const sink = (gem: string, rows: (first: Evidence) => readonly Outcome[]): readonly Sink[] => [
    { label, at, outcomes: rows({ ...at, why: `${label} is kept by ${gem}` }) },
  ];
  if (method === "has_attached_file") return sink("Paperclip", (first) => paperclipRows(project, file, node, first));
  if (method === "dragonfly_accessor") return sink("Dragonfly", (first) => dragonflyRows(project, first));
  if (/^has_attachments?$/.test(method) && project.gems.has("attachinary")) {
    return sink("Attachinary", (first) => [outcome({ kind: "cloud", service: "cloudinary" }, [first])]);
  }
  return [];
}

function paperclipRows(project: RubyProject, file: string, node: Syntax, first: Evidence): readonly Outcome[] {
  const own = argumentsOf(node).named.get("storage");
  const shared = paperclipDefaults(project);
  const storage = own === undefined ? shared.storage : evaluate(own, project.scope(file));
  const ownPath = argumentsOf(node).named.get("path");
  const path = ownPath === undefined ? shared.path : evaluate(ownPath, project.scope(file));
  const because = shared.because === undefined || own !== undefined ? [first] : [first, shared.because];
  const rows = cases(storage).flatMap(({ when, value }) => {
    const kind = textOf(value) ?? "";
    if (kind === "" || kind === "filesystem") {
      const why = kind === "" ? "no storage is chosen, so Paperclip keeps files on disk" : "the storage is the disk";
      return under(when, diskRows(path, [...because, { file, line: node.line, why }], paperclipFolder));
    }
    const services: Readonly<Record<string, string>> = {
      s3: "s3",
      fog: "s3",
      azure: "azure",
      azure_storage: "azure",
      cloudinary: "cloudinary",
      gcs: "gcs",
      dropbox: "dropbox",
    };
    const service = services[kind];
    return under(when, [
      outcome(service === undefined ? { kind: "unknown", what: `the storage ${kind}` } : { kind: "cloud", service }, because),
    ]);
  });
  return closed(rows, outcome({ kind: "unknown", what: "the storage of Paperclip" }, because));
}

/** The folder a pattern of Paperclip's begins with: `:rails_root/public/system/:class/…`. */
function paperclipFolder(pattern: string): string {
  const folder = pattern.replace(/^:rails_root\/?/, "").replace(/\/?:(?!-)\w+.*$/, "");
  return plainPath(folder === "" ? "public/system" : folder);
}

function paperclipDefaults(project: RubyProject): { storage: Value; path: Value; because: Evidence | undefined } {
  let storage: Value = nothing;
  let path: Value = known("public/system");
  let because: Evidence | undefined;
  for (const { when, value, file, line } of project.settings("paperclip_defaults").toReversed()) {
    storage = either(when, entryOf(value, "storage")?.value ?? nothing, storage);
    path = either(when, entryOf(value, "path")?.value ?? path, path);
    because = { file, line, why: "what Paperclip does by default is set here" };
  }
  for (const file of project.files) {
    if (!/Paperclip::Attachment\.default_options|DEFAULTS/.test(project.text(file) ?? "")) continue;
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const said = defaultOption(project, file, node);
      const when = said === undefined ? undefined : reachOf(node, project.scope(file));
      if (said === undefined || when === undefined || isNever(when)) continue;
      if (said.storage !== undefined) storage = either(when, said.storage, storage);
      if (said.path !== undefined) path = either(when, said.path, path);
      because = { file, line: node.line, why: "what Paperclip does by default is set here" };
    }
  }
  return { storage, path, because };
}

function defaultOption(project: RubyProject, file: string, node: Syntax): { storage?: Value; path?: Value } | undefined {
  const scope = project.scope(file);
  const left = node.type === "assignment" ? child(node, "left") : undefined;
  if (left?.type === "element_reference" && left.text.startsWith("Paperclip::Attachment.default_options")) {
    const key = textOf(evaluate(left.children[1], scope));
    const value = evaluate(child(node, "right"), scope);
    return key === "storage" ? { storage: value } : key === "path" ? { path: value } : undefined;
  }
  const method = node.type === "call" ? child(node, "method")?.text : undefined;
  if (!/^(merge!|update)$/.test(method ?? "") || !/^Paperclip::Attachment\.default_options$/.test(child(node, "receiver")?.text ?? ""))
    return undefined;
  const { items, named } = argumentsOf(node);
  const table = items[0] === undefined ? undefined : evaluate(items[0], scope);
  const of = (key: string): Value | undefined => {
    const one = named.get(key);
    return one === undefined ? (table === undefined ? undefined : entryOf(table, key)?.value) : evaluate(one, scope);
  };
  const [storage, path] = [of("storage"), of("path")];
  return { ...(storage === undefined ? {} : { storage }), ...(path === undefined ? {} : { path }) };
}

function dragonflyRows(project: RubyProject, first: Evidence): readonly Outcome[] {
  const rows: Outcome[] = [];
  for (const file of project.files) {
    if (!file.includes("config/") || !/Dragonfly/.test(project.text(file) ?? "")) continue;
    const root = project.parse(file);
    const scope = project.scope(file);
    for (const node of root === undefined ? [] : descend(root)) {
      if (node.type !== "call" || chainName(child(node, "method")) !== "datastore") continue;
      const when = reachOf(node, scope);
      if (isNever(when)) continue;
      const { items, named } = argumentsOf(node);
      const kind = textOf(evaluate(items[0], scope)) ?? "";
      const because = [first, { file, line: node.line, why: "Dragonfly's datastore is chosen here" }];
      const folder = named.get("root_path");
      if (kind === "file") {
        const path = folder === undefined ? known("public/system/dragonfly") : evaluate(folder, scope);
        rows.unshift(...under(when, diskRows(path, because, plainPath)));
      } else if (/s3|google|gcs|azure|cloudinary/.test(kind)) {
        rows.unshift(outcome({ kind: "cloud", service: /google|gcs/.test(kind) ? "gcs" : kind }, because, when));
      } else rows.unshift(outcome({ kind: "unknown", what: `the datastore ${kind}` }, because, when));
    }
  }
  const why = "no datastore is chosen, so Dragonfly keeps files on disk";
  return closed(rows, outcome({ kind: "disk", path: "db/dragonfly" }, [{ ...first, why }]));
}
