import { textOf, type Value } from "../abstract-value.js";
import { isAlways } from "../conditions.js";
import type { Evidence, Outcome, Sink } from "../model.js";
import { closed, outcome, under } from "../outcomes.js";
import { child, descend, type Syntax } from "../syntax.js";
import { evaluate } from "./evaluate.js";
import { argumentsOf } from "./ruby-syntax.js";
import { classNameOf, isUsedElsewhere } from "./names.js";
import { isLive, type RubyProject } from "./project.js";
import { serviceRows } from "./storage-services.js";

const attaching = new Set(["has_one_attached", "has_many_attached"]);
const blobs = /^(create_and_upload!|create_after_upload!|create_after_unfurling!|build_after_upload|upload)$/;

/** Find what Active Storage keeps: attachments of records, rich texts, and blobs made by hand. */
export function activeStorageSinks(project: RubyProject): readonly Sink[] {
  let standard: readonly Outcome[] | undefined;
  const usual = (): readonly Outcome[] => (standard ??= configured(project));
  return project.files.flatMap((file) => {
    const text = project.text(file) ?? "";
    if (!/has_(one|many)_attached|has_rich_text|ActiveStorage::Blob/.test(text)) return [];
    const root = project.parse(file);
    if (root === undefined) return [];
    return [...descend(root)].flatMap((node) => (node.type === "call" ? sinkOf(project, file, node, usual) : []));
  });
}

function sinkOf(project: RubyProject, file: string, node: Syntax, usual: () => readonly Outcome[]): readonly Sink[] {
  const method = child(node, "method")?.text ?? "";
  const receiver = child(node, "receiver");
  const scope = project.scope(file);
  const { items, named } = argumentsOf(node);
  const at = { file, line: node.line };
  if (receiver?.text === "ActiveStorage::Blob" && blobs.test(method)) {
    if (!isLive(node, scope) || /(^|\/)(lib\/tasks|db)\//.test(file)) return [];
    const service = named.get("service_name");
    return [
      {
        label: `${classNameOf(node) ?? file} (blob)`,
        at,
        outcomes: rows(project, service === undefined ? undefined : evaluate(service, scope), at, usual),
      },
    ];
  }
  const isOwn = receiver === undefined || receiver.text === "base" || receiver.text === "self";
  const isRich = method === "has_rich_text";
  if (!isOwn || (!attaching.has(method) && !isRich) || !isLive(node, scope)) return [];
  const owner = classNameOf(node);
  if (owner !== undefined && isModule(node) && !isUsedElsewhere(project, owner, file)) return [];
  if (isRich && refusesFiles(project)) return [];
  const name = textOf(evaluate(items[0], scope)) ?? "attachment";
  const label = `${owner ?? file}.${name}`;
  const service = isRich ? undefined : named.get("service");
  const why = isRich ? `${label} is rich text, whose pictures Active Storage keeps` : `${label} is kept by Active Storage`;
  const outcomes = rows(project, service === undefined ? undefined : evaluate(service, scope), at, usual);
  return [{ label, at, outcomes: outcomes.map((row) => ({ ...row, because: [{ ...at, why }, ...row.because] })) }];
}

function rows(
  project: RubyProject,
  service: Value | undefined,
  at: { readonly file: string; readonly line: number },
  usual: () => readonly Outcome[],
): readonly Outcome[] {
  if (service === undefined) return usual();
  const because = [{ ...at, why: `it names its service: ${textOf(service) ?? "by a condition"}` }];
  return closed(serviceRows(project, service, because), outcome({ kind: "fails" }, because));
}

/** The service that `config.active_storage.service` chooses in production. */
function configured(project: RubyProject): readonly Outcome[] {
  const found: Outcome[] = [];
  const settings = project.settings("active_storage.service");
  for (const { when, value, file, line } of settings) {
    const name = value.kind === "known" ? String(value.value) : undefined;
    const why = name === undefined ? "the service is chosen here" : `the service in ${project.environment} is ${name}`;
    found.push(...under(when, serviceRows(project, value, [{ file, line, why }])));
    if (isAlways(when)) break;
  }
  const file = project.path(`config/environments/${project.environment}.rb`);
  const because: readonly Evidence[] = [{ file, line: 1, why: "no Active Storage service is chosen for production: uploads fail" }];
  return closed(found, outcome({ kind: "fails" }, because));
}

/** Whether the app's scripts turn files away from the rich text editor. */
function refusesFiles(project: RubyProject): boolean {
  const scripts = project.tree
    .find(project.root, ".js", ".ts", ".erb", ".jsx", ".tsx")
    .filter((file) => !/node_modules|\.min\./.test(file));
  return scripts.some((file) => {
    const text = project.text(file) ?? "";
    const at = text.indexOf("trix-file-accept");
    return (
      at !== -1 &&
      /preventDefault/.test(text.slice(at, at + 300)) &&
      !/\bif\s*\(/.test(text.slice(at, at + 300).split("preventDefault")[0] ?? "")
    );
  });
}

function isModule(node: Syntax): boolean {
  for (let one = node.parent; one !== undefined; one = one.parent) {
    if (one.type === "class") return false;
    if (one.type === "module") return true;
  }
  return false;
}
