import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "libsql";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTestCatalogue } from "./catalogue/catalogue.fixture.js";
import { loseCatalogue } from "./catalogue/test-database.fixture.js";
import { filesBelow, inBlocks, openTestMedia, picture, rememberingLog, temporaryFolder } from "./media.fixture.js";
import type { Media } from "./media.js";
import { openMedia } from "./open-media.js";
import { readAll } from "./storage/object-body.js";

const coded = (code: string, message = ""): object => expect.objectContaining({ code, message: expect.stringContaining(message) });
const jpeg = await picture("jpeg", 100, 80);
/** The status only; the body is let go of, as a server does for a client that leaves. */
async function statusOf(media: Media, path: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await media.handler(get(path, headers));
  await response.body?.cancel();
  return response.status;
}
const get = (path: string, headers: Record<string, string> = {}): Request => new Request(`http://127.0.0.1${path}`, { headers });

describe("openMedia", () => {
  it("says in one line what was chosen and why", async () => {
    const media = await openTestMedia();
    expect(media.lines.join("\n")).toContain(
      `media storage: disk (${join(media.folder, "holdfast-data", "media")}), chosen by default, durability `,
    );
  });

  it("takes no upload into a storage that is not the catalogue's, and still reads its rows", async () => {
    const cwd = await temporaryFolder();
    const first = await openTestMedia({ cwd });
    const file = await first.put(jpeg, { name: "cat.jpg" });
    await first.close();
    // As when a volume is not mounted, or another disk is in its place.
    await rename(join(cwd, "holdfast-data", "media"), join(cwd, "elsewhere"));
    const second = await openTestMedia({ cwd });
    await expect(second.put(jpeg, { name: "dog.jpg" })).rejects.toThrow(coded("STORAGE_MISMATCH", "No upload is taken"));
    expect((await second.list()).files.map(({ id }) => id)).toEqual([file.id]);
    expect(await filesBelow(join(cwd, "holdfast-data", "media"))).toEqual([]);
    await second.close();
    await rm(join(cwd, "holdfast-data", "media"), { recursive: true });
    await rename(join(cwd, "elsewhere"), join(cwd, "holdfast-data", "media"));
    const third = await openTestMedia({ cwd });
    expect((await third.put(jpeg, { name: "dog.jpg" })).state).toBe("stored");
    expect(await statusOf(third, file.url())).toBe(200);
  });

  it("says loudly that an ephemeral storage was allowed in production", async () => {
    const cwd = await temporaryFolder();
    const env = { NODE_ENV: "production", RENDER: "true", MEDIA_ALLOW_EPHEMERAL: "1" };
    const media = await openTestMedia({ cwd, env });
    // The folder of a test may be on a mount of its own, which outlives deploys.
    const isEphemeral = media.storage.durability === "ephemeral";
    expect(media.lines.some((line) => line.includes("EPHEMERAL in production"))).toBe(isEphemeral);
  });

  it("refuses a signing key that anybody could guess, and never quotes it", async () => {
    for (const key of ["", "   ", "hunter2"]) {
      const cwd = await temporaryFolder();
      const failures = await Promise.all([
        openTestMedia({ cwd, signingKey: key }).then(() => "opened", String),
        openTestMedia({ cwd, env: { HOLDFAST_SIGNING_KEY: key } }).then(() => "opened", String),
      ]);
      expect(failures).toEqual([expect.stringContaining("signingKey"), expect.stringContaining("HOLDFAST_SIGNING_KEY")]);
      expect(JSON.stringify(failures)).not.toContain("hunter2");
    }
  });

  it("keeps the signing key it made, so that URLs outlive a restart, and shows it to nobody", async () => {
    const cwd = await temporaryFolder();
    const first = await openTestMedia({ cwd });
    const file = await first.put(jpeg, { name: "cat.jpg" });
    const url = file.originalUrl();
    await first.close();
    const second = await openTestMedia({ cwd });
    expect(await statusOf(second, url)).toBe(200);
    const key = await (await openTestCatalogue(cwd)).recall("signing_key");
    expect(key).toMatch(/^[\w-]{43}$/);
    expect([...first.lines, ...second.lines, JSON.stringify(file), url].join()).not.toContain(key);
  });

  it.each(["media", "/", "/media/", "/a b", "/../x?"])("refuses the base path %j", async (basePath) => {
    await expect(openTestMedia({ basePath })).rejects.toThrow(coded("CONFIG_INVALID", "basePath"));
  });

  it.each([{ leaseMs: 2 ** 40 }, { settleEveryMs: 2 ** 31 }, { lateWriteMs: -1 }, { retentionMs: Number.NaN }])(
    "refuses the duration %j",
    async (options) => {
      await expect(openMedia({ env: {}, cwd: await temporaryFolder(), ...options })).rejects.toThrow(
        coded("CONFIG_INVALID", Object.keys(options)[0]),
      );
    },
  );

  it("lets go of a catalogue in a file when the storage cannot be opened", async () => {
    const cwd = await temporaryFolder();
    const broken = await openTestMedia({ cwd: join(cwd, "other") });
    const storage = { ...broken.storage, identity: async () => await Promise.reject(new Error("no such bucket")) };
    await expect(openTestMedia({ cwd, storage, database: "file:holdfast-data/catalogue.db" })).rejects.toThrow("no such bucket");
    const owner = new Database(join(cwd, "holdfast-data", "catalogue.db-owner"));
    expect(() => owner.exec("BEGIN EXCLUSIVE")).not.toThrow();
    owner.close();
  });
});

