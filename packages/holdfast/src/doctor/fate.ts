import { posix } from "node:path";
import type { Destination, Disk, Evidence, Outcome } from "../app-model/model.js";
import { fileOfAddress, fillPath, inContainer, isBelow } from "./disk-path.js";
import type { Environment, Known } from "./environment.js";
import { holds, type Facts } from "./holds.js";
import type { RowAnswer } from "./verdict.js";

/** What becomes of bytes under one set of variables. */
export interface Fate {
  readonly answer: RowAnswer;
  readonly storage: string;
  readonly path: string | undefined;
  readonly because: readonly Evidence[];
  readonly notUnderstood: readonly Evidence[];
}

/** A fate, or the variable that has to be known first. */
export type Finding = { readonly kind: "fate"; readonly fate: Fate } | { readonly kind: "asks"; readonly name: string };

/** The worst first: an app's answer is the worst of its places'. */
const severity: readonly RowAnswer[] = ["loses", "rejected", "unknown", "depends", "keeps", "fails", "none"];

/** Order two answers, the worse first. */
export function compareAnswers(one: RowAnswer, other: RowAnswer): number {
  return severity.indexOf(one) - severity.indexOf(other);
}

/** Whether files do not stay: deleted, or never taken. */
export function isLoss(answer: RowAnswer): boolean {
  return answer === "loses" || answer === "rejected";
}

/** Make facts of an environment in which some variables are known better. */
export function factsOf(environment: Environment, know: (name: string) => Known): Facts {
  return {
    know,
    hasDisk: (template) => {
      const filled = fillPath(template, know);
      return filled.kind === "path" && diskOver(filled.path, environment) !== undefined;
    },
  };
}

/** Follow the rows of a decision table to where they lead. */
export function findFate(outcomes: readonly Outcome[], environment: Environment, facts: Facts): Finding {
  const possible: Outcome[] = [];
  const unreadable: string[] = [];
  for (const outcome of outcomes) {
    const holding = holds(outcome.when, facts);
    if (holding.kind === "no") continue;
    if (holding.kind === "asks") return holding;
    possible.push(outcome);
    if (holding.kind === "yes") break;
    unreadable.push(holding.what);
  }
  const fates: Fate[] = [];
  for (const { destination, because } of possible) {
    const finding = settle(destination, because, environment, facts);
    if (finding.kind === "asks") return finding;
    fates.push(finding.fate);
  }
  return { kind: "fate", fate: joinFates(fates, unreadable) };
}

/** One of several fates, and nobody can read which: where they agree it does not matter. */
function joinFates(fates: readonly Fate[], unreadable: readonly string[]): Fate {
  const [worst, ...others] = fates.toSorted((one, other) => compareAnswers(one.answer, other.answer));
  if (worst === undefined) return { answer: "none", storage: "none", path: undefined, because: [], notUnderstood: [] };
  const isMixed = isLoss(worst.answer) && others.some(({ answer }) => answer === "keeps");
  if (!isMixed) return worst;
  const at = worst.because[0];
  const notUnderstood = unreadable.map((what) => ({ file: at?.file ?? "", line: at?.line ?? 1, why: what }));
  return { ...worst, answer: "unknown", notUnderstood: [...worst.notUnderstood, ...notUnderstood] };
}

function settle(destination: Destination, because: readonly Evidence[], environment: Environment, facts: Facts): Finding {
  const fate = (answer: RowAnswer, storage: string, more: Partial<Fate> = {}): Finding => ({
    kind: "fate",
    fate: { answer, storage, path: undefined, because, notUnderstood: [], ...more },
  });
  switch (destination.kind) {
    case "cloud":
      return fate("keeps", destination.service);
    case "database": {
      const file = destination.address === undefined ? undefined : fileNamedBy(destination.address, facts);
      if (file === undefined) return fate("keeps", destination.engine);
      const named = because.map((one) => ({ ...one, why: `${destination.address} holds the address of a file` }));
      return settle({ kind: "disk", path: file === "" ? undefined : file }, named, environment, facts);
    }
    case "passing":
      return fate("none", "none");
    case "fails":
      return fate("fails", "error");
    case "unknown": {
      const at = because[0];
      return fate("unknown", "unknown", { notUnderstood: [{ file: at?.file ?? "", line: at?.line ?? 1, why: destination.what }] });
    }
    case "disk": {
      if (destination.path === undefined) return { kind: "fate", fate: onUntoldPath(because, environment) };
      const filled = fillPath(destination.path, facts.know);
      if (filled.kind === "asks") return filled;
      const onDisk = filled.kind === "path" ? atPath(filled.path, because, environment) : atVariable(filled.name, because, environment);
      return { kind: "fate", fate: onDisk };
    }
  }
}

