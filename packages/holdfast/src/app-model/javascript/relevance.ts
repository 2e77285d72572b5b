import { specifiersOf } from "./entries.js";
import type { Module, Project } from "./project.js";
import type { Node } from "./syntax.js";
import type { Choices, Frame, Value } from "./values.js";

/** Words without which code neither receives, writes nor sends a file. */
const words =
  /writeFile|appendFile|createWriteStream|outputFile|outputJson|writeJson|copyFile|rename|\.mv\b|\.move|toFile|\.pipe|pipeline|upload|putObject|PutObject|Bun\.write|base64|presign|[sS]ignedUrl|[sS]ign_request|formData|parseBody|busboy|formidable|multiparty|multer|\.files?\b|\bfiles?\b|blob|arrayBuffer|[bB]ucket|[sS]torage|imagekit|cloudinary|createFile|getCredential|assumeRole|AssumeRole|[dD]rive\b|\.buffer\b|\bimage|\bphoto|\bpicture|\bavatar|attachment|document/;

/** Tells which code may have to do with files, so that the rest of an app is not followed for nothing. */
export interface Relevance {
  /** Whether a function, or anything that it speaks of, may receive, write or send a file. */
  mayTouchFiles(value: Value): boolean;
}

export const openRelevance = (project: Project): Relevance => {
  const modules = new Map<string, boolean>();
  const functions = new Map<Node, boolean>();

  const moduleMay = (path: string): boolean => {
    const known = modules.get(path);
    if (known !== undefined) return known;
    const module = project.module(path);
    if (module === undefined) return false;
    // While it is being asked: modules that import each other.
    modules.set(path, false);
    const may =
      words.test(module.syntax.textOf(module.syntax.program)) ||
      specifiersOf(module).some((specifier) => {
        const target = project.resolve(specifier, path);
        return target !== undefined && !target.endsWith(".json") && moduleMay(target);
      });
    modules.set(path, may);
    return may;
  };

  const nodeMay = (module: Module, node: Node): boolean => {
    const known = functions.get(node);
    if (known !== undefined) return known;
    functions.set(node, false);
    const text = module.syntax.textOf(node);
    const may = words.test(text) || (/\bthis\b/.test(text) && moduleMay(module.path)) || speaksOf(module, text);
    functions.set(node, may);
    return may;
  };

  const speaksOf = (module: Module, text: string): boolean => {
    const spoken = new Set(text.match(/[A-Za-z_$][\w$]*/g));
    for (const [name, binding] of module.names.program.bindings) {
      if (!spoken.has(name)) continue;
      for (const origin of binding.origins) {
        if (origin.kind === "import") {
          const target = project.resolve(origin.from, module.path);
          if (target === undefined ? words.test(origin.from) : moduleMay(target)) return true;
        } else if (origin.kind === "value" || origin.kind === "function" || origin.kind === "class") {
          const source = origin.kind === "value" ? origin.value : origin.node;
          const required = /^(?:await\s+)?(?:require|import)\(\s*["'`]([^"'`]+)["'`]/.exec(module.syntax.textOf(source))?.[1];
          const target = required === undefined ? undefined : project.resolve(required, module.path);
          if (target === undefined ? nodeMay(module, source) : moduleMay(target)) return true;
        }
      }
    }
    return false;
  };

  const choicesMay = (choices: Choices, depth: number): boolean => choices.some((row) => valueMay(row.value, depth + 1));

  /** What a wrapper was given is called by the function it made: `asyncHandler(async (req, res) => …)`. */
  const wrappedMay = (frame: Frame, depth: number): boolean =>
    (frame.args ?? []).some((arg) => choicesMay(arg, depth)) || (frame.parent !== undefined && wrappedMay(frame.parent, depth));

  const valueMay = (value: Value, depth: number): boolean => {
    if (depth > 4) return true;
    switch (value.kind) {
      case "function":
        return (
          nodeMay(value.frame.module, value.node) ||
          (value.frame.owner.type !== "Program" && nodeMay(value.frame.module, value.frame.owner)) ||
          wrappedMay(value.frame, depth)
        );
      case "external":
        return words.test(value.name) || value.args.some((arg) => choicesMay(arg, depth));
      case "list":
        return value.items.some((item) => choicesMay(item, depth));
      case "object":
        return [...value.entries.values()].some((entry) => choicesMay(entry, depth));
      case "class":
      case "instance":
      case "namespace":
      case "unknown":
      case "data":
        return true;
      case "literal":
      case "variable":
      case "text":
      case "test":
      case "environment":
      case "callback":
        return false;
    }
  };

  return { mayTouchFiles: (value) => valueMay(value, 0) };
};
