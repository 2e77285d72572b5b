import type { FileId, FileRecord } from "../../catalogue/file.js";
import type { HoldfastError } from "../../errors.js";
import type { Logger } from "../../media.js";
import type { MediaEvent } from "./media-event.js";

/** Of one file, or of one object, an event of a kind is told this often at most. */
const silentMs = 60_000;
/** Lines of the log in that time; what is left out is counted. */
const maxLines = 10;
/** Files and objects that are remembered; the longest known are forgotten first, and told of again. */
const maxRemembered = 5000;

/** What is told when bytes are missing or out of reach, to the program and to the log: sparingly, for a page may show a hundred of them. */
export interface Losses {
  /** A file's bytes are confirmed to be absent. `transform` is what was asked for, absent for the original. */
  missing(file: FileRecord, transform: string | undefined, error: HoldfastError): void;
  /** A file's bytes are not the ones that were acknowledged. */
  damaged(file: FileRecord, error: HoldfastError): void;
  /** A file's bytes are denied or out of reach; nothing is known to be lost. */
  unreachable(file: FileRecord, error: HoldfastError): void;
  /** An object that no row tells of is absent from a mount. */
  objectMissing(mount: string, key: string): void;
  /** What was asked for was answered: where it was missing, it is back. */
  served(file: FileRecord, transform: string | undefined): void;
  /** A line for the log, unless there were many of its kind lately. */
  warn(kind: string, line: string): void;
}

/** What telling of losses needs. */
export interface LossesContext {
  readonly onEvent: ((event: MediaEvent) => void) | undefined;
  /** Have the other storages tried, behind the answer. */
  readonly rescue: (id: FileId) => Promise<void>;
  readonly log: Logger;
}

/** Tell of losses of one media instance. */
export function createLosses({ onEvent, rescue, log }: LossesContext): Losses {
  const toldAt = new Map<string, number>();
  const lost = new Map<FileId, Set<string>>();
  const lines = new Map<string, { since: number; count: number }>();

  function tell(event: MediaEvent): void {
    try {
      onEvent?.(event);
    } catch (error) {
      log.warn(`onEvent failed at "${event.kind}": ${String(error)}`);
    }
  }

  /** Whether it is time to tell of this again. */
  function isDue(what: string): boolean {
    const now = performance.now();
    const last = toldAt.get(what);
    if (last !== undefined && now - last < silentMs) return false;
    toldAt.delete(what);
    toldAt.set(what, now);
    forgetOldest(toldAt);
    return true;
  }

  function warn(kind: string, line: string): void {
    const now = performance.now();
    const entry = lines.get(kind);
    if (entry !== undefined && now - entry.since < silentMs) {
      entry.count += 1;
      if (entry.count <= maxLines) log.warn(line);
      return;
    }
    if (entry !== undefined && entry.count > maxLines) log.warn(`${entry.count - maxLines} more of ${kind} were not logged`);
    lines.set(kind, { since: now, count: 1 });
    log.warn(line);
  }

  /** Remember a loss, so that its end is noticed; told where it is time to. */
  function note(event: MediaEvent & { readonly file: FileRecord }, transform: string | undefined, error: HoldfastError): void {
    const { file } = event;
    lost.set(file.id, (lost.get(file.id) ?? new Set()).add(transform ?? original));
    forgetOldest(lost);
    if (!isDue(`missing ${file.id}`)) return;
    warn(error.code, `${error.code}: ${error.message} A placeholder is shown, and the other storages are tried (${file.key}).`);
    tell(event);
    rescue(file.id).catch((failure: unknown) => warn("rescue", `the rescue of ${file.id} could not be enqueued: ${String(failure)}`));
  }

  return {
    missing: (file, transform, error) => note({ kind: "missing", file, transform }, transform, error),
    damaged: (file, error) => note({ kind: "damaged", file }, undefined, error),
    unreachable(file, error) {
      warn(error.code, `${error.code}: ${error.message}`);
      if (isDue(`unreachable ${file.id}`)) tell({ kind: "unreachable", file, code: error.code });
    },
    objectMissing(mount, key) {
      if (!isDue(`object ${mount} ${key}`)) return;
      warn("OBJECT_NOT_FOUND", `${mount}: nothing is stored under "${key}", and a placeholder is shown to who asks for a picture.`);
      tell({ kind: "object-missing", mount, key });
    },
    served(file, transform) {
      if (lost.size === 0) return;
      const transforms = lost.get(file.id);
      if (transforms?.has(transform ?? original) !== true) return;
      lost.delete(file.id);
      toldAt.delete(`missing ${file.id}`);
      log.info(`the bytes of "${file.name}" (${file.id}) are back`);
      tell({ kind: "returned", file });
    },
    warn,
  };
}

const original = "";

function forgetOldest(entries: Map<unknown, unknown>): void {
  for (const [oldest] of entries) {
    if (entries.size <= maxRemembered) return;
    entries.delete(oldest);
  }
}
