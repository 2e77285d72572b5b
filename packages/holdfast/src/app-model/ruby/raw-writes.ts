import { textOf, type Value } from "../abstract-value.js";
import { all, always, isAlways, isNever, not, set } from "../conditions.js";
import type { Condition, Outcome, Sink } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { around, child, descend, type Syntax } from "../syntax.js";
import { evaluate, reachOf, type Scope } from "./evaluate.js";
import { argumentsOf } from "./ruby-syntax.js";
import { classNameOf, isUsedElsewhere, methodNameOf } from "./names.js";
import { isLive, type RubyProject } from "./project.js";

/** Signs that a file handles what a visitor sent. */
const handlesUploads =
  /original_filename|\btempfile\b|\[:tempfile\]|UploadedFile|uploaded_(io|file)|params\[[^\]]*(file|image|photo|picture|upload|avatar|attachment|document|logo|cover)|decode64|request\.(raw_post|body)/i;

/** Signs that a file speaks to a storage in the cloud by itself. */
const speaksToCloud =
  /Cloudinary::Uploader|put_object|upload_file|\.upload_stream|presigned_post|presigned_url|create_file|signed_url|PresignedPost|ImageKit|Uploadcare|cl_image_upload/;

interface Write {
  readonly node: Syntax;
  readonly what: string;
  readonly rows: readonly Outcome[];
}

