import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { listAll } from "../system/kill-verdict.js";
import { makePictures, randomFrom } from "../system/pictures-made.js";
import { type ServiceProcess, startService } from "../system/service-process.js";
import { type Cloud, makeCloud } from "./cloud-home.js";
import { settled } from "./kill-rounds.js";

const lab = inject("lab");
const media = { leaseMs: 1_500, settleEveryMs: 200, lateWriteMs: 500 } as const;
let cloud: Cloud;
let bytes: Uint8Array<ArrayBuffer>;
const services: ServiceProcess[] = [];

beforeEach(async () => {
  if (lab === undefined) return;
  cloud = await makeCloud(lab);
  bytes = (await makePictures(randomFrom(23)))[2]?.bytes ?? new Uint8Array();
});

afterEach(async () => {
  await Promise.all(services.splice(0).map(async (service) => await service.kill()));
  await cloud.remove();
});

async function boot(graceMs: number): Promise<ServiceProcess> {
  const service = await startService(await cloud.makeInstance(), { media, graceMs });
  services.push(service);
  return service;
}

/** An upload that goes on until it is told to end: the first bytes are sent at once, the last ones when `end` is called. */
function slowUpload(origin: string): { readonly answer: Promise<number | undefined>; end(): void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let part = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      part += 1;
      if (part === 1) controller.enqueue(bytes.subarray(0, 50_000));
      else {
        await ended;
        controller.enqueue(bytes.subarray(50_000));
        controller.close();
      }
    },
  });
  const answer = fetch(`${origin}/api/v1/files?name=slow.jpeg`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body,
    duplex: "half",
  }).then(
    (response) => response.status,
    () => undefined,
  );
  return { answer, end };
}

async function isReserved(): Promise<boolean> {
  return (await cloud.rows()).some(({ state }) => state === "reserved");
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let patience = 500; !(await isSo()); patience -= 1) {
    if (patience === 0) throw new Error("it did not come to that");
    await sleep(20);
  }
}

describe.runIf(lab !== undefined)("SIGTERM in the middle of an upload", () => {
  it("lets it finish within the grace, takes no new one, and loses nothing", async () => {
    const [draining, other] = [await boot(20_000), await boot(20_000)];
    const upload = slowUpload(draining.origin);
    await until(isReserved);
    const stopped = draining.stop();
    await until(
      async () =>
        await fetch(`${draining.origin}/readyz`).then(
          () => false,
          () => true,
        ),
    );
    upload.end();
    expect(await upload.answer).toBe(201);
    await stopped;
    expect((await listAll(other.origin)).map(({ name }) => name)).toEqual(["slow.jpeg"]);
    expect(await settled(cloud)).toEqual([]);
    expect(draining.complaints()).toBe("");
  });

  it("ends what does not finish, of which nothing is left", async () => {
    const [draining, other] = [await boot(300), await boot(20_000)];
    const upload = slowUpload(draining.origin);
    await until(isReserved);
    await draining.stop();
    upload.end();
    expect(await upload.answer).toBeUndefined();
    expect(await listAll(other.origin)).toEqual([]);
    expect(await settled(cloud)).toEqual([]);
    expect((await cloud.rows()).filter(({ table }) => table === "files")).toEqual([]);
    expect(draining.complaints()).toBe("");
  });
});
