import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, inject, it } from "vitest";
import { listAll } from "../system/kill-verdict.js";
import { makePictures, randomFrom, sha256Of } from "../system/pictures-made.js";
import { type Home, type ServiceProcess, startService } from "../system/service-process.js";
import { startBalancer } from "./balancer.js";
import { checkErrands, newErrand, newErrands, send } from "./clients.js";
import { makeCloud } from "./cloud-home.js";
import { settled } from "./kill-rounds.js";

const lab = inject("lab");
const overlapMs = Number(process.env["HOLDFAST_OVERLAP_MS"] ?? 15_000);
const media = { leaseMs: 5_000, settleEveryMs: 500, lateWriteMs: 1_000 } as const;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** What a URL answers: enough to tell that it is the very same. */
interface Answered {
  readonly status: number;
  readonly etag: string | null;
  readonly type: string | null;
  readonly sha256: string;
}

async function ask(url: string): Promise<Answered> {
  const response = await fetch(url, { headers: { accept: "image/webp,*/*" } });
  const sha256 = sha256Of(new Uint8Array(await response.arrayBuffer()));
  return { status: response.status, etag: response.headers.get("etag"), type: response.headers.get("content-type"), sha256 };
}

/** Start an instance of a release in a folder of its own, and note it for the end. */
async function boot(home: Home, release: string): Promise<ServiceProcess> {
  const service = await startService(home, { media, env: { HOLDFAST_RELEASE: release } });
  cleanups.push(async () => await service.kill());
  return service;
}

/** Upload one of each picture through any of the instances, and ask for each file's URLs and variants, through any again. */
async function uploadAll(origins: readonly string[], ask1: typeof ask): Promise<Map<string, Answered>> {
  const answers = new Map<string, Answered>();
  for (const [index, picture] of (await makePictures(randomFrom(3))).entries()) {
    const at = origins[index % origins.length] ?? "";
    const other = origins[(index + 1) % origins.length] ?? "";
    const response = await fetch(`${at}/api/v1/files?name=${picture.name}`, {
      method: "POST",
      headers: { "content-type": picture.type },
      body: picture.bytes,
    });
    expect(response.status).toBe(201);
    const { url, id } = (await response.json()) as { url: string; id: string };
    for (const path of [url, `/media/${id}/w320/x`, `/media/${id}/full/x`]) {
      const answered = await ask1(`${other}${path}`);
      expect(answered.status).toBe(200);
      answers.set(path, answered);
    }
  }
  return answers;
}

/** Ask for every URL again; what is not the same is told. A variant may have been an interim one the first time. */
async function compare(origins: readonly string[], before: ReadonlyMap<string, Answered>): Promise<void> {
  for (const origin of origins) {
    for (const [path, answered] of before) expect({ path, ...(await ask(`${origin}${path}`)) }).toEqual({ path, ...answered });
  }
}