/** Find uploads that the app's own code writes or sends on, without a library for attachments. */
export function rawSinks(project: RubyProject): readonly Sink[] {
  return project.files.flatMap((file) => {
    if (/(^|\/)(config|db|lib\/tasks|script|bin)\//.test(file.slice(project.path("").length))) return [];
    const text = project.text(file) ?? "";
    const isUpload = handlesUploads.test(text);
    if (!isUpload && !speaksToCloud.test(text)) return [];
    const root = project.parse(file);
    if (root === undefined) return [];
    const writes = [...descend(root)].flatMap((node) => {
      const found = node.type === "call" && isLive(node, project.scope(file)) ? writeOf(project, file, node, isUpload) : undefined;
      return found === undefined || isDead(project, file, node) ? [] : [found];
    });
    return group(file, writes);
  });
}

/** Writes in one method decide together where its file ends; each method is a sink. */
function group(file: string, writes: readonly Write[]): readonly Sink[] {
  const byMethod = new Map<Syntax | string, Write[]>();
  for (const write of writes) {
    const method = around(write.node, "method", "singleton_method", "do_block") ?? file;
    byMethod.set(method, [...(byMethod.get(method) ?? []), write]);
  }
  return [...byMethod.values()].flatMap((list) => {
    const kept = list.filter((write) => write.rows.some((row) => row.destination.kind !== "passing"));
    const [first] = kept;
    if (first === undefined) return [];
    const method = methodNameOf(first.node);
    const owner = classNameOf(first.node) ?? file;
    const label = method === undefined ? owner : `${owner}#${method}`;
    const at = { file, line: first.node.line };
    const conditional = kept.filter((write) => !isAlways(conditionOf(write)));
    const fixed = kept.filter((write) => isAlways(conditionOf(write)));
    const rest = outcome({ kind: "passing" }, [{ ...at, why: "otherwise nothing is kept here" }]);
    const saved =
      conditional.length === 0
        ? []
        : [
            {
              label,
              at,
              outcomes: closed(
                conditional.flatMap((write) => write.rows),
                rest,
              ),
            },
          ];
    return [...saved, ...fixed.map((write) => ({ label, at: { file, line: write.node.line }, outcomes: closed(write.rows, rest) }))];
  });
}

function conditionOf(write: Write): Condition {
  return write.rows.length === 1 ? (write.rows[0]?.when ?? always) : always;
}

function writeOf(project: RubyProject, file: string, node: Syntax, isUpload: boolean): Write | undefined {
  const scope = project.scope(file);
  const method = child(node, "method")?.text ?? "";
  const receiver = child(node, "receiver")?.text ?? "";
  const when = reachOf(node, scope);
  if (isNever(when)) return undefined;
  const cloud = cloudOf(receiver, method, project);
  if (cloud !== undefined) {
    const because = [{ file, line: node.line, why: `the file is sent to ${cloud}` }];
    return { node, what: cloud, rows: [outcome({ kind: "cloud", service: cloud }, because, when)] };
  }
  const target = isUpload ? targetOf(node, receiver, method) : undefined;
  if (target === undefined) return undefined;
  const path = evaluate(target, scope);
  if (isTemporary(path))
    return {
      node,
      what: "a temporary file",
      rows: [outcome({ kind: "passing" }, [{ file, line: node.line, why: "a temporary file" }], when)],
    };
  const fallback = fallBack(node, scope, project);
  const because = [{ file, line: node.line, why: "the file is written to the instance's own disk" }];
  const rows = under(all(when, fallback), diskRows(path, because, plainPath));
  return { node, what: "disk", rows };
}

/** The path that a call writes to. */
function targetOf(node: Syntax, receiver: string, method: string): Syntax | undefined {
  const { items, named } = argumentsOf(node);
  const [first, second] = items;
  if (/^(File|Kernel|IO|Pathname|::File)$/.test(receiver) && (method === "open" || method === "new")) {
    const mode = second?.text ?? named.get("mode")?.text ?? "";
    return /^["'](w|a|r\+)|File::(WRONLY|RDWR|CREAT)/.test(mode) ? first : undefined;
  }
  if (/^(File|IO|::File)$/.test(receiver) && (method === "write" || method === "binwrite")) return first;
  if (receiver === "IO" && method === "copy_stream") return second?.type === "identifier" ? undefined : second;
  if (/^(FileUtils|::FileUtils)$/.test(receiver) && /^(cp|copy|mv|move|copy_file|copy_entry|install)$/.test(method)) return second;
  if (receiver === "File" && method === "rename") return second;
  if (method === "binwrite" && items.length === 1) return child(node, "receiver");
  // MiniMagick and RMagick: image.write(path)
  if (method === "write" && items.length === 1 && /image|magick|thumb|picture|photo/i.test(receiver)) return first;
  return undefined;
}

function isTemporary(path: Value): boolean {
  const text = path.kind === "text" && path.parts[0]?.kind === "known" ? String(path.parts[0].value) : (textOf(path) ?? "");
  return /^(\.\/)?(tmp|log)(\/|$)|^\/tmp(\/|$)/.test(text) || (path.kind === "unknown" && /temp|tmp/i.test(path.what));
}

function cloudOf(receiver: string, method: string, project: RubyProject): string | undefined {
  if (receiver.endsWith("Cloudinary::Uploader") && /^(upload|upload_large|unsigned_upload|upload_image)$/.test(method)) return "cloudinary";
  const hasS3 = project.gems.has("aws-sdk-s3") || project.gems.has("aws-sdk") || project.gems.has("aws-sdk-v1");
  if (hasS3 && /^(put_object|upload_file|upload_stream|presigned_post)$/.test(method)) return "s3";
  if (hasS3 && method === "presigned_url" && !/get/.test(receiver)) return "s3";
  if (hasS3 && method === "put" && /\b(object|obj|s3)/.test(receiver)) return "s3";
  if (project.gems.has("google-cloud-storage") && /^(create_file|signed_url)$/.test(method)) return "gcs";
  if (project.gems.has("imagekitio") && method === "upload_file") return "imagekit";
  if (project.gems.has("uploadcare-ruby") && /^(upload|upload_file)$/.test(method)) return "uploadcare";
  return undefined;
}

/** In a rescue of a call to the cloud, the disk is the silent fall-back: it is used where the cloud is not set up. */
function fallBack(node: Syntax, scope: Scope, project: RubyProject): Condition {
  const rescue = around(node, "rescue");
  const tried = rescue?.parent;
  if (rescue === undefined || tried === undefined) return always;
  const cloud = [...descend(tried)].find(
    (one) => one.type === "call" && cloudOf(child(one, "receiver")?.text ?? "", child(one, "method")?.text ?? "", project) === "cloudinary",
  );
  return cloud === undefined || scope.file === "" ? always : not(set("CLOUDINARY_URL"));
}

/** A service or helper that nobody names, or a method of one's own that nobody calls. */
function isDead(project: RubyProject, file: string, node: Syntax): boolean {
  const owner = classNameOf(node);
  if (owner === undefined || /(^|\/)(controllers|models|jobs|channels|mailers|components|admin|graphql)\//.test(file)) return false;
  return !isUsedElsewhere(project, owner, file);
}
