import { join } from "node:path";
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import type { Media, MediaFile, MediaOptions } from "@holdfast/media";
import { databaseOf } from "../../packages/media/src/catalogue/test-database.fixture.js";
import { openTestCatalogue } from "../../packages/media/src/catalogue/catalogue.fixture.js";
import { filesBelow, openTestMedia, picture, temporaryFolder } from "../../packages/media/src/media.fixture.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";
import { type Loss, type SeveredLine, severedLine } from "./severed-line.js";

const losses: readonly Loss[] = ["never arrives", "is done, unanswered"];
/** More statements than anything here needs. */
const enough = 60;
const retention = { retentionMs: 0, lateWriteMs: 0 };

let cwd: string;
let line: SeveredLine;
/** Through the line that breaks. */
let media: Media;
/** Past it. */
let direct: Media;

async function openThrough(url: string, options: MediaOptions = {}): Promise<Media> {
  return await openTestMedia({ cwd, ...databaseOf(cwd), database: url, ...retention, ...options });
}

beforeEach(async () => {
  const url = inject("postgres");
  if (url === undefined) return;
  cwd = await temporaryFolder();
  direct = await openTestMedia({ cwd, ...retention });
  line = await severedLine(url);
  onTestFinished(async () => await line.close());
  media = await openThrough(line.url);
  // What is asked once only is asked before anything is lost.
  await media.put(await picture(), { name: "first.jpg" }).then(async ({ id }) => await direct.trash(id));
  await direct.settle();
});

const root = (): string => join(cwd, "holdfast-data", "media");

/** Do something again and again, with each of its statements lost in turn. What it answered, and what it failed with. */
async function losingEach<T>(loss: Loss, act: (turn: number) => Promise<T>): Promise<{ answers: T[]; failures: unknown[] }> {
  const answers: T[] = [];
  const failures: unknown[] = [];
  for (let after = 0; after < enough; after += 1) {
    line.lose(after, loss);
    await act(after).then(
      (answer) => answers.push(answer),
      (error: unknown) => failures.push(error),
    );
    if (!line.mend().wasLost) return { answers, failures };
  }
  throw new Error(`there are more than ${enough} statements`);
}

/** Let every reservation expire, and settle as another instance would. */
async function settled(): Promise<void> {
  const { db } = await openTestCatalogue(cwd);
  await db.updateTable("files").set({ lease_expires_at: 0 }).where("state", "=", "reserved").execute();
  await direct.settle();
  await direct.settle();
}

async function stored(): Promise<readonly MediaFile[]> {
  return (await direct.list({ limit: 1000 })).files;
}

const ids = (files: readonly { readonly id: string }[]): string[] => files.map(({ id }) => id).toSorted();
const unreachable = expect.objectContaining({ code: "CATALOGUE_UNREACHABLE" }) as unknown;

