import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { fail } from "../errors.js";
import type { ReceiveFormOptions } from "../form-options.js";
import { openTestMedia, picture, temporaryFolder } from "../media.fixture.js";
import { fsDriver } from "../storage/drivers/fs.js";
import { openStorage, type Storage } from "../storage/storage.js";
import { filePart, formOf, formRequest, part, stalled, textPart } from "./form-parts.fixture.js";

const jpeg = await picture("jpeg", 300, 200);
const coded = (code: string, message = ""): object => expect.objectContaining({ code, message: expect.stringContaining(message) });
const limits = { maxBytes: 200_000, stallTimeoutMs: 150 };
const a = filePart("p", "a.jpg", jpeg);
const z = filePart("p", "z.jpg", jpeg);
const staged = { expiresInMs: 0 };

type TestMedia = Awaited<ReturnType<typeof openTestMedia>>;
let media: TestMedia;
const open = async (storage?: Storage): Promise<TestMedia> =>
  (media = await openTestMedia({ limits, retentionMs: 0, lateWriteMs: 0, ...(storage === undefined ? {} : { storage }) }));

/** The bytes of files that lie in the storage. */
async function stored(): Promise<number> {
  let count = 0;
  for await (const { key } of media.storage.list({})) if (key.endsWith(".jpg")) count += 1;
  return count;
}

/** However a form fails: what was kept of it goes by itself, and with it every byte. */
afterEach(async () => {
  for (const { expiresAt } of (await media.list()).files) expect(expiresAt).toBeTypeOf("number");
  await sleep(2);
  for (let times = 0; times < 4; times += 1) await media.settle();
  expect([await stored(), (await media.list()).files]).toEqual([0, []]);
});

/** Whose files expire at once, so that settling shows that they do. */
const options: ReceiveFormOptions = { optionsFor: () => staged };

