import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { openTestCatalogue } from "../catalogue/catalogue.fixture.js";
import { createCounters } from "../counters.js";
import { decodeInline } from "../images/decoding.js";
import { filesBelow, inBlocks, picture, rememberingLog, temporaryFolder } from "../media.fixture.js";
import { fsDriver } from "../storage/drivers/fs.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import type { Driver } from "../storage/driver.js";
import { openStorage } from "../storage/storage.js";
import type { Incoming } from "./incoming.js";
import { parseIdempotencyKey } from "./idempotency.js";
import { readLimits } from "./limits.js";
import { receive, type ReceiveContext } from "./receive.js";

const coded = (code: string): object => expect.objectContaining({ code });
const jpeg = await picture("jpeg");

interface Bench extends ReceiveContext {
  readonly folder: string;
  readonly lines: string[];
  rows(): Promise<{ state: string; swept_at: number | null }[]>;
}

async function bench(
  given: Partial<Driver> | ((root: string) => Driver) = {},
  options: { readonly leaseMs?: number } = {},
): Promise<Bench> {
  const folder = await temporaryFolder();
  const catalogue = await openTestCatalogue();
  const driver = typeof given === "function" ? given(folder) : { ...fsDriver({ root: folder }), ...given };
  await driver.identity();
  const log = rememberingLog();
  return {
    catalogue,
    storage: openStorage(driver, { description: "disk", chosenBy: "test", durability: "disk" }),
    decoding: decodeInline(readLimits({}, {})),
    limits: readLimits({ maxBytes: 1_000_000, stallTimeoutMs: 500 }, {}),
    leaseMs: options.leaseMs ?? 60_000,
    log,
    folder,
    lines: log.lines,
    rows: async () => await catalogue.db.selectFrom("files").select(["state", "swept_at"]).execute(),
  };
}

const incoming = (bytes: Uint8Array, more: Partial<Incoming> = {}): Incoming => ({ name: "cat.jpg", bytes: inBlocks(bytes), ...more });

