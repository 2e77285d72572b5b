import { cases, joined, known, knownStart, textOf, type Value } from "../abstract-value.js";
import type { Evidence, Outcome } from "../model.js";
import { diskRows, outcome, plainPath } from "../outcomes.js";
import type { Syntax } from "../syntax.js";
import { uploadLibraryRows } from "./codeigniter.js";
import { namedDiskRows, standardDiskRows } from "./disks.js";
import { evaluate, type Scope } from "./evaluate.js";
import { argument, argumentsOf, classAround, functionAround, lastName, type Call } from "./php-syntax.js";
import type { PhpProject } from "./project.js";
import { handlesUploads, isUploaded, receivesUploads, topOf } from "./uploaded.js";

/** Methods of an uploaded file that keep it on one of Laravel's disks, and the place of the disk among their arguments. */
const storing: Readonly<Record<string, number>> = { store: 1, storePublicly: 1, storeAs: 2, storePubliclyAs: 2 };

/** Where a call writes uploaded bytes to; undefined where it writes none. */
export function writeRows(project: PhpProject, call: Call, scope: Scope): readonly Outcome[] | undefined {
  const at = { file: scope.file, line: call.node.line };
  return (
    uploadLibraryRows(project, call, scope) ??
    storeRows(project, call, scope, at) ??
    facadeRows(project, call, scope, at) ??
    pathRows(project, call, scope, at)
  );
}

/** `$request->file("photo")->store("photos", "public")`. */
function storeRows(project: PhpProject, call: Call, scope: Scope, at: { file: string; line: number }): readonly Outcome[] | undefined {
  const place = storing[call.name];
  if (place === undefined || call.on === undefined || call.isStatic) return undefined;
  const { items } = argumentsOf(call.node);
  if (!isUploaded(call.on) && !looksLikeFile(call, items, scope)) return undefined;
  const option = argument(call.node, place, "options");
  return optionRows(project, option, scope, [{ ...at, why: "an uploaded file is kept here" }]);
}

/** A call by the same name on something that is no file, such as a service of the app's own, is told apart by its arguments. */
function looksLikeFile(call: Call, items: readonly Syntax[], scope: Scope): boolean {
  if (call.on === undefined || items.length === 0 || items.length > 3) return false;
  if (call.name !== "store") return items.length > 1;
  if (!handlesUploads(call.node) && !/file|image|photo|foto|img|picture|avatar|upload|media|document/i.test(call.on.text)) return false;
  if (/(service|repository|repo|manager|action|dao|model|controller)\b/i.test(call.on.text)) return false;
  return knownStart(evaluate(items[0], scope)) !== "" || items.length === 2;
}

function optionRows(project: PhpProject, option: Syntax | undefined, scope: Scope, because: readonly Evidence[]): readonly Outcome[] {
  if (option === undefined) return standardDiskRows(project, because);
  const value = evaluate(option, scope);
  if (value.kind === "table") {
    const disk = value.entries.get("disk");
    return disk === undefined ? standardDiskRows(project, because) : namedDiskRows(project, disk.value, because);
  }
  if (value.kind === "list" || (value.kind === "known" && (value.value === null || value.value === "")))
    return standardDiskRows(project, because);
  const passed = value.kind === "unknown" ? passedRows(project, option, scope, because) : undefined;
  return passed ?? namedDiskRows(project, value, because);
}

/** A disk that callers choose: the worst of what they pass is told by one row for each. */
function passedRows(project: PhpProject, option: Syntax, scope: Scope, because: readonly Evidence[]): readonly Outcome[] | undefined {
  if (option.type !== "variable_name" || scope.file === "") return undefined;
  let owner = option.parent;
  while (owner !== undefined && owner.type !== "method_declaration" && owner.type !== "function_definition") owner = owner.parent;
  const values = owner === undefined ? [] : project.passed(owner, option.text);
  const understood = values.filter((one) => one.kind !== "unknown");
  if (understood.length === 0 || understood.length < values.length) return undefined;
  const tables = understood.map((one) => namedDiskRows(project, one, because));
  return tables.find((rows) => rows.some((row) => row.destination.kind === "disk")) ?? tables[0];
}

const putting = /^(put|putFile|putFileAs|writeStream|write|putStream)$/;

