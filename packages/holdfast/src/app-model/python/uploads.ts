import { joined, knownStart, textOf, type Value } from "../abstract-value.js";
import { all, isNever, isUnsure, possible, variablesOf } from "../conditions.js";
import type { Condition, Evidence, Outcome, Sink } from "../model.js";
import { closed, diskRows, outcome, plainPath, under } from "../outcomes.js";
import { invoke } from "./calls.js";
import type { Machine, PythonFunction } from "./frames.js";
import { topFrame } from "./machine.js";
import { made } from "./values.js";
import { samePath, writesOf, type StorageRows, type Write } from "./writes.js";

/** Words without which a function has nothing to do with files. */
const speaksOfFiles =
  /FILES|\.files\b|UploadFile|FileStorage|UploadedFile|File\(|b64decode|storage|cleaned_data|request\.data|upload|presigned|signed_url|sign_request|form\w*\.\w+\.data\b/i;

/** Steps that one function may take, with all that it calls. */
const maxSteps = 12_000;

/** Find the places in the app's functions where uploaded bytes are written. */
export function uploadSinks(machine: Machine, isLive: (file: string) => boolean, storageRows: StorageRows): readonly Sink[] {
  const found: Sink[] = [];
  const seen = new Set<string>();
  machine.isRequest = true;
  // Functions inside functions are found while these run.
  for (let index = 0; index < machine.functions.length && index < 20_000; index++) {
    const one = machine.functions[index];
    if (one === undefined || !isLive(one.file) || one.node.type === "lambda" || !speaksOfFiles.test(one.node.text)) continue;
    if (one.owner !== undefined && one.name === "_save") continue;
    machine.grant(maxSteps);
    const writes = writesOf(machine, () => run(machine, one), storageRows);
    for (const sink of sinksOf(one, writes)) {
      const key = JSON.stringify([sink.at, sink.outcomes.map((row) => row.destination)]);
      if (!seen.has(key)) found.push(sink);
      seen.add(key);
    }
  }
  machine.isRequest = false;
  return found;
}

function run(machine: Machine, one: PythonFunction): void {
  const self = one.owner === undefined ? [] : [made(`instance:class:${one.owner.id}`)];
  const isStatic = one.decorators.some((mark) => mark.text.includes("staticmethod"));
  invoke(machine, one, isStatic ? [] : self, new Map(), topFrame(one.frame.module));
}

function sinksOf(one: PythonFunction, writes: readonly Write[]): readonly Sink[] {
  const groups = new Map<string, Write[]>();
  const kept = writes.filter((write) => write.what.kind !== "inherited" && !isNever(write.when));
  const removed = kept.flatMap((write) => (write.what.kind === "removed" ? [write.what.path] : []));
  for (const write of kept) {
    if (write.what.kind === "removed") continue;
    if (write.what.kind === "disk") {
      const { path } = write.what;
      if (isTemporary(path) || removed.some((other) => samePath(path, other))) continue;
    }
    const key = write.upload ?? "";
    groups.set(key, [...(groups.get(key) ?? []), write]);
  }
  // What names no upload belongs to each that is named.
  const loose = groups.get("") ?? [];
  if (groups.size > 1) {
    groups.delete("");
    for (const [key, group] of groups)
      groups.set(
        key,
        kept.filter((write) => group.includes(write) || (loose.includes(write) && write.what.kind !== "storage")),
      );
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group.filter((write) => write.what.kind === "disk").concat(group);
    if (first === undefined) return [];
    const outcomes = closed(
      rowsOf(group),
      outcome({ kind: "passing" }, [{ file: one.file, line: one.node.line, why: "in every other case nothing is kept" }]),
    );
    if (outcomes.every((row) => row.destination.kind === "passing")) return [];
    return [{ label: labelOf(one), at: { file: first.file, line: first.line }, outcomes }];
  });
}

function isTemporary(path: Parameters<typeof samePath>[0]): boolean {
  return path.kind !== "either" && /^\/(tmp|var\/tmp|dev\/shm)(\/|$)/.test(knownStart(path));
}