describe("a media instance", () => {
  it("gives back what was put, by id, in lists newest first, and by what it is attached to", async () => {
    const media = await openTestMedia();
    const files = [];
    for (const name of ["a.jpg", "b.jpg", "c.jpg"]) files.push(await media.put(jpeg, { name, attachTo: ["article", "42", "gallery"] }));
    const [a] = files;
    expect(Buffer.from(await readAll(await media.open(a?.id ?? ""))).equals(jpeg)).toBe(true);
    // Ids of one millisecond are in no order but their own.
    const newestFirst = files.map((file) => file.id).toSorted((x, y) => (x < y ? 1 : -1));
    const first = await media.list({ limit: 2 });
    expect([first.files.map((file) => file.name).toSorted().length, first.next]).toEqual([2, first.files[1]?.id]);
    const second = await media.list(first.next === undefined ? {} : { limit: 2, after: first.next });
    expect([...first.files, ...second.files].map((file) => file.id)).toEqual(newestFirst);
    expect((await media.attached("article", "42", "gallery")).map((file) => file.name)).toEqual(["a.jpg", "b.jpg", "c.jpg"]);
    expect(await media.attached("article", "43", "gallery")).toEqual([]);
  });

  it("refuses a page it cannot give", async () => {
    const media = await openTestMedia();
    await expect(media.list({ after: "x" })).rejects.toThrow(coded("PARAMETER_INVALID"));
    await expect(media.list({ limit: Number.NaN })).rejects.toThrow(coded("PARAMETER_INVALID"));
    await expect(media.list({ limit: 1.5 })).rejects.toThrow(coded("PARAMETER_INVALID"));
    expect((await media.list({ limit: 10 ** 9 })).files).toEqual([]);
  });

  it("serves nothing of a trashed file, not even a variant it has at hand, until it is restored", async () => {
    const media = await openTestMedia();
    const file = await media.put(jpeg, { name: "cat.jpg", visibility: "public", attachTo: ["article", "1", "cover"] });
    const [variant, original] = [file.url({ width: 64 }), file.originalUrl()];
    const statuses = async (): Promise<number[]> => await Promise.all([variant, original].map(async (url) => await statusOf(media, url)));
    expect(await statuses()).toEqual([200, 200]);
    expect([await media.trash(file.id), await media.trash(file.id)]).toEqual([true, false]);
    expect(await statuses()).toEqual([404, 404]);
    expect([await media.get(file.id), (await media.list()).files, await media.attached("article", "1", "cover")]).toEqual([
      undefined,
      [],
      [],
    ]);
    expect([await media.restore(file.id), await media.restore(file.id)]).toEqual([true, false]);
    expect(await statuses()).toEqual([200, 200]);
  });

  it("restores nothing once its purge has begun", async () => {
    const media = await openTestMedia({ retentionMs: 0 });
    const file = await media.put(jpeg, { name: "cat.jpg" });
    await media.trash(file.id);
    const storage = join(media.folder, "holdfast-data", "media");
    await rename(storage, `${storage}-away`);
    await expect(media.settle()).rejects.toThrow(coded("STORAGE_UNREACHABLE"));
    expect(await media.restore(file.id)).toBe(false);
    await rename(`${storage}-away`, storage);
    expect(await media.settle()).toMatchObject({ purged: 1 });
    expect([await media.restore(file.id), await filesBelow(storage)]).toEqual([false, []]);
  });

  it("serves private originals to whom a signature or authorize admits, and to nobody else", async () => {
    const media = await openTestMedia({ authorize: (request) => request.headers.get("authorization") === "Bearer t" });
    const file = await media.put(jpeg, { name: "cat.jpg" });
    const status = async (url: string, headers = {}): Promise<number> => await statusOf(media, url, headers);
    expect(await status(file.toJSON().url)).toBe(401);
    expect(await status(file.toJSON().url, { authorization: "Bearer t" })).toBe(200);
    expect(await status(file.originalUrl())).toBe(200);
    expect(await status(file.originalUrl({ expiresInMs: -600_000 }))).toBe(401);
    expect(await status(file.originalUrl().replace(/signature=./, "signature=_"))).toBe(401);
  });
});