describe("receive", () => {
  it("resolves when the bytes are stored and the row is committed, and not before", async () => {
    const context = await bench();
    const statesWhileStoring: string[] = [];
    const watched = (async function* () {
      for await (const block of inBlocks(Buffer.concat([jpeg, Buffer.alloc(10_000)]))) {
        statesWhileStoring.push(...(await context.rows()).map((row) => row.state));
        yield block;
      }
    })();
    const { file } = await receive(context, incoming(jpeg, { bytes: watched }));
    expect(new Set(statesWhileStoring)).toEqual(new Set(["reserved"]));
    expect(file).toMatchObject({ state: "stored", name: "cat.jpg", type: "image/jpeg", width: 64, height: 48, visibility: "private" });
    expect((await readFile(join(context.folder, file.key))).subarray(0, jpeg.byteLength).equals(jpeg)).toBe(true);
    expect(await context.catalogue.db.selectFrom("replicas").select(["file_id", "sha256", "verified_by"]).execute()).toEqual([
      { file_id: file.id, sha256: file.sha256, verified_by: "readback" },
    ]);
  });

  it.each<[string, string, Incoming]>([
    ["UPLOAD_EMPTY", "nothing at all", incoming(Buffer.alloc(0))],
    ["TYPE_NOT_ACCEPTED", "a text named .jpg", incoming(Buffer.from("hello, I am a text"))],
    ["TYPE_MISMATCH", "a JPEG said to be a PDF", incoming(jpeg, { declaredType: "application/pdf" })],
    ["TYPE_MISMATCH", "a JPEG said by its sender to be a PNG", incoming(jpeg, { declaredType: "image/png" })],
    ["IMAGE_BROKEN", "a JPEG cut short", incoming(jpeg.subarray(0, jpeg.byteLength - 200))],
    ["UPLOAD_TOO_LARGE", "more than the limit, undeclared", incoming(Buffer.concat([jpeg, randomBytes(1_000_001)]))],
    ["UPLOAD_TOO_LARGE", "more than the limit, declared", incoming(jpeg, { size: 1_000_001 })],
    ["UPLOAD_INCOMPLETE", "fewer bytes than declared", incoming(jpeg, { size: jpeg.byteLength + 1 })],
    ["NAME_INVALID", "a name with a path", incoming(jpeg, { name: "../cat.jpg" })],
  ])("answers %s to %s, and leaves nothing", async (code, _what, upload) => {
    const context = await bench();
    await expect(receive(context, upload)).rejects.toThrow(coded(code));
    expect(await filesBelow(context.folder)).toEqual([]);
    // Its key has been deleted already; the row waits to delete it once more.
    expect((await context.rows()).every((row) => row.state === "abandoned" && row.swept_at !== null)).toBe(true);
  });

  it("takes a browser's guess between kinds of images for a guess", async () => {
    const { file } = await receive(await bench(), incoming(jpeg, { declaredType: "image/png", isTypeGuessed: true }));
    expect(file.type).toBe("image/jpeg");
  });

  it("refuses too many pixels by the header, before it decodes any", async () => {
    const context = await bench();
    const limits = { ...context.limits, maxPixels: 64 * 48 - 1 };
    const counts = createCounters().decodes;
    const decoding = decodeInline({ ...limits, counts });
    await expect(receive({ ...context, limits, decoding }, incoming(jpeg))).rejects.toThrow(coded("IMAGE_TOO_LARGE"));
    expect(counts).toMatchObject({ done: 0, failed: 1 });
    expect(await filesBelow(context.folder)).toEqual([]);
  });

  it("leaves nothing when its signal fires, at any block", async () => {
    const context = await bench();
    const bytes = Buffer.concat([jpeg, Buffer.alloc(8000)]);
    for (const at of [0, 1, 5, 41, Math.ceil(bytes.byteLength / 100) - 1]) {
      const controller = new AbortController();
      const aborting = (async function* () {
        let count = 0;
        for await (const block of inBlocks(bytes, 100)) {
          if (count === at) controller.abort();
          count += 1;
          yield block;
        }
      })();
      await expect(receive(context, incoming(jpeg, { bytes: aborting }), { signal: controller.signal })).rejects.toThrow(
        coded("UPLOAD_INCOMPLETE"),
      );
    }
    expect(await filesBelow(context.folder)).toEqual([]);
    expect((await context.rows()).some((row) => row.state !== "abandoned")).toBe(false);
  });

  it("does not acknowledge a file whose form turns out to be wrong after it", async () => {
    const context = await bench();
    const ended = Promise.reject(new Error("a second file"));
    ended.catch(() => undefined);
    await expect(receive(context, incoming(jpeg, { ended }))).rejects.toThrow("a second file");
    expect(await filesBelow(context.folder)).toEqual([]);
  });

  it("looks at a small image on its way into a storage that is not a folder, and does not fetch it back", async () => {
    const fetched: string[] = [];
    const context = await bench(() => {
      const driver = memoryDriver();
      return { ...driver, open: async (key, options) => (fetched.push(key), await driver.open(key, options)) };
    });
    const { file } = await receive(context, incoming(jpeg));
    expect(file).toMatchObject({ width: 64, height: 48 });
    const broken = incoming(jpeg.subarray(0, jpeg.byteLength - 200));
    await expect(receive(context, broken)).rejects.toEqual(coded("IMAGE_BROKEN"));
    expect(fetched.filter((key) => key.startsWith("originals/"))).toEqual([]);
    expect((await context.rows()).map(({ state }) => state).toSorted()).toEqual(["abandoned", "stored"]);
    expect(await context.storage.stat(file.key)).toBeDefined();
  });

  it("lets go of the sender's stream when the storage fails before it read any of it", async () => {
    const context = await bench({ put: async () => await Promise.reject(new Error("the disk is on fire")) });
    let isReleased = false;
    const bytes = (async function* () {
      try {
        yield jpeg;
        for (;;) yield Buffer.alloc(1000);
      } finally {
        isReleased = true;
      }
    })();
    await expect(receive(context, incoming(jpeg, { bytes }))).rejects.toThrow("the disk is on fire");
    expect(isReleased).toBe(true);
  });

  it("lets go of the sender's stream when the catalogue cannot reserve", async () => {
    const context = await bench();
    await context.catalogue.db.schema
      .dropTable("files")
      .execute()
      .catch(() => undefined);
    const broken = { ...context, catalogue: { ...context.catalogue, db: undefined as never } };
    let isReleased = false;
    const bytes = (async function* () {
      try {
        for (;;) yield jpeg;
      } finally {
        isReleased = true;
      }
    })();
    await expect(receive(broken, incoming(jpeg, { bytes }))).rejects.toThrow(/insertInto/);
    expect(isReleased).toBe(true);
  });

  it("never hides the first error behind one met while giving up", async () => {
    const put: Driver["put"] = async () => await Promise.reject(new Error("first"));
    const context = await bench({ put, delete: async () => await Promise.reject(new Error("second")) });
    await expect(receive(context, incoming(jpeg))).rejects.toThrow("first");
    expect(context.lines.join()).toContain("second");
    // Not swept, so that settling takes it up.
    expect(await context.rows()).toEqual([{ state: "abandoned", swept_at: null }]);
  });

  it("does not acknowledge, nor delete, when its reservation was given up meanwhile", async () => {
    const memory = memoryDriver();
    const deleted = vi.fn<Driver["delete"]>(memory.delete);
    const context = await bench(() => ({ ...memory, delete: deleted }));
    const taken: ReceiveContext["storage"]["put"] = async (key, source, options) => {
      const receipt = await context.storage.put(key, source, options);
      await context.catalogue.db.updateTable("files").set({ state: "abandoned", lease_token: null }).execute();
      return receipt;
    };
    const storage = { ...context.storage, put: taken };
    await expect(receive({ ...context, storage }, incoming(jpeg))).rejects.toThrow(coded("RESERVATION_LOST"));
    // Whoever abandoned it deletes it, twice; an unknown outcome is never a reason to delete.
    expect(deleted).not.toHaveBeenCalled();
  });

  it("commits by the lease's token only: not a reservation that another holds", async () => {
    const context = await bench();
    const put: ReceiveContext["storage"]["put"] = async (key, source, options) => {
      const receipt = await context.storage.put(key, source, options);
      await context.catalogue.db.updateTable("files").set({ lease_token: "another" }).execute();
      return receipt;
    };
    await expect(receive({ ...context, storage: { ...context.storage, put } }, incoming(jpeg))).rejects.toThrow(coded("RESERVATION_LOST"));
    expect(await context.rows()).toEqual([{ state: "reserved", swept_at: null }]);
    expect(await filesBelow(context.folder)).toHaveLength(1);
  });

  it("finds its file committed when only the answer of the commit was lost", async () => {
    const context = await bench();
    const { db } = context.catalogue;
    const lossy = new Proxy(db, {
      get: (target, name: keyof typeof db) => {
        const value: unknown = Reflect.get(target, name);
        if (name !== "transaction") return typeof value === "function" ? (value.bind(target) as unknown) : value;
        return () => ({
          execute: async (work: Parameters<ReturnType<typeof db.transaction>["execute"]>[0]) => {
            await target.transaction().execute(work);
            throw new Error("connection lost");
          },
        });
      },
    });
    const { file } = await receive({ ...context, catalogue: { ...context.catalogue, db: lossy } }, incoming(jpeg));
    expect(file.state).toBe("stored");
    expect(await filesBelow(context.folder)).toEqual([file.key]);
  });

  it("keeps its lease alive for as long as bytes arrive", async () => {
    const context = await bench({}, { leaseMs: 900 });
    const slow = (async function* () {
      for await (const block of inBlocks(jpeg, Math.ceil(jpeg.byteLength / 6))) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        yield block;
        await context.catalogue.db
          .updateTable("files")
          .set({ state: "abandoned" })
          .where("lease_expires_at", "<", context.catalogue.now)
          .execute();
      }
      yield* inBlocks(Buffer.alloc(12_000), 4000);
      await new Promise((resolve) => setTimeout(resolve, 400));
    })();
    expect((await receive(context, incoming(jpeg, { bytes: slow }))).file.state).toBe("stored");
  });

  it("stops an upload whose lease was lost, and its heartbeat with it", async () => {
    const context = await bench({}, { leaseMs: 30 });
    const endless = (async function* () {
      yield jpeg;
      yield Buffer.alloc(5000);
      await context.catalogue.db.updateTable("files").set({ state: "abandoned" }).execute();
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield Buffer.alloc(1);
      }
    })();
    await expect(receive(context, incoming(jpeg, { bytes: endless }))).rejects.toThrow(coded("RESERVATION_LOST"));
    expect(await filesBelow(context.folder)).toEqual([]);
  });
});

