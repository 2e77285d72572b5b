import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { picture, type ServiceFixture, startService } from "../service.fixture.js";
import type { RedeployStatus } from "./demonstration.js";

const pollMs = 20;
const deadlineMs = 60_000;

async function upload(service: ServiceFixture, name: string, red: number): Promise<void> {
  const response = await service.fetch(`/api/v1/files?name=${name}`, {
    method: "POST",
    body: await picture(red),
    headers: { "content-type": "image/jpeg" },
  });
  expect(response.status).toBe(201);
}

async function begin(service: ServiceFixture): Promise<RedeployStatus> {
  const response = await service.fetch("/api/v1/redeploy", { method: "POST" });
  expect(response.status).toBe(202);
  return (await response.json()) as RedeployStatus;
}

async function statusWhen(service: ServiceFixture, isSo: (status: RedeployStatus) => boolean): Promise<RedeployStatus> {
  for (const endsAt = Date.now() + deadlineMs; ;) {
    const status = (await (await service.fetch("/api/v1/redeploy")).json()) as RedeployStatus;
    if (isSo(status)) return status;
    if (Date.now() > endsAt) throw new Error(`still: ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

const hasEnded = ({ state }: RedeployStatus): boolean => state === "done" || state === "failed";

function isRunning(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("the redeploy demonstration", { timeout: 120_000 }, () => {
  it("keeps every picture with Holdfast and none in a plain folder, deploy after deploy", async () => {
    const service = await startService();
    onTestFinished(service.close);
    for (const [index, name] of ["one.jpg", "two.jpg", "three.jpg"].entries()) await upload(service, name, index * 40);

    expect((await begin(service)).state).toBe("starting");
    const first = await statusWhen(service, hasEnded);
    expect(first).toMatchObject({ state: "done", round: 1, holdfast: { answering: 3, total: 3 }, plain: { answering: 0, total: 3 } });
    expect(first.plain.pictures.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(first.steps.join("\n")).toContain("Removing the whole folder");
    for (const side of [first.holdfast, first.plain]) {
      expect(side.folder).toMatch(/instance-2$/);
      // Of the first instance nothing is left; what is beside it is Holdfast's storage, as a mounted disk would be.
      const beside = await readdir(dirname(side.folder ?? ""));
      expect(beside.filter((name) => name.startsWith("instance-"))).toEqual(["instance-2"]);
    }

    const kept = await service.fetch("/api/v1/redeploy/holdfast/pictures/0");
    expect([kept.status, kept.headers.get("content-type"), kept.headers.get("cache-control")]).toEqual([200, "image/jpeg", "no-store"]);
    expect((await service.fetch("/api/v1/redeploy/plain/pictures/0")).status).toBe(404);
    expect((await service.fetch("/api/v1/redeploy/plain/pictures/3")).status).toBe(404);

    // What was lost stays lost, what is new is uploaded to both, and lost by one at the next deploy.
    await upload(service, "four.jpg", 200);
    await begin(service);
    const second = await statusWhen(service, hasEnded);
    expect(second).toMatchObject({ state: "done", round: 2, holdfast: { answering: 4, total: 4 }, plain: { answering: 0, total: 4 } });
    expect(second.holdfast.pictures.slice(0, 3)).toEqual(first.holdfast.pictures);
    expect(second.holdfast.pid).not.toBe(first.holdfast.pid);
    expect([first.holdfast.pid, first.plain.pid].some(isRunning)).toBe(false);
    expect([second.holdfast.pid, second.plain.pid].every(isRunning)).toBe(true);

    await service.close();
    expect([second.holdfast.pid, second.plain.pid].some(isRunning)).toBe(false);
    expect(existsSync(dirname(dirname(second.holdfast.folder ?? "")))).toBe(false);
  });

  it("shows that the plain app answered its pictures before its folder was wiped", async () => {
    const service = await startService();
    onTestFinished(service.close);
    await upload(service, "one.jpg", 10);
    await upload(service, "two.jpg", 20);
    await begin(service);
    const during = await statusWhen(service, ({ plain, state }) => plain.total > 0 || hasEnded({ state } as RedeployStatus));
    expect(during.plain.pictures[0]).toMatchObject({ status: 200, isSame: true });
    const refused = await service.fetch("/api/v1/redeploy", { method: "POST" });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: "REDEPLOY_RUNNING" });
    await statusWhen(service, hasEnded);
  });

  it("has nothing to show without a picture", async () => {
    const service = await startService();
    onTestFinished(service.close);
    const refused = await service.fetch("/api/v1/redeploy", { method: "POST" });
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: "REDEPLOY_NOTHING" });
    expect(await (await service.fetch("/api/v1/redeploy")).json()).toMatchObject({
      state: "idle",
      round: 0,
      holdfast: { pid: null, folder: null },
    });
  });

  it("starts both anew when one has ended by itself since", async () => {
    const service = await startService();
    onTestFinished(service.close);
    await upload(service, "one.jpg", 10);
    await begin(service);
    const { holdfast } = await statusWhen(service, hasEnded);
    process.kill(holdfast.pid ?? 0, "SIGKILL");
    expect((await statusWhen(service, (status) => status.holdfast.pid === null)).state).toBe("done");
    expect(await (await service.fetch("/api/v1/redeploy/holdfast/pictures/0")).json()).toMatchObject({ code: "INSTANCE_AWAY" });
    await begin(service);
    expect(await statusWhen(service, hasEnded)).toMatchObject({
      state: "done",
      round: 1,
      holdfast: { answering: 1 },
      plain: { answering: 0 },
    });
  });

  it("says that it failed when one ends in the middle of a run, stops the other, and can be begun again", async () => {
    const service = await startService();
    onTestFinished(service.close);
    for (let n = 0; n < 12; n += 1) await upload(service, `${n}.jpg`, n * 20);
    await begin(service);
    const { holdfast, plain } = await statusWhen(service, (status) => status.holdfast.total > 0);
    process.kill(plain.pid ?? 0, "SIGKILL");
    const failed = await statusWhen(service, hasEnded);
    expect(failed).toMatchObject({ state: "failed", holdfast: { pid: null, total: 0 }, plain: { pid: null, total: 0 } });
    expect(failed.step).toMatch(/^It failed, and starts anew next time: /);
    expect(isRunning(holdfast.pid)).toBe(false);
    await begin(service);
    expect(await statusWhen(service, hasEnded)).toMatchObject({
      state: "done",
      round: 1,
      holdfast: { answering: 12 },
      plain: { answering: 0 },
    });
  });

  it("leaves nothing behind when the service closes in the middle of a run", async () => {
    const service = await startService();
    await upload(service, "one.jpg", 10);
    await begin(service);
    const { holdfast, plain } = await statusWhen(service, (status) => status.holdfast.pid !== null && status.plain.pid !== null);
    await service.close();
    expect([holdfast.pid, plain.pid].some(isRunning)).toBe(false);
    expect(existsSync(dirname(dirname(plain.folder ?? "")))).toBe(false);
  });
});