describe("two media instances", () => {
  it("on one catalogue keep all that both were given at the same time", async () => {
    const cwd = await temporaryFolder();
    const [one, two] = await Promise.all([openTestMedia({ cwd }), openTestMedia({ cwd })]);
    const puts = Array.from(
      { length: 12 },
      async (_, at) => await (at % 2 === 0 ? one : two).put(jpeg, { name: `${at}.jpg`, attachTo: ["a", "1", "all"] }),
    );
    const settles = Array.from({ length: 6 }, async (_, at) => await (at % 2 === 0 ? one : two).settle());
    const files = await Promise.all(puts);
    await Promise.all(settles);
    await one.close();
    expect(new Set((await two.attached("a", "1", "all")).map((file) => file.id))).toEqual(new Set(files.map((file) => file.id)));
  });
});

describe("the database of an application", () => {
  it("is used under a prefix, after its tables were asked for, and left open", async () => {
    const handle = new Database(":memory:");
    onTestFinished(() => void handle.close());
    handle.exec("CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT)");
    const media = await openTestMedia({ database: handle, tablePrefix: "app_media_" });
    await expect(media.put(jpeg, { name: "cat.jpg" })).rejects.toThrow(coded("CATALOGUE_NOT_MIGRATED", "media.migrate()"));
    await media.migrate();
    const file = await media.put(jpeg, { name: "cat.jpg" });
    expect(handle.prepare("SELECT id FROM app_media_files WHERE state = 'stored'").all()).toEqual([{ id: file.id }]);
    await media.close();
    handle.exec("INSERT INTO articles (title) VALUES ('still open')");
  });
});

describe("closing", () => {
  it("waits for what is being stored, and for everybody who asks", async () => {
    const media = await openTestMedia();
    const slow = media.put(inBlocks(Buffer.concat([jpeg, Buffer.alloc(60_000)]), 1000), { name: "cat.jpg" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    let isStored = false;
    const stored = slow.then(() => (isStored = true));
    const closings = [media.close(), media.close()];
    await closings[1];
    expect(isStored).toBe(true);
    await Promise.all([stored, ...closings]);
    const again = await openTestMedia({ cwd: media.folder });
    expect((await again.list()).files).toHaveLength(1);
  });

  it("refuses what comes afterwards", async () => {
    const media = await openTestMedia();
    await media.close();
    await expect(media.put(jpeg, { name: "cat.jpg" })).rejects.toThrow(coded("MEDIA_CLOSED"));
    await expect(media.list()).rejects.toThrow(coded("MEDIA_CLOSED"));
    expect(await statusOf(media, "/media/01m7xwyvpkr1bvpa846z2ab1wc/a.jpg")).toBe(503);
  });
});

describe("a catalogue that was lost", () => {
  it("stops the deleting and says so, while the files in the storage stay", async () => {
    const cwd = await temporaryFolder();
    const first = await openTestMedia({ cwd });
    const file = await first.put(jpeg, { name: "cat.jpg" });
    await first.close();
    await loseCatalogue(cwd);
    const log = rememberingLog();
    const second = await openTestMedia({ cwd, log });
    expect((await second.settle()).heldBack).toContain("Was the catalogue lost?");
    expect(log.lines.join("\n")).toContain("already holds files that it does not know");
    expect((await readFile(join(cwd, "holdfast-data", "media", file.key))).equals(jpeg)).toBe(true);
    await second.put(jpeg, { name: "new.jpg" });
    expect((await second.settle()).heldBack).toContain("Was the catalogue lost?");
  });
});