describe("an upload with an idempotency key", () => {
  const key = parseIdempotencyKey("4f1c", "somebody");

  it("is kept once when it is sent twice, and the second sending is read to its end", async () => {
    const context = await bench();
    const first = await receive(context, incoming(jpeg), { idempotencyKey: key });
    let read = 0;
    const counted = (async function* () {
      for await (const block of inBlocks(jpeg)) {
        read += block.byteLength;
        yield block;
      }
    })();
    const second = await receive(context, incoming(jpeg, { bytes: counted }), { idempotencyKey: key });
    expect([first.isReplayed, second.isReplayed]).toEqual([false, true]);
    expect(second.file).toEqual(first.file);
    expect(read).toBe(jpeg.byteLength);
    expect(await filesBelow(context.folder)).toEqual([first.file.key]);
  });

  it("is kept once when it is sent several times at once: the first to commit is answered to all", async () => {
    const context = await bench();
    const received = await Promise.all(
      Array.from({ length: 4 }, async () => await receive(context, incoming(jpeg), { idempotencyKey: key })),
    );
    expect(new Set(received.map(({ file }) => file.id)).size).toBe(1);
    expect(received.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    expect((await context.rows()).filter(({ state }) => state === "stored")).toHaveLength(1);
    expect(await filesBelow(context.folder)).toEqual([received[0]?.file.key]);
  });

  it.each([
    ["another name", { name: "dog.jpg" }, false, /called "cat\.jpg"/],
    ["other bytes", { bytes: inBlocks(Buffer.concat([jpeg, Buffer.alloc(3000)])) }, false, /not the same/],
    ["after its file was removed", {}, true, /removed/],
  ] as const)("is refused with %s", async (_, more, isTrashed, reason) => {
    const context = await bench();
    await receive(context, incoming(jpeg), { idempotencyKey: key });
    if (isTrashed) await context.catalogue.db.updateTable("files").set({ state: "trashed" }).execute();
    await expect(receive(context, incoming(jpeg, more), { idempotencyKey: key })).rejects.toThrow(
      expect.objectContaining({ code: "IDEMPOTENCY_MISMATCH", message: expect.stringMatching(reason) }),
    );
    expect(await filesBelow(context.folder)).toHaveLength(1);
  });

  it("may be sent again after it was refused", async () => {
    const context = await bench();
    await expect(receive(context, incoming(Buffer.from("no picture")), { idempotencyKey: key })).rejects.toThrow(
      coded("TYPE_NOT_ACCEPTED"),
    );
    expect((await receive(context, incoming(jpeg), { idempotencyKey: key })).isReplayed).toBe(false);
  });

  it("is nothing to another sender", async () => {
    const context = await bench();
    const other = parseIdempotencyKey("4f1c", "somebody else");
    const files = [
      await receive(context, incoming(jpeg), { idempotencyKey: key }),
      await receive(context, incoming(jpeg), { idempotencyKey: other }),
    ];
    expect(files.map(({ isReplayed }) => isReplayed)).toEqual([false, false]);
  });

  it.each(["", " ", "é", "a\nb", "x".repeat(256)])("is refused when the key is %j", (given) => {
    expect(() => parseIdempotencyKey(given, "")).toThrow(coded("IDEMPOTENCY_KEY_INVALID"));
  });

  it("takes the key with the quotes of a structured field and without", () => {
    expect(parseIdempotencyKey('"4f1c"', "somebody")).toBe(key);
  });
});
