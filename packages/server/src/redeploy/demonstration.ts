import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Environment, fail, type FileId, type Logger, type Media, type MediaFile } from "@holdfast/media";
import { boot, deploy, type Instance, type Side, wipe } from "./instance.js";
import { count, newestPictures, type Picture, uploadToBoth } from "./pictures.js";

/** Where a run is. */
export type RedeployState = "idle" | "starting" | "uploading" | "stopping" | "wiping" | "booting" | "counting" | "done" | "failed";

/** One of the two instances, as the API answers it. */
export interface SideStatus {
  readonly pid: number | null;
  readonly folder: string | null;
  readonly pictures: readonly { readonly name: string; readonly path: string; readonly status: number; readonly isSame: boolean }[];
  readonly answering: number;
  readonly total: number;
}

/** How the demonstration stands, as the API answers it; described in the OpenAPI document. */
export interface RedeployStatus {
  readonly state: RedeployState;
  readonly step: string;
  readonly steps: readonly string[];
  readonly round: number;
  readonly holdfast: SideStatus;
  readonly plain: SideStatus;
}

/** The redeploy demonstration: two real processes, two real folders, nothing simulated. */
export interface Demonstration {
  status(): RedeployStatus;
  /** Begin a run and answer at once. @throws REDEPLOY_RUNNING, REDEPLOY_NOTHING */
  start(): Promise<RedeployStatus>;
  /** Fetch a picture from an instance, whatever it answers; `undefined` where there is none. @throws INSTANCE_AWAY */
  fetchPicture(side: Side, index: number, signal: AbortSignal): Promise<Response | undefined>;
  /** Stop both instances and remove every folder. */
  close(): Promise<void>;
}

const sides = ["holdfast", "plain"] as const;
const closeGraceMs = 3_000;

/** How long both instances stand with the new pictures, so that a visitor sees them answer before the redeploy. */
const lookMs = 1_500;

