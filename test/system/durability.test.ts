import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listAll } from "./kill-verdict.js";
import { makePictures, randomFrom } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";
import { hasStrace, readRecord, type SystemCall, watch } from "./strace.js";

const mustRun = hasStrace || process.env["CI"] === "true";
if (!mustRun) console.info("The order of fsyncs is not watched: strace is missing (apt-get install strace).");

const watched = "trace=write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync,link,linkat,rename,renameat,renameat2,mkdir,mkdirat";

let folder: ServiceFolder;
let service: ServiceProcess;

beforeEach(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder, { media: { settleEveryMs: 0 } });
});

afterEach(async () => {
  await service.stop();
  await folder.remove();
});

async function uploadOne(name: string): Promise<number> {
  const picture = (await makePictures(randomFrom(5))).find(({ type }) => type === "image/jpeg");
  const response = await fetch(`${service.origin}/api/v1/files?name=${name}`, {
    method: "POST",
    headers: { "content-type": "image/jpeg" },
    body: picture?.bytes ?? new Uint8Array(),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Expect each step to have ended before the next one began. */
function expectInOrder(steps: readonly (readonly [what: string, call: SystemCall | undefined])[]): void {
  for (const [what, call] of steps) expect(call, `there is no ${what}`).toBeDefined();
  for (const [index, [what, call]] of steps.entries()) {
    const [before, previous] = steps[index - 1] ?? [];
    if (call !== undefined && previous !== undefined) expect(previous.ended, `${before} comes before ${what}`).toBeLessThan(call.began);
  }
}

describe.runIf(mustRun)("the first upload of a month", () => {
  it("is written, synced, published, its folders synced, committed and synced, and only then acknowledged", async () => {
    const record = join(folder.path, "strace.log");
    const tracer = await watch(service.pid, ["-e", watched, "-o", record]);
    expect(await uploadOne("photo.jpg")).toBe(201);
    await tracer.end();

    const calls = readRecord(record).filter(({ text }) => !/= -1 E/.test(text));
    const first = (pattern: RegExp, from = -1): SystemCall | undefined =>
      calls.find(({ text, began }) => began > from && pattern.test(text));
    const last = (pattern: RegExp, until = Infinity): SystemCall | undefined =>
      calls.findLast(({ text, ended }) => ended < until && pattern.test(text));
    const answered = first(/^(write|writev|sendto|sendmsg)\(.*HTTP\/1\.1 201/);
    const published = first(/^(link|linkat|rename|renameat2?)\(.*\/\.holdfast\/parts\/.*\/originals\//);
    const month = /"[^"]*(\/originals\/\d{4}\/\d{2})\/[^"/]+"/.exec(published?.text ?? "")?.[1] ?? "?";
    // The part that became this object: the boot stores something of its own meanwhile.
    const part = /\/parts\/([0-9a-f.]+)"/.exec(published?.text ?? "")?.[1] ?? "?";
    expectInOrder([
      ["last write of the part", last(new RegExp(`^p?write(64)?\\(\\d+<[^>]*/parts/${part}>`))],
      ["fsync of the part", first(new RegExp(`^fsync\\(\\d+<[^>]*/parts/${part}>`))],
      ["link of the object", published],
      ["fsync of its folder", first(new RegExp(`^fsync\\(\\d+<[^>]*${month}>`), published?.ended)],
      ["sync of the catalogue's log", last(/^f(data)?sync\(\d+<[^>]*catalogue\.db-wal>/, answered?.began)],
      ["201", answered],
    ]);
    // A new folder lasts only when its parent was synced: of `2026/11` that is `2026`, and so on up to the storage's root.
    for (const made of calls.filter(({ text }) => /^mkdir(at)?\(.*\/originals/.test(text))) {
      const path = /"([^"]+)"/.exec(made.text)?.[1] ?? "";
      const parent = path.slice(0, path.lastIndexOf("/"));
      const synced = calls.find(({ text, began }) => began > made.ended && text.startsWith("fsync(") && text.includes(`<${parent}>`));
      expectInOrder([
        [`mkdir of ${path}`, made],
        [`fsync of ${parent}`, synced],
        ["201", answered],
      ]);
    }
  });
});

describe.runIf(mustRun)("a disk whose fsync fails", () => {
  it.each(["fsync", "fdatasync,fsync"])("gets no upload acknowledged while it lasts (%s), and all of them afterwards", async (calls) => {
    const tracer = await watch(service.pid, ["-e", `trace=${calls}`, "-e", `inject=${calls}:error=EIO`, "-o", "/dev/null"]);
    const status = await uploadOne("unsynced.jpg");
    await tracer.end();
    expect(status).toBeGreaterThanOrEqual(500);
    expect(await listAll(service.origin)).toEqual([]);
    expect(await uploadOne("synced.jpg")).toBe(201);
    expect((await listAll(service.origin)).map(({ name }) => name)).toEqual(["synced.jpg"]);
    expect(service.complaints()).not.toContain("UnhandledPromiseRejection");
  });

  it("once, is written anew under another name, or not acknowledged", async () => {
    const record = join(folder.path, "strace.log");
    const tracer = await watch(service.pid, ["-e", "trace=fsync,link,linkat,rename", "-e", "inject=fsync:error=EIO:when=1", "-o", record]);
    const status = await uploadOne("once.jpg");
    await tracer.end();
    const parts = readRecord(record).filter(({ text }) => /^fsync\(.*\/parts\//.test(text));
    const failed = parts.filter(({ text }) => text.includes("EIO")).map(({ text }) => /<([^>]+)>/.exec(text)?.[1]);
    const published = readRecord(record).find(({ text }) => /^(link|linkat|rename)\(.*\/parts\/.*\/originals\//.test(text));
    for (const part of failed) expect(published?.text ?? "").not.toContain(String(part));
    expect((await listAll(service.origin)).map(({ name }) => name)).toEqual(status === 201 ? ["once.jpg"] : []);
  });
});
