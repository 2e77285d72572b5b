import { child, descend, type Syntax } from "../syntax.js";
import { callOf, classAround, functionAround } from "./php-syntax.js";

/** Names that fields for files bear. */
const fileLike =
  /file|image|img|photo|picture|avatar|logo|upload|cover|thumb|banner|attachment|document|pdf|media|video|audio|icon|signature|resume|cv|proof|receipt|gallery|foto|imagen|archivo|gambar|berkas|arquivo|imagem|fichier/i;

const typed = /\b(TemporaryUploadedFile|UploadedFile|UploadedFileInterface)\b/;

/** Whether an expression is an uploaded file, as far as its text and what it was assigned from tell. */
export function isUploaded(node: Syntax | undefined, seen: Set<string> = new Set()): boolean {
  if (node === undefined) return false;
  const call = callOf(node);
  if (call !== undefined) {
    if (/^(file|getUploadedFile|getUploadedFiles|getFile|getFiles|allFiles)$/.test(call.name)) return true;
    if (/^(validated|input|get|safe)$/.test(call.name)) return fileLike.test(node.text);
    return /^(first|last|wait|resize|fit|encode|stream|scale|cover)$/.test(call.name) && isUploaded(call.on, seen);
  }
  switch (node.type) {
    case "member_access_expression":
    case "nullsafe_member_access_expression": {
      const object = child(node, "object")?.text ?? "";
      const name = child(node, "name")?.text ?? "";
      if (object === "$this") return takesLivewireFiles(node) || isPropertyTyped(node, name);
      return /request|^\$req$|^\$data$|^\$form$|^\$validated$/i.test(object) && fileLike.test(name);
    }
    case "subscript_expression":
      return node.text.startsWith("$_FILES") || isUploaded(node.children[0], seen) || fileLike.test(node.children[1]?.text ?? "");
    case "variable_name":
      if (seen.has(node.text)) return false;
      seen.add(node.text);
      return isVariableUploaded(node, seen);
    case "parenthesized_expression":
    case "cast_expression":
      return isUploaded(node.children.at(-1), seen);
    default:
      return false;
  }
}

function isVariableUploaded(node: Syntax, seen: Set<string>): boolean {
  const owner = functionAround(node) ?? topOf(node);
  for (const one of descend(owner)) {
    if (one.type.endsWith("parameter") && child(one, "name")?.text === node.text && typed.test(child(one, "type")?.text ?? "")) return true;
    if (one.type === "assignment_expression" && child(one, "left")?.text === node.text && one.line <= node.line) {
      const right = child(one, "right");
      if (right !== node && isUploaded(right, seen)) return true;
    }
    if (one.type === "foreach_statement" && one.line <= node.line) {
      const [subject, ...names] = one.children;
      const binds = names.some(
        (part) =>
          part.type !== "compound_statement" &&
          [...descend(part)].some((inner) => inner.text === node.text && inner.type === "variable_name"),
      );
      if (binds && subject !== undefined && (isUploaded(subject, seen) || fileLike.test(subject.text))) return true;
    }
  }
  return false;
}

/** Whether the class around a node takes files as Livewire does. */
export function takesLivewireFiles(node: Syntax): boolean {
  const owner = classAround(node);
  return owner !== undefined ? /WithFileUploads/.test(owner.text) : /usesFileUploads/.test(topOf(node).text);
}

function isPropertyTyped(node: Syntax, name: string): boolean {
  for (const one of descend(classAround(node) ?? node)) {
    if (/^property_(declaration|promotion_parameter)$/.test(one.type) && one.text.includes(`$${name}`) && typed.test(one.text)) return true;
  }
  return false;
}

/** Whether the text around a node speaks of files that visitors send. */
export function handlesUploads(node: Syntax): boolean {
  return speaks(
    node,
    speaking,
    /->file\(|hasFile\(|UploadedFile|base64_decode|getClientOriginal|getRealPath|\$_FILES|WithFileUploads|->getPathname|Image::(make|read)|Intervention|php:\/\/input/,
  );
}

/** Whether the function around a node is given a file that a visitor sent. */
export function receivesUploads(node: Syntax): boolean {
  return speaks(node, receiving, /->file\(|hasFile\(|UploadedFile|base64_decode|getClientOriginal|\$_FILES|Image::(make|read)/);
}

const speaking = new WeakMap<Syntax, boolean>();
const receiving = new WeakMap<Syntax, boolean>();

function speaks(node: Syntax, known: WeakMap<Syntax, boolean>, signs: RegExp): boolean {
  const owner = functionAround(node) ?? topOf(node);
  const kept = known.get(owner) ?? signs.test(owner.text);
  known.set(owner, kept);
  return kept;
}

/** The file around a node. */
export function topOf(node: Syntax): Syntax {
  let top = node;
  while (top.parent !== undefined) top = top.parent;
  return top;
}