/** Make the demonstration. Nothing is started before the first run. */
export function createDemonstration(options: {
  readonly media: Pick<Media, "list" | "open" | "limits">;
  readonly log: Logger;
  /** Below which folder. @defaultValue the system's temporary folder */
  readonly below?: string;
}): Demonstration {
  const { media, log, below = tmpdir() } = options;
  const closing = new AbortController();
  const instances: Record<Side, Instance | undefined> = { holdfast: undefined, plain: undefined };
  let root: string | undefined;
  let pictures: Picture[] = [];
  let state: RedeployState = "idle";
  let steps: string[] = [];
  let round = 0;
  let running: Promise<void> | undefined;
  let isStarting = false;

  function enter(next: RedeployState, step: string): void {
    state = next;
    steps.push(step);
  }

  async function onBoth(work: (side: Side) => Promise<void>): Promise<void> {
    // Both are waited for even if one fails, so that nothing is left running behind.
    const outcomes = await Promise.allSettled(sides.map(work));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** Storage and catalogue are beside the instance's folder, as a mounted disk or a bucket is. */
  function environmentOf(side: Side, at: string): Environment {
    if (side === "plain") return {};
    return {
      MEDIA_STORAGE: "disk",
      MEDIA_ROOT: join(at, "holdfast", "storage", "media"),
      MEDIA_DATABASE_URL: `file:${join(at, "holdfast", "storage", "catalogue.db")}`,
      MEDIA_MAX_BYTES: String(media.limits.maxBytes),
      MEDIA_MAX_PIXELS: String(media.limits.maxPixels),
    };
  }

  async function deployAndBoot(side: Side, at: string): Promise<void> {
    const folder = join(at, side, `instance-${round + 1}`);
    await deploy(side, folder);
    closing.signal.throwIfAborted();
    instances[side] = await boot(folder, environmentOf(side, at));
  }

  async function uploadNew(files: readonly MediaFile[]): Promise<void> {
    const known = new Set<FileId>(pictures.map(({ id }) => id));
    const fresh = files.filter(({ id }) => !known.has(id)).reverse();
    if (fresh.length === 0) {
      // Entered all the same: whoever begins a run is answered that it is under way, and follows it.
      enter("uploading", "No picture is new, so none is uploaded");
      return;
    }
    for (const [index, file] of fresh.entries()) {
      const { holdfast, plain } = instances;
      if (holdfast === undefined || plain === undefined) throw new Error("An instance ended by itself.");
      enter("uploading", `Uploading picture ${index + 1} of ${fresh.length} to both`);
      const picture = await uploadToBoth(file, media, { holdfast: holdfast.origin, plain: plain.origin }, closing.signal);
      if (picture !== undefined) pictures.push(picture);
    }
    enter("uploading", "Every picture answers from both");
    await sleep(lookMs, undefined, { signal: closing.signal });
  }

  async function run(files: readonly MediaFile[]): Promise<void> {
    // One that ended by itself took its port with it; nothing can be compared with what it answered.
    if (sides.some((side) => instances[side]?.hasExited() === true)) {
      enter("starting", "One of the apps has ended by itself, so both start anew");
      await clear();
    }
    if (root === undefined) {
      enter("starting", "Starting two apps, each in a folder of its own");
      root = await mkdtemp(join(below, "holdfast-redeploy-"));
      const at = root;
      await mkdir(join(at, "holdfast", "storage"), { recursive: true });
      await onBoth(async (side) => await deployAndBoot(side, at));
    }
    const at = root;
    await uploadNew(files);
    enter("stopping", `Stopping both: SIGTERM to ${sides.map((side) => instances[side]?.pid ?? "nobody").join(" and ")}`);
    const folders = sides.map((side) => instances[side]?.folder ?? join(at, side, `instance-${round + 1}`));
    await onBoth(async (side) => {
      await instances[side]?.stop();
      instances[side] = undefined;
    });
    enter("wiping", `Removing the whole folder ${folders.join(" and ")}`);
    await Promise.all(folders.map(wipe));
    round += 1;
    enter("booting", "Deploying and starting both anew, each in a new folder");
    await onBoth(async (side) => await deployAndBoot(side, at));
    enter("counting", `Fetching ${pictures.length === 1 ? "the picture" : `all ${pictures.length} pictures`} from both`);
    await onBoth(async (side) => {
      const origin = instances[side]?.origin;
      if (origin === undefined) throw new Error("An instance ended by itself.");
      for (const picture of pictures) await count(picture.sides[side], origin, closing.signal);
    });
    const { answering, total } = sideStatus("holdfast");
    enter("done", `With Holdfast ${answering} of ${total} still answer, in the plain folder ${sideStatus("plain").answering} of ${total}`);
  }

  /** After a failure nothing is known for sure: the next run begins with nothing. */
  async function giveUp(error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    if (!closing.signal.aborted) log.error(`The redeploy demonstration failed: ${reason}`);
    await clear();
    enter("failed", `It failed, and starts anew next time: ${reason}`);
  }

  async function clear(): Promise<void> {
    await Promise.allSettled(
      sides.map(async (side) => {
        await instances[side]?.stop(closeGraceMs);
        instances[side] = undefined;
      }),
    );
    pictures = [];
    round = 0;
    if (root !== undefined) await wipe(root);
    root = undefined;
  }

  function sideStatus(side: Side): SideStatus {
    const instance = instances[side];
    const list = pictures.map(({ name, sides: { [side]: at } }) => ({ name, path: at.path, status: at.status, isSame: at.isSame }));
    return {
      pid: instance === undefined || instance.hasExited() ? null : instance.pid,
      folder: instance?.folder ?? (root === undefined ? null : join(root, side, `instance-${round + 1}`)),
      pictures: list,
      answering: list.filter(({ isSame }) => isSame).length,
      total: list.length,
    };
  }

  function status(): RedeployStatus {
    return {
      state,
      step: steps.at(-1) ?? "Not begun",
      steps: [...steps],
      round,
      holdfast: sideStatus("holdfast"),
      plain: sideStatus("plain"),
    };
  }

  return {
    status,
    async start() {
      if (running !== undefined || isStarting || closing.signal.aborted)
        throw fail("REDEPLOY_RUNNING", { step: steps.at(-1) ?? "starting" });
      isStarting = true;
      try {
        const files = await newestPictures(media);
        if (files.length === 0 && pictures.length === 0) throw fail("REDEPLOY_NOTHING");
        closing.signal.throwIfAborted();
        steps = [];
        running = run(files)
          .catch(giveUp)
          .finally(() => {
            running = undefined;
          });
      } finally {
        isStarting = false;
      }
      return status();
    },
    async fetchPicture(side, index, signal) {
      const picture = pictures[index]?.sides[side];
      if (picture === undefined) return undefined;
      const instance = instances[side];
      if (instance === undefined || instance.hasExited()) throw fail("INSTANCE_AWAY", { side });
      try {
        return await fetch(`${instance.origin}${picture.path}`, { signal: AbortSignal.any([signal, closing.signal]) });
      } catch (error) {
        throw fail("INSTANCE_AWAY", { side }, { cause: error });
      }
    },
    async close() {
      closing.abort();
      await running;
      await clear();
    },
  };
}