describe.runIf(lab !== undefined)("a redeploy of two instances on PostgreSQL and a bucket", () => {
  it("answers every URL with the same bytes and the same ETag, though each instance's folder is thrown away", async () => {
    if (lab === undefined) return;
    const cloud = await makeCloud(lab);
    cleanups.push(cloud.remove);
    const homes = [await cloud.makeInstance(), await cloud.makeInstance()];
    const first = await Promise.all(homes.map(async (home) => await boot(home, "release-1")));
    const before = await uploadAll(
      first.map(({ origin }) => origin),
      ask,
    );
    await Promise.all(first.map(async (service) => await service.stop()));
    await Promise.all(homes.map(async (home) => await home.remove()));
    expect(homes.map(({ path }) => existsSync(path))).toEqual([false, false]);

    const newHomes = [await cloud.makeInstance(), await cloud.makeInstance()];
    const second = await Promise.all(newHomes.map(async (home) => await boot(home, "release-2")));
    await compare(
      second.map(({ origin }) => origin),
      before,
    );
    const [row] = await cloud.query<{ value: string }>("SELECT value FROM holdfast_meta WHERE name = 'canary'");
    expect(JSON.parse(row?.value ?? "{}")).toMatchObject({ bornIn: "release-1", survived: 1, sightings: [{ release: "release-2" }] });
    expect(second.map((service) => service.complaints())).toEqual(["", ""]);
  });

  it(
    "goes without an error while old and new instances overlap under load, again and again",
    { timeout: overlapMs + 120_000 },
    async () => {
      if (lab === undefined) return;
      const cloud = await makeCloud(lab);
      cleanups.push(cloud.remove);
      const balancer = await startBalancer();
      cleanups.push(balancer.close);
      let release = 1;
      let up = [await boot(await cloud.makeInstance(), "release-1"), await boot(await cloud.makeInstance(), "release-1")];
      for (const { origin } of up) balancer.add(origin);

      const random = randomFrom(17);
      const pictures = await makePictures(random);
      const errands = newErrands();
      const failures: string[] = [];
      let reads = 0;
      let isOver = false;
      const uploader = async (): Promise<void> => {
        while (!isOver) {
          const errand = newErrand(errands, random, pictures);
          if (!(await send(balancer.origin, errand, errands))) failures.push(`the upload of ${errand.name} failed`);
          await sleep(50);
        }
      };
      const reader = async (): Promise<void> => {
        while (!isOver) {
          const stored = errands.all.filter(({ id }) => id !== undefined);
          const errand = stored.length === 0 ? undefined : random.pick(stored);
          if (errand !== undefined) {
            const path = `/media/${errand.id}/${random.pick(["w64", "w320", "w640"])}/x`;
            const { status } = await ask(`${balancer.origin}${path}`);
            reads += 1;
            if (status !== 200) failures.push(`${path} was answered ${status}`);
          }
          await sleep(20);
        }
      };
      const load = [uploader(), uploader(), reader(), reader()];
      for (const end = performance.now() + overlapMs; performance.now() < end;) {
        release += 1;
        // As platforms do it: the new one answers before the old one is told to stop, and both serve meanwhile.
        const fresh = await boot(await cloud.makeInstance(), `release-${release}`);
        balancer.add(fresh.origin);
        await sleep(1_000);
        const [oldest, ...rest] = up;
        if (oldest !== undefined) {
          balancer.remove(oldest.origin);
          await oldest.stop();
          if (oldest.complaints() !== "") failures.push(oldest.complaints());
        }
        up = [...rest, fresh];
      }
      isOver = true;
      await Promise.all(load);
      console.info(
        `${release - 1} rolling restarts under load: ${errands.all.length} uploads, ${reads} reads, ${failures.length} failures`,
      );
      expect(failures).toEqual([]);
      expect(errands.wrong).toEqual([]);
      expect(await checkErrands(up[0]?.origin ?? "", errands)).toEqual([]);
      expect(errands.all.length).toBeGreaterThan(10);
      expect(await settled(cloud)).toEqual([]);
    },
  );
});

describe("a redeploy with SQLite and a folder on a volume", () => {
  it("answers every URL with the same bytes and the same ETag, though the instance's own folder is thrown away", async () => {
    const volume = await mkdtemp(join(tmpdir(), "holdfast-volume-"));
    cleanups.push(async () => await rm(volume, { recursive: true, force: true, maxRetries: 3 }));
    const env = { MEDIA_ROOT: join(volume, "media"), MEDIA_DATABASE_URL: `file:${join(volume, "catalogue.db")}` };
    const instance = async (): Promise<Home> => ({ path: await mkdtemp(join(tmpdir(), "holdfast-instance-")), env });
    const home = await instance();
    const first = await boot(home, "release-1");
    const before = await uploadAll([first.origin], ask);
    await first.stop();
    await rm(home.path, { recursive: true });

    const newHome = await instance();
    cleanups.push(async () => await rm(newHome.path, { recursive: true, force: true }));
    const second = await boot(newHome, "release-2");
    await compare([second.origin], before);
    expect((await listAll(second.origin)).length).toBe(before.size / 3);
    expect(second.complaints()).toBe("");
  });
});