/** A variable that is known to hold the address of a file is no server. */
function fileNamedBy(name: string, { know }: Facts): string | undefined {
  const known = know(name);
  return known.kind === "value" ? fileOfAddress(known.value) : known.kind === "begins" ? fileOfAddress(known.with) : undefined;
}

function atPath(path: string, because: readonly Evidence[], environment: Environment): Fate {
  const disk = diskOver(path, environment);
  if (disk !== undefined) {
    const why = `a disk that outlives deploys is mounted at ${disk.mountPath}`;
    return { answer: "keeps", storage: "disk", path, because: [...because, { file: disk.file, line: disk.line, why }], notUnderstood: [] };
  }
  if (environment.disks.length > 0 && inContainer(path, environment.containerRoot) === undefined) {
    return unsurePath(because, path, "where the app's own folder is in the container, which tells whether the disk covers it");
  }
  return onPassingDisk(path, because, environment);
}

/** Somebody may set the variable to a folder on a disk that lasts; where there is no such disk, it helps nothing. */
function atVariable(name: string, because: readonly Evidence[], environment: Environment): Fate {
  const { platform } = environment;
  if (name === platform.mountVariable || name === "RAILWAY_VOLUME_MOUNT_PATH") {
    return { answer: "keeps", storage: "disk", path: `\${${name}}`, because, notUnderstood: [] };
  }
  if (platform.lastingDisk === "none") return onPassingDisk(`\${${name}}`, because, environment);
  return { answer: "depends", storage: "disk", path: `\${${name}}`, because, notUnderstood: [] };
}

function onUntoldPath(because: readonly Evidence[], environment: Environment): Fate {
  if (environment.disks.length > 0)
    return unsurePath(because, undefined, "the folder that files are written to, which tells whether the disk covers it");
  return onPassingDisk(undefined, because, environment);
}

function unsurePath(because: readonly Evidence[], path: string | undefined, why: string): Fate {
  const at = because[0];
  return { answer: "unknown", storage: "unknown", path, because, notUnderstood: [{ file: at?.file ?? "", line: at?.line ?? 1, why }] };
}

function onPassingDisk(path: string | undefined, because: readonly Evidence[], environment: Environment): Fate {
  const { platform, service } = environment;
  const absolute = path === undefined ? undefined : inContainer(path, environment.containerRoot);
  const isReadOnly = platform.disk === "read-only" && !(absolute !== undefined && isBelow(absolute, "/tmp"));
  const why = isReadOnly
    ? `on ${platform.title} this disk cannot be written to, so uploads are refused`
    : `on ${platform.title} the files on this disk are deleted by ${platform.wipedBy}`;
  const where = service === undefined ? [] : [{ ...service.at, why }];
  return {
    answer: isReadOnly ? "rejected" : "loses",
    storage: isReadOnly ? "read-only-disk" : "ephemeral-disk",
    path,
    because: [...because, ...where],
    notUnderstood: [],
  };
}

/** The disk that lasts under a path, if there is one. */
function diskOver(path: string, { disks, containerRoot, service }: Environment): Disk | undefined {
  const absolute = inContainer(path, containerRoot);
  if (absolute === undefined) return undefined;
  const real = followLinks(absolute, service?.links ?? []);
  return disks.find(({ mountPath }) => isBelow(real, posix.normalize(mountPath)));
}

/** Symbolic links that the image is built with: `ln -s /data/uploads public/uploads`. */
function followLinks(path: string, links: readonly { readonly from: string; readonly to: string }[]): string {
  let at = path;
  // A path goes through few links; a loop of them ends here.
  for (let steps = 0; steps < 8; steps++) {
    const link = links.find(({ from }) => isBelow(at, from));
    if (link === undefined) return at;
    at = posix.join(link.to, at.slice(link.from.length));
  }
  return at;
}
