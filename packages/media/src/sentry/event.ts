import type { ErrorEvent, Exception, StackFrame } from "@sentry/node";
import { isHoldfastError } from "../errors.js";
import type { Scrubber } from "./scrub.js";
import type { SourcePlace } from "./source-lines.js";

/** What a report is made with. */
export interface EventContext {
  readonly scrubber: Scrubber;
  /** The app's folder, which paths are told from. */
  readonly cwd: string;
  readonly find: (path: string, line: number, column: number) => Promise<SourcePlace | undefined>;
}

const maxFrames = 50;
const linesAround = 3;
const maxLineLength = 300;
/** What the sentences of our own errors quote of other people's. */
const quoted: ReadonlySet<string> = new Set(["key", "name", "path", "value", "range", "where", "what", "storage", "found"]);

/**
 * Make the event that is sent from the one that the SDK made. It is put together anew from what is known to be harmless, rather than
 * freed of what is known to be harmful: no request, no user, no host, no breadcrumb, no variable, no list of modules.
 */
export async function tellableEvent(event: ErrorEvent, original: unknown, context: EventContext): Promise<ErrorEvent> {
  const { words } = context.scrubber;
  const own = quotedBy(original);
  const say = (text: string): string => words(own.reduce((rest, part) => rest.replaceAll(part, "…"), text));
  const exceptions = await Promise.all((event.exception?.values ?? []).slice(0, 10).map(async (one) => await tellable(one, say, context)));
  const { event_id, timestamp, platform, level, release, environment, tags, transaction, contexts } = event;
  const runtime = contexts?.["runtime"];
  return {
    type: undefined,
    ...defined({ event_id, timestamp, platform, level, release, environment, tags, transaction }),
    ...(runtime === undefined ? {} : { contexts: { runtime: defined({ name: runtime["name"], version: runtime["version"] }) } }),
    ...(event.message === undefined ? {} : { message: say(event.message) }),
    ...(exceptions.length === 0 ? {} : { exception: { values: exceptions } }),
  };
}

async function tellable(exception: Exception, say: (text: string) => string, context: EventContext): Promise<Exception> {
  const { type = "Error", value, mechanism, stacktrace } = exception;
  const frames = await Promise.all((stacktrace?.frames ?? []).slice(-maxFrames).map(async (frame) => await tellableFrame(frame, context)));
  return {
    type: say(type),
    ...(value === undefined ? {} : { value: say(value) }),
    ...(mechanism === undefined
      ? {}
      : { mechanism: defined({ type: mechanism.type, handled: mechanism.handled, ...numbersOf(mechanism) }) }),
    ...(frames.length === 0 ? {} : { stacktrace: { frames } }),
  };
}

/** Which of several exceptions is whose cause. */
function numbersOf(mechanism: object): Readonly<Record<string, number>> {
  return Object.fromEntries(
    ["exception_id", "parent_id"].flatMap((name): [string, number][] => {
      const value: unknown = Reflect.get(mechanism, name);
      return typeof value === "number" ? [[name, value]] : [];
    }),
  );
}

async function tellableFrame(frame: StackFrame, { cwd, find, scrubber }: EventContext): Promise<StackFrame> {
  const { filename = "?", function: name, lineno, colno } = frame;
  if (lineno === undefined || filename.startsWith("node:")) return defined({ filename, function: name, lineno, colno, in_app: false });
  const place = await find(filename, lineno, colno ?? 1).catch(() => undefined);
  const path = place?.path ?? filename;
  const at = (place?.line ?? lineno) - 1;
  const lines = place?.lines
    ?.slice(Math.max(0, at - linesAround), at + linesAround + 1)
    .map((line) => scrubber.code(line.slice(0, maxLineLength)));
  const here = Math.min(at, linesAround);
  return {
    filename: shortPath(path, cwd),
    lineno: at + 1,
    in_app: isOwn(path),
    ...defined({ function: name, colno: place?.column ?? colno }),
    ...(lines?.[here] === undefined
      ? {}
      : { pre_context: lines.slice(0, here), context_line: lines[here], post_context: lines.slice(here + 1) }),
  };
}

/** Packages are the app's only where they are of this house: their lines are what a person looks for. */
function isOwn(path: string): boolean {
  const inside = path.split(/[\\/]node_modules[\\/]/);
  return inside.length === 1 || /^@holdfast[\\/]|^holdfast[\\/]/.test(inside.at(-1) ?? "");
}

/** A path from the app's folder, or from its packages': where a machine keeps them is nobody's business. */
function shortPath(path: string, cwd: string): string {
  const plain = path.replaceAll("\\", "/");
  const own = cwd.replaceAll("\\", "/");
  const packages = plain.lastIndexOf("/node_modules/");
  if (packages !== -1) return plain.slice(packages + 1);
  if (plain.startsWith(`${own}/`)) return plain.slice(own.length + 1);
  return plain.split("/").slice(-4).join("/");
}

/** What an error of ours, or one beneath it, quotes in its sentence. */
function quotedBy(error: unknown): readonly string[] {
  const found: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    if (!isHoldfastError(at) || typeof at.details !== "object") continue;
    for (const [name, value] of Object.entries(at.details))
      if (quoted.has(name) && typeof value === "string" && value !== "") found.push(value);
  }
  return found.toSorted((a, b) => b.length - a.length);
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
