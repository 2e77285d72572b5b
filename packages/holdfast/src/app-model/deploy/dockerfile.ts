import { DockerfileParser, type From, type Instruction } from "dockerfile-ast";
import { posix } from "node:path";
import type { DeclaredVariable, Phase, Place, SourceTree } from "../model.js";
import { within } from "./paths.js";

/** What an image makes of an app. */
export interface Image {
  readonly file: string;
  readonly at: Place;
  /** Where the folder `root` is in the container; undefined where the file does not say. */
  readonly containerRoot: string | undefined;
  readonly variables: readonly DeclaredVariable[];
  readonly phases: readonly Phase[];
  readonly links: readonly { readonly from: string; readonly to: string }[];
}

/** No image is described by more. */
const maxChars = 128 * 1024;

interface Stage {
  readonly name: string | undefined;
  readonly base: string;
  workdir: string;
  /** Where the app's folder was copied to, and which copy said so. */
  appAt: string | undefined;
  readonly variables: DeclaredVariable[];
  readonly builds: Phase[];
  start: Phase | undefined;
  entry: Phase | undefined;
  readonly links: { from: string; to: string }[];
}

/** Read a Dockerfile's last stage, with what it takes from the stages before. `context` is the folder that is built, `root` the app's. */
export function readImage(tree: SourceTree, file: string, context: string, root: string): Image | undefined {
  const text = tree.read(file);
  if (text === undefined || text.length > maxChars) return undefined;
  let instructions: readonly Instruction[];
  try {
    instructions = DockerfileParser.parse(text).getInstructions();
  } catch {
    return undefined;
  }
  const stages: Stage[] = [];
  for (const instruction of instructions) readInstruction(instruction, stages, file, context, root);
  const last = stages.at(-1);
  if (last === undefined) return undefined;
  return {
    file,
    at: { file, line: 1 },
    containerRoot: last.appAt ?? (last.workdir === "/" ? undefined : last.workdir),
    variables: last.variables,
    phases: [...last.builds, ...(last.entry === undefined ? [] : [last.entry]), ...(last.start === undefined ? [] : [last.start])],
    links: last.links,
  };
}

function readInstruction(instruction: Instruction, stages: Stage[], file: string, context: string, root: string): void {
  const line = instruction.getRange().start.line + 1;
  const keyword = instruction.getKeyword();
  if (keyword === "FROM") {
    const from = instruction as From;
    const base = from.getImage() ?? "";
    const parent = stages.find(({ name }) => name !== undefined && name === base);
    stages.push({
      name: from.getBuildStage() ?? undefined,
      base,
      workdir: parent?.workdir ?? "/",
      appAt: parent?.appAt,
      variables: [...(parent?.variables ?? [])],
      builds: [...(parent?.builds ?? [])],
      start: parent?.start,
      entry: parent?.entry,
      links: [...(parent?.links ?? [])],
    });
    return;
  }
  const stage = stages.at(-1);
  if (stage === undefined) return;
  const words = instruction.getArguments().map((argument) => argument.getValue());
  const raw = instruction.getRawArgumentsContent() ?? "";
  switch (keyword) {
    case "WORKDIR":
      stage.workdir = posix.resolve(stage.workdir, fill(unquote(words[0] ?? "."), stage));
      break;
    case "ENV":
      for (const [name, value] of assignments(raw)) {
        // What comes from a build argument has a value that nobody here knows.
        const declared = value.includes("$") ? ({ kind: "given" } as const) : ({ kind: "value", value } as const);
        stage.variables.push({ name, declared, file, line });
      }
      break;
    case "COPY":
    case "ADD":
      readCopy(raw, words, stage, stages, context, root);
      break;
    case "RUN":
      stage.builds.push({ name: "build", command: words.join(" "), file, line });
      for (const link of linksOf(raw)) stage.links.push(absoluteLink(link, stage.workdir));
      break;
    case "CMD":
      stage.start = { name: "start", command: commandOf(words, raw), file, line };
      break;
    case "ENTRYPOINT":
      stage.entry = { name: "start", command: commandOf(words, raw), file, line };
      break;
  }
}

function readCopy(raw: string, words: readonly string[], stage: Stage, stages: readonly Stage[], context: string, root: string): void {
  const from = /--from=(\S+)/.exec(raw)?.[1];
  const paths = words.filter((word) => !word.startsWith("--")).map((word) => unquote(word.replace(/^\[|[\],]$/g, "")));
  const target = paths.at(-1);
  if (target === undefined) return;
  const to = posix.resolve(stage.workdir, fill(target, stage)).replace(/(.)\/$/, "$1");
  for (const source of paths.slice(0, -1)) {
    if (from !== undefined) {
      const other = stages.find(({ name }, index) => name === from || String(index) === from);
      const appAt = other?.appAt;
      if (appAt !== undefined && (posix.normalize(source).replace(/(.)\/$/, "$1") === appAt || source === "/")) {
        stage.appAt = source === "/" ? appAt : to;
      }
      continue;
    }
    const folder = within(context, source.replace(/\/\*?$/, "").replace(/^\/(?=.)/, "") || ".");
    if (folder === root) stage.appAt = to;
    else if (folder === "." || root.startsWith(`${folder}/`)) stage.appAt = posix.join(to, posix.relative(folder, root));
  }
}

/** `a=b c="d e"`, or the old form `a b`. */
function assignments(raw: string): readonly (readonly [string, string])[] {
  const text = raw.replace(/\\\s*\n/g, " ").trim();
  const found: (readonly [string, string])[] = [];
  for (const match of text.matchAll(/([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*"|'[^']*'|\S*)/g)) {
    found.push([match[1] ?? "", unquote(match[2] ?? "")]);
  }
  const old = /^([A-Za-z_][A-Za-z0-9_]*)\s+(.+)$/.exec(text);
  if (found.length === 0 && old !== null) found.push([old[1] ?? "", unquote((old[2] ?? "").trim())]);
  return found;
}

/** A `VOLUME` is no disk that lasts: the platforms give each container a new one. What a link points to may be. */
function linksOf(command: string): readonly { from: string; to: string }[] {
  const found: { from: string; to: string }[] = [];
  for (const match of command.matchAll(/\bln\s+((?:-\w+\s+)+)(\S+)\s+(\S+)/g)) {
    if ((match[1] ?? "").includes("s")) found.push({ to: unquote(match[2] ?? ""), from: unquote(match[3] ?? "").replace(/[;&]+$/, "") });
  }
  return found;
}

function absoluteLink({ from, to }: { from: string; to: string }, workdir: string): { from: string; to: string } {
  const link = posix.resolve(workdir, from);
  return { from: link, to: posix.isAbsolute(to) ? posix.normalize(to) : posix.resolve(posix.dirname(link), to) };
}

/** `["npm", "start"]` and `npm start` alike. */
function commandOf(words: readonly string[], raw: string): string {
  if (!raw.trim().startsWith("[")) return raw.trim();
  return words
    .map((word) => unquote(word.replace(/^\[\s*/, "").replace(/\s*[\],]*$/, "")))
    .filter((word) => word !== "")
    .join(" ");
}

function unquote(text: string): string {
  return /^(["']).*\1$/.test(text) ? text.slice(1, -1) : text;
}

function fill(path: string, stage: Stage): string {
  return path.replace(/\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?/g, (whole, name: string) => {
    const declared = stage.variables.findLast((variable) => variable.name === name)?.declared;
    return declared?.kind === "value" ? declared.value : whole;
  });
}
