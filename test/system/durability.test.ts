import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { faultsIn } from "./durability-record.js";
import { listAll } from "./kill-verdict.js";
import { makePictures, randomFrom } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";
import { hasStrace, readRecord, watch } from "./strace.js";

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

/** Record the system calls of one upload, and say what is wrong with their order. */
async function recordUpload(): Promise<string[]> {
  const record = join(folder.path, "strace.log");
  const tracer = await watch(service.pid, ["-e", watched, "-o", record]);
  expect(await uploadOne("photo.jpg")).toBe(201);
  await tracer.end();
  return faultsIn(readRecord(record));
}

describe.runIf(mustRun)("the first upload of a month", () => {
  it("is written, synced, published, its folders synced, committed and synced, and only then acknowledged", async () => {
    expect(await recordUpload()).toEqual([]);
  });

  it.each([
    ["no fsync of files", "fsync of the part"],
    ["no fsync of folders", "fsync of its folder"],
    ["no fsync of new folders' parents", "fsync of /"],
    ["synchronous=NORMAL", "sync of the catalogue's log"],
  ] as const)("is noticed not to last with %s", async (mutant, missing) => {
    await service.stop();
    service = await startService(folder, { media: { settleEveryMs: 0 }, mutant });
    expect(await recordUpload()).toContainEqual(expect.stringContaining(missing));
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