function rowsOf(group: readonly Write[]): readonly Outcome[] {
  const clouds = group.filter(
    (write) =>
      write.what.kind === "sent" || (write.what.kind === "storage" && write.what.rows.every((row) => row.destination.kind !== "disk")),
  );
  const rows: Outcome[] = [];
  const fallBacks: Outcome[] = [];
  for (const write of group) {
    const others = clouds.filter((cloud) => cloud !== write && !exclude(cloud, write));
    const isLater = (other: Write): boolean => group.indexOf(other) > group.indexOf(write);
    if (write.what.kind === "disk") {
      // A stop on the way to a service is no loss.
      if (others.some((other) => isLater(other) && !other.inHandler)) continue;
      const isFallBack = others.length > 0;
      const why = isFallBack
        ? "when the upload to the service fails, the file is written to the disk without a word"
        : "the uploaded file is written to the disk here";
      // Where a variable chooses the service, leaving it away leads here as well, and the table says so.
      const isChosen = others.some((other) => variablesOf(other.when).length > 0);
      (isFallBack && !isChosen ? fallBacks : rows).push(
        ...under(whenOf(write, clouds), diskRows(folderOf(write.what.path), [evidence(write, why)], plainPath)),
      );
    } else if (write.what.kind === "unclear") {
      if (group.every((other) => other.what.kind === "unclear")) {
        rows.push(
          outcome(
            { kind: "unknown", what: write.what.what },
            [evidence(write, "the uploaded file is handed on here")],
            possible(write.when),
          ),
        );
      }
    } else if (write.what.kind === "sent")
      rows.push(outcome(write.what.destination, [evidence(write, "the uploaded file is sent away here")], whenOf(write, group)));
    else if (write.what.kind === "storage") {
      rows.push(
        ...under(
          whenOf(write, group),
          write.what.rows.map((row) => ({ ...row, because: [evidence(write, "the uploaded file is saved here"), ...row.because] })),
        ),
      );
    }
  }
  return [...fallBacks, ...rows];
}

/** A path whose end is not known counts by the folder it lies in. */
function folderOf(path: Value): Value {
  if (path.kind === "either") return { ...path, chosen: folderOf(path.chosen), otherwise: folderOf(path.otherwise) };
  if (path.kind !== "text" || textOf(path) !== undefined) return path;
  const cut = path.parts.findIndex((part) => textOf(part) === undefined);
  const known = joined(...path.parts.slice(0, cut));
  const last = known.kind === "text" ? known.parts.at(-1) : known;
  if (last?.kind !== "known" || !String(last.value).includes("/"))
    return known.kind === "known" ? { kind: "unknown", what: "a path that is not known" } : known;
  const folder = String(last.value).replace(/\/[^/]*$/, "");
  return joined(...(known.kind === "text" ? known.parts.slice(0, -1) : []), { kind: "known", value: folder });
}

/** A condition that was not understood counts as possible, unless it is what tells two ways apart. */
function whenOf(write: Write, others: readonly Write[]): Condition {
  const isTold =
    isUnsure(write.when) && others.some((other) => other !== write && isNever(all(write.when, other.when)) && !write.inHandler);
  return isTold ? write.when : possible(write.when);
}

function exclude(one: Write, other: Write): boolean {
  if (other.inHandler && !one.inHandler) return isNever(all(possible(one.when), possible(other.when)));
  return isNever(all(one.when, other.when));
}

function evidence(write: Write, why: string): Evidence {
  return { file: write.file, line: write.line, why };
}

/** For people: the route where one is written beside the function, else its name. */
function labelOf(one: PythonFunction): string {
  for (const mark of one.decorators) {
    const [, method, path] = /\.(route|get|post|put|patch|api_route)\(\s*[rf]?["']([^"']*)["']/.exec(mark.text) ?? [];
    if (method !== undefined)
      return method === "route" || method === "api_route" ? (path ?? "/") : `${method.toUpperCase()} ${path ?? "/"}`;
  }
  return one.owner === undefined ? `${one.name}()` : `${one.owner.name}.${one.name}()`;
}