/** `Storage::disk("s3")->put($path, $contents)`, `Storage::putFile("photos", $file)`. */
function facadeRows(project: PhpProject, call: Call, scope: Scope, at: { file: string; line: number }): readonly Outcome[] | undefined {
  if (!putting.test(call.name) || call.on === undefined) return undefined;
  const because = [{ ...at, why: "an uploaded file is kept here" }];
  const { items } = argumentsOf(call.node);
  if (/(^|\/)(te?mp|temporary)(\/|$)/.test(knownStart(evaluate(items[0], scope)))) {
    return [outcome({ kind: "passing" }, [{ ...at, why: "a temporary file" }])];
  }
  const isOfUpload = call.name.startsWith("putFile") || items.some((one) => isUploaded(one)) || receivesUploads(call.node);
  if (call.isStatic && lastName(call.on.text) === "Storage") return isOfUpload ? standardDiskRows(project, because) : undefined;
  if (call.isStatic) return undefined;
  const on = evaluate(call.on, scope);
  const isDisk = /Storage|FilesystemManager|FilesystemAdapter|->disk\(/.test(call.on.text);
  if (on.kind === "made" && on.type === "Storage") {
    if (!isOfUpload) return undefined;
    const named = argumentsOf(call.on).items[0];
    const passed = on.items[0]?.kind === "unknown" && named !== undefined ? passedRows(project, named, scope, because) : undefined;
    return passed ?? namedDiskRows(project, on.items[0] ?? known(""), because);
  }
  const found = cases(on).flatMap(({ when, value }) =>
    value.kind === "made" && value.type === "Storage"
      ? namedDiskRows(project, value.items[0] ?? known(""), because).map((row) => ({ ...row, when }))
      : [],
  );
  if (found.length > 0) return isOfUpload ? found : undefined;
  return isDisk && isOfUpload && /putFile|put$/.test(call.name)
    ? [outcome({ kind: "unknown", what: "which disk files are kept on" }, because)]
    : undefined;
}

/** Writes to a path by PHP's own functions, Symfony's `move`, an image library's `save`. */
function pathRows(project: PhpProject, call: Call, scope: Scope, at: { file: string; line: number }): readonly Outcome[] | undefined {
  const target = targetOf(call);
  if (target === undefined) return undefined;
  const value = relativeTo(project, evaluate(target.path, scope), scope, target.isFromEntry);
  const start = knownStart(value);
  if (target.needsPath && !isPath(start)) return undefined;
  if (/^(\.\/)?\/?tmp(\/|$)/.test(start) || /temp_dir|tempnam|tmpfile|php:\/\//.test(target.path.text)) {
    return [outcome({ kind: "passing" }, [{ ...at, why: "a temporary file" }])];
  }
  return diskRows(value, [{ ...at, why: "an uploaded file is written to the instance's own disk" }], plainPath);
}

interface Target {
  readonly path: Syntax;
  /** Only a path that is known to lie in the app is one: the name of the call alone says little. */
  readonly needsPath: boolean;
  /** Whether a relative path counts from the folder that is served. */
  readonly isFromEntry: boolean;
}

function targetOf(call: Call): Target | undefined {
  const { items } = argumentsOf(call.node);
  const [first, second] = items;
  const target = (path: Syntax | undefined, needsPath: boolean, isFromEntry = true): Target | undefined =>
    path === undefined ? undefined : { path, needsPath, isFromEntry };
  if (call.on === undefined) {
    if (call.name === "move_uploaded_file") return target(second, false);
    if (!handlesUploads(call.node)) return undefined;
    if (call.name === "file_put_contents")
      return /json_encode|serialize|FILE_APPEND/.test(second?.text ?? "") ? undefined : target(first, false);
    if (call.name === "fopen" && /^["'][waxc]b?\+?b?["']$/.test(second?.text ?? "") && writesBytes(call.node)) return target(first, false);
    if (call.name === "copy" || call.name === "rename")
      return isUploaded(first) || /\$_FILES|tmp|getRealPath|getPathname/.test(first?.text ?? "") ? target(second, false) : undefined;
    return /^image(jpeg|png|webp|gif|avif)$/.test(call.name) ? target(second, false) : undefined;
  }
  if (call.isStatic) {
    const owner = lastName(call.on.text);
    return owner === "File" && call.name === "put" && handlesUploads(call.node) ? target(first, false) : undefined;
  }
  if (call.name === "move" && items.length > 0 && items.length < 4) return target(first, !isUploaded(call.on));
  if (call.name === "moveTo" && items.length === 1) return target(first, !isUploaded(call.on));
  if (call.name === "saveAs" && items.length > 0) return target(first, !isUploaded(call.on), true);
  if (call.name === "save" && items.length > 0 && !isRecord(call)) return target(first, true);
  return undefined;
}

/** What is opened to write what arrived in it: a picture sent as text, a file sent as the whole of a request. */
function writesBytes(node: Syntax): boolean {
  const text = functionAround(node)?.text ?? topOf(node).text;
  return (
    /fwrite|fputs|stream_copy_to_stream/.test(text) &&
    /base64_decode|php:\/\/input|\$_FILES|getRealPath/.test(text) &&
    !/fputcsv/.test(text)
  );
}

/** `$model->save(["timestamps" => false])` is no write of a file. */
function isRecord(call: Call): boolean {
  return argumentsOf(call.node).items[0]?.type === "array_creation_expression" || classAround(call.node) === undefined
    ? !handlesUploads(call.node)
    : false;
}

function isPath(start: string): boolean {
  return /^(\.\/|\/)?[\w.${}:-]+(\/|$)/.test(start) && start.includes("/");
}

/** A path that is written without a folder before it counts from the folder of the script that the server runs. */
function relativeTo(project: PhpProject, value: Value, scope: Scope, isFromEntry: boolean): Value {
  const text = textOf(value) ?? knownStart(value);
  if (!isFromEntry || text === "" || text.startsWith("/") || text.startsWith("${")) return value;
  if (/^\.?\/?(storage|public|app|database|resources|writable|var|web|html|www)(\/|$)/.test(text)) return value;
  if (text.startsWith(scope.folder === "." ? "./" : scope.folder)) return value;
  const entry = project.isLaravel ? "public" : scope.folder;
  return joined(known(`${entry}/`), value);
}