describe("a form that is not as it should be", () => {
  it.each<[string, Uint8Array, Record<string, string>, string]>([
    ["is empty", Buffer.alloc(0), {}, "UPLOAD_MALFORMED"],
    ["is another body under a form's name", jpeg, {}, "UPLOAD_MALFORMED"],
    ["has no end", formOf([a, textPart("x", "y")], { isEnded: false }), {}, "UPLOAD_MALFORMED"],
    ["is cut in the middle of a file", formOf([a, z]).subarray(0, -2000), {}, "UPLOAD_"],
    ["names no boundary", formOf([a]), { "content-type": "multipart/form-data" }, "UPLOAD_MALFORMED"],
    ["names an empty boundary", formOf([a]), { "content-type": "multipart/form-data; boundary=" }, "UPLOAD_MALFORMED"],
    ["names another boundary than it has", formOf([a], { boundary: "other" }), {}, "UPLOAD_MALFORMED"],
    ["has a file with a bare carriage return in its name", formOf([a, filePart("p", "cr\rlf.jpg", jpeg), z]), {}, "UPLOAD_MALFORMED"],
    ["has a file with a bare line feed in its name", formOf([a, filePart("p", "l\nf.jpg", "x")]), {}, "UPLOAD_MALFORMED"],
    [
      "has a large file with a bare line feed in its name",
      formOf([filePart("p", "l\nf.jpg", randomBytes(150_000)), a]),
      {},
      "UPLOAD_MALFORMED",
    ],
    ["has a bare line feed in a field's name", formOf([a, textPart("a\nb", "x")]), {}, "UPLOAD_MALFORMED"],
    ["has a part without a header", formOf([a, part("", "x")]), {}, "UPLOAD_MALFORMED"],
    ["has a part that is no form-data", formOf([a, part('Content-Disposition: attachment; name="x"', "x")]), {}, "UPLOAD_MALFORMED"],
    ["has a part without a name", formOf([a, part("Content-Disposition: form-data", "x")]), {}, "UPLOAD_MALFORMED"],
    [
      "has a file without a field's name",
      formOf([a, part('Content-Disposition: form-data; filename="x.jpg"', jpeg)]),
      {},
      "UPLOAD_MALFORMED",
    ],
    ["declares more than it may have", formOf([a]), { "content-length": "99999999" }, "FORM_TOO_LARGE"],
  ])("is refused when it %s", async (_what, body, headers, code) => {
    await open();
    await expect(media.receiveForm(formRequest(body, headers), options)).rejects.toMatchObject({
      code: expect.stringContaining(code) as string,
      status: expect.toSatisfy((status: number) => status >= 400 && status < 500) as number,
    });
  });

  it.each<[string, Uint8Array, ReceiveFormOptions, string]>([
    ["more fields than it may have", formOf([a, ..."123".split("").map((n) => textPart(n, n))]), { maxFields: 2 }, "more than 2 fields"],
    ["a field that is too long", formOf([a, textPart("bio", "x".repeat(101))]), { maxFieldBytes: 100 }, '"bio" has more than 100 bytes'],
    [
      "too long fields together",
      formOf([textPart("a", "x".repeat(60)), a, textPart("b", "é".repeat(20))]),
      { maxFieldsBytes: 100 },
      "100 bytes together",
    ],
    ["a long name for each of its fields", formOf([textPart("n".repeat(101), "")]), { maxFieldsBytes: 100 }, "100 bytes together"],
    [
      "more parts than anybody sends",
      formOf([a, ...Array.from({ length: 110 }, () => filePart("p", "", ""))]),
      { maxFiles: 2, maxFields: 0 },
      "fields and files",
    ],
    ["more bytes than it may have", formOf([a, z]), { maxBytes: jpeg.byteLength + 300 }, "more than"],
  ])("is refused with %s", async (_what, body, bounds, words) => {
    await open();
    await expect(media.receiveForm(formRequest(body), { ...options, ...bounds })).rejects.toThrow(coded("FORM_TOO_LARGE", words));
  });

  it("is read on when a field of it is too long, so that its sender hears what is wrong; not when more is announced than is waited for", async () => {
    await open();
    const body = formOf([textPart("bio", "x".repeat(101)), filePart("p", "large.jpg", randomBytes(150_000))]);
    const send = async (length: number): Promise<Request> => {
      const request = formRequest(body, { "content-length": String(length) });
      const bounds = { ...options, maxFieldBytes: 100, maxBytes: 1e9 };
      await expect(media.receiveForm(request, bounds)).rejects.toThrow(coded("FORM_TOO_LARGE"));
      return request;
    };
    expect((await (await send(body.byteLength)).body?.getReader().read())?.done).toBe(true);
    expect((await (await send(900_000_000)).body?.getReader().read())?.done).toBe(false);
  });

  it("without files is held to the same limits", async () => {
    await open();
    const send = async (text: string, bounds: ReceiveFormOptions): Promise<unknown> =>
      await media.receiveForm(formRequest(Buffer.from(text), { "content-type": "application/x-www-form-urlencoded" }), bounds);
    await expect(send("a=1&b=2&c=3", { maxFields: 2 })).rejects.toThrow(coded("FORM_TOO_LARGE", "more than 2 fields"));
    await expect(send(`a=${"%41".repeat(101)}`, { maxFieldBytes: 100 })).rejects.toThrow(coded("FORM_TOO_LARGE", '"a" has more than'));
    await expect(send("a=12345678", { maxFieldsBytes: 8 })).rejects.toThrow(coded("FORM_TOO_LARGE", "together"));
    await expect(send("x".repeat(9000), { maxFieldsBytes: 8 })).rejects.toThrow(coded("FORM_TOO_LARGE", "24 bytes"));
    await expect(send("a=12345678", { maxBytes: 5 })).rejects.toThrow(coded("FORM_TOO_LARGE", "5 bytes"));
  });

  it("is taken at exactly its limits", async () => {
    await open();
    const body = formOf([textPart("a", "x".repeat(49)), textPart("b", "x".repeat(49)), a]);
    const bounds = { maxFields: 2, maxFieldBytes: 49, maxFieldsBytes: 100, maxFiles: 1, maxBytes: body.byteLength };
    const { fields, files, refusals } = await media.receiveForm(formRequest(body), { ...options, ...bounds });
    expect([fields.size, files.get("p")?.length, refusals]).toEqual([2, 1, []]);
  });

  it("is not confused by names of an object's own properties", async () => {
    await open();
    const header = '__proto__: polluted\r\nconstructor: x\r\nContent-Disposition: form-data; name="__proto__"; filename="__proto__"';
    const body = formOf([textPart("__proto__", "text"), textPart("constructor", "x"), part(`${header}\r\nContent-Type: image/jpeg`, jpeg)]);
    const { fields, files } = await media.receiveForm(formRequest(body), options);
    expect([...fields]).toEqual([
      ["__proto__", "text"],
      ["constructor", "x"],
    ]);
    expect(files.get("__proto__")?.map(({ name }) => name)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("is answered at once, whatever the length of its boundary and whatever its files look like", async () => {
    await open();
    const boundary = "b".repeat(10_000);
    const almost = `${`\r\n--${boundary}`.slice(0, -1)}x`.repeat(15);
    const start = performance.now();
    const body = formOf([filePart("p", "almost.jpg", almost), a], { boundary });
    const sent = media.receiveForm(formRequest(body, { "content-type": `multipart/form-data; boundary=${boundary}` }), options);
    await sent.catch((error: unknown) => expect(error).toMatchObject({ code: "UPLOAD_MALFORMED" }));
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe("a sender of a form", () => {
  const whole = formOf([textPart("title", "x"), a, z]);
  const secondBegins = whole.indexOf("z.jpg");
  const points: readonly [string, number][] = [
    ["before its first byte", 0],
    ["in the header of a part", 30],
    ["in its first file", 2000],
    ["between its files", secondBegins - 60],
    ["in its second file", secondBegins + 2000],
    ["one byte before its end", whole.byteLength - 5],
  ];

  it.each(points)("who goes away %s is told of nothing, and leaves nothing", async (_where, at) => {
    await open();
    const controller = new AbortController();
    const sender = stalled(whole.subarray(0, at));
    const received = media.receiveForm(formRequest(sender.body, {}, controller.signal), options);
    setTimeout(() => controller.abort(), 60);
    await expect(received).rejects.toThrow(coded("UPLOAD_INCOMPLETE"));
    expect(sender.isCancelled || !sender.body.locked).toBe(true);
  });

  it.each(points)("who falls silent %s is not waited for", async (_where, at) => {
    await open();
    const sender = stalled(whole.subarray(0, at));
    await expect(media.receiveForm(formRequest(sender.body), options)).rejects.toThrow(coded("UPLOAD_STALLED"));
    expect(sender.isCancelled).toBe(true);
  });

  it("whose connection breaks is told as what it is", async () => {
    await open();
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Uint8Array.from(whole.subarray(0, 2000))),
      pull: (controller) => controller.error(new Error("terminated")),
    });
    await expect(media.receiveForm(formRequest(broken), options)).rejects.toThrow(coded("UPLOAD_INCOMPLETE"));
  });

  it("who is refused late is refused all the same, and what was kept before expires", async () => {
    await open();
    let asked = 0;
    const refuse = (): typeof staged => {
      asked += 1;
      if (asked === 2) throw new RangeError("not this one");
      return staged;
    };
    await expect(media.receiveForm(formRequest(whole), { optionsFor: refuse })).rejects.toThrow(new RangeError("not this one"));
    expect((await media.list()).files.map(({ name }) => name)).toEqual(["a.jpg"]);
  });
});

describe("a storage", () => {
  async function failing(failAt: number, slowMs = 0): Promise<{ storage: Storage; readonly puts: number }> {
    const driver = fsDriver({ root: await temporaryFolder() });
    await driver.identity();
    const state = { puts: 0 };
    const storage = openStorage(
      {
        ...driver,
        async put(key, source, putOptions) {
          if (!key.endsWith(".jpg")) return await driver.put(key, source, putOptions);
          state.puts += 1;
          if (state.puts === failAt) throw fail("STORAGE_UNREACHABLE", { storage: "disk", action: "put", reason: "it is on fire" });
          const receipt = await driver.put(key, source, putOptions);
          await sleep(slowMs);
          return receipt;
        },
      },
      { description: "disk", chosenBy: "test", durability: "disk" },
    );
    return Object.assign(state, { storage });
  }

  it("that fails at a later file fails the form as ours; those kept before it expire by themselves", async () => {
    const { storage } = await failing(2);
    await open(storage);
    const received = media.receiveForm(formRequest(formOf([a, z, filePart("p", "y.jpg", jpeg)])), options);
    await expect(received).rejects.toThrow(coded("STORAGE_UNREACHABLE", "on fire"));
    expect((await media.list()).files.map(({ name }) => name)).toEqual(["a.jpg"]);
    expect(media.stats().uploads).toMatchObject({ acknowledged: 1, failed: 1 });
  });

  it("that is slower than a sender may be does not make the sender look slow", async () => {
    const { storage } = await failing(0, 2 * limits.stallTimeoutMs);
    await open(storage);
    const files = ["1", "2", "3"].map((name) => filePart("p", `${name}.jpg`, jpeg));
    const large = filePart("p", "large.jpg", randomBytes(180_000));
    const { files: kept, refusals } = await media.receiveForm(formRequest(formOf([...files, large, textPart("end", "x")])), options);
    expect(kept.get("p")?.map(({ name }) => name)).toEqual(["1.jpg", "2.jpg", "3.jpg"]);
    expect(refusals.map(({ error }) => error.code)).toEqual(["TYPE_NOT_ACCEPTED"]);
  });
});