describe.each(losses)("a connection lost with a statement that %s", (loss) => {
  const uploads: Readonly<Record<string, (bytes: Buffer, turn: number) => Promise<MediaFile>>> = {
    "an upload": async (bytes) => await media.put(bytes, { name: "cat.jpg" }),
    "an upload that is attached": async (bytes) => await media.put(bytes, { name: "cat.jpg", attachTo: ["article", "1", "all"] }),
    "a staged upload": async (bytes) => await media.stage(bytes, { name: "cat.jpg" }),
    "an upload under an idempotency key": async (bytes, turn) => await media.put(bytes, { name: "cat.jpg", idempotencyKey: `key-${turn}` }),
  };

  it.each(Object.keys(uploads))("is never an acknowledgement of %s that is not kept, nor a file kept that was refused", async (name) => {
    const bytes = await picture();
    const upload = uploads[name];
    const { answers, failures } = await losingEach(loss, async (turn) => {
      if (upload === undefined) throw new Error(name);
      return await upload(bytes, turn);
    });
    // The commit is asked after until it is known; what comes before it may fail, and says why.
    expect(answers.length).toBeGreaterThan(1);
    expect(failures).toEqual(failures.map(() => unreachable));
    await settled();
    const kept = await stored();
    expect(ids(kept)).toEqual(ids(answers));
    expect(await filesBelow(root())).toEqual(kept.map(({ key }) => key).toSorted());
    for (const { id } of answers) expect(Buffer.from(await readAll(await direct.open(id))).equals(bytes)).toBe(true);
    const attached = await direct.attached("article", "1", "all");
    expect(attached.map(({ id }) => id)).toEqual(name.includes("attached") ? answers.map(({ id }) => id) : []);
  });

  it("is a replayed upload, never a second one, for whoever sends it again", async () => {
    const bytes = await picture();
    const send = async (turn: number): Promise<MediaFile> => await media.put(bytes, { name: "cat.jpg", idempotencyKey: `key-${turn}` });
    const { answers } = await losingEach(loss, async (turn) => await send(turn).catch(async () => await send(turn)));
    await settled();
    expect(ids(await stored())).toEqual(ids(answers));
    expect(await filesBelow(root())).toHaveLength(answers.length);
  });

  it("takes no file half-way between in use and the trash, and no bytes", async () => {
    const file = await media.put(await picture(), { name: "cat.jpg" });
    const slow = await openThrough(line.url, { retentionMs: 1_000_000 });
    const { failures } = await losingEach(loss, async () => {
      await slow.trash(file.id);
      await slow.restore(file.id);
    });
    expect(failures).toEqual(failures.map(() => unreachable));
    await direct.restore(file.id);
    expect(ids(await stored())).toEqual([file.id]);
    expect(await filesBelow(root())).toEqual([file.key]);
  });

  it("is all of a change of attachments, or nothing", async () => {
    const bytes = await picture();
    const [old, next] = [await media.put(bytes, { name: "old.jpg" }), await media.put(bytes, { name: "new.jpg" })];
    const cover = ["article", "1", "cover"] as const;
    await direct.attach(old, { to: cover });
    const seen: string[][] = [];
    await losingEach(loss, async () => {
      try {
        await media.attach(next, { to: cover, replace: true });
      } finally {
        seen.push((await direct.attached(...cover)).map(({ name }) => name));
        await direct.restore(old.id);
        await direct.attach(old, { to: cover, replace: true });
        await direct.restore(next.id);
      }
    });
    expect(seen.length).toBeGreaterThan(3);
    for (const names of seen) expect([["old.jpg"], ["new.jpg"]]).toContainEqual(names);
    expect(await filesBelow(root())).toEqual([old.key, next.key].toSorted());
  });

  it("only delays a settling: the next one ends it, and what is in use stays", async () => {
    const bytes = await picture();
    const kept = await media.put(bytes, { name: "kept.jpg" });
    const { failures } = await losingEach(loss, async () => {
      const gone = await direct.put(bytes, { name: "gone.jpg" });
      await direct.stage(bytes, { name: "staged.jpg", expiresInMs: 0 });
      await direct.trash(gone.id);
      await media.settle();
    });
    expect(failures.length).toBeGreaterThan(3);
    expect(failures).toEqual(failures.map(() => unreachable));
    await settled();
    expect(ids(await stored())).toEqual([kept.id]);
    expect(await filesBelow(root())).toEqual([kept.key]);
    const { db } = await openTestCatalogue(cwd);
    const states = db.selectFrom("files").select("state").distinct();
    expect(await states.orderBy("state").execute()).toEqual([{ state: "purged" }, { state: "stored" }]);
  });

  it("marks no variant as lost, and makes it again at most", async () => {
    const file = await media.put(await picture("jpeg", 200, 100), { name: "cat.jpg", visibility: "public" });
    await losingEach(loss, async () => {
      const fresh = await openThrough(line.url);
      const response = await fresh.handler(new Request(`http://localhost${file.url({ width: 64 })}`));
      await response.arrayBuffer();
      await fresh.close();
      expect([200, 503]).toContain(response.status);
    });
    const again = await direct.handler(new Request(`http://localhost${file.url({ width: 64 })}`));
    expect([again.status, (await again.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    expect(ids(await stored())).toEqual([file.id]);
  });
});
