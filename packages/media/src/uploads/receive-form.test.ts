import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fail } from "../errors.js";
import type { FormRefusal, ReceivedForm, ReceiveFormOptions } from "../form-options.js";
import { filesBelow, openTestMedia, picture } from "../media.fixture.js";
import type { MediaOptions } from "../media.js";
import { filePart, formOf, formRequest, streamed, textPart } from "./form-parts.fixture.js";

const jpeg = await picture("jpeg", 300, 200);
const png = await picture("png");
const coded = (code: string, message = ""): object => expect.objectContaining({ code, message: expect.stringContaining(message) });
const named = ({ files }: ReceivedForm): object =>
  Object.fromEntries([...files].map(([field, kept]) => [field, kept.map(({ name }) => name)]));
const told = (refusals: readonly FormRefusal[]): string[][] => refusals.map(({ field, name, error }) => [field, name, error.code]);
const limits = { maxBytes: 200_000, stallTimeoutMs: 300 };
const opened = async (options: MediaOptions = {}) => await openTestMedia({ limits, ...options });

describe("receiveForm", () => {
  it("answers the fields in their order and the files by field, each durable, staged and private", async () => {
    const media = await opened();
    const form = await media.receiveForm(
      formRequest(
        formOf([
          textPart("title", "Vélo"),
          filePart("photos", "a.jpg", jpeg),
          textPart("tag", "one"),
          filePart("cover", "c.png", png, "image/png"),
          filePart("photos", "b.jpg", jpeg),
          textPart("tag", "two"),
        ]),
      ),
    );
    expect([...form.fields]).toEqual([
      ["title", "Vélo"],
      ["tag", "one"],
      ["tag", "two"],
    ]);
    expect([form.fields.get("tag"), form.fields.getAll("tag")]).toEqual(["one", ["one", "two"]]);
    expect(named(form)).toEqual({ photos: ["a.jpg", "b.jpg"], cover: ["c.png"] });
    expect(form.refusals).toEqual([]);
    for (const { id, state, visibility, expiresAt } of [...form.files.values()].flat()) {
      expect([state, visibility]).toEqual(["stored", "private"]);
      const hours = ((expiresAt ?? 0) - Date.now()) / 3_600_000;
      expect([hours > 23.9, hours < 24.1]).toEqual([true, true]);
      expect((await media.get(id))?.id).toBe(id);
    }
    await media.attach(form.files.get("photos") ?? [], { to: ["article", "42", "photos"] });
    expect((await media.attached("article", "42", "photos")).map(({ name, expiresAt }) => [name, expiresAt])).toEqual([
      ["a.jpg", undefined],
      ["b.jpg", undefined],
    ]);
  });

  it.each([17, 300, 70_000])("reads the same in blocks of %i bytes", async (blockBytes) => {
    const media = await opened();
    const parts = [
      textPart("a", "1"),
      filePart("p", "", ""),
      filePart("p", "a.jpg", jpeg),
      filePart("p", "b.jpg", "text"),
      textPart("z", "2"),
    ];
    const form = await media.receiveForm(formRequest(streamed(formOf(parts), blockBytes)));
    expect([form.fields.toString(), named(form), told(form.refusals)]).toEqual([
      "a=1&z=2",
      { p: ["a.jpg"] },
      [["p", "b.jpg", "TYPE_NOT_ACCEPTED"]],
    ]);
  });

  it("asks of each file how it is kept, by its field and the fields before it", async () => {
    const media = await opened();
    const asked: unknown[] = [];
    const form = await media.receiveForm(
      formRequest(
        formOf([
          textPart("width", "20"),
          filePart("portrait", "a.jpg", jpeg),
          filePart("unknown", "x.jpg", jpeg),
          textPart("later", "1"),
          filePart("kept", "k.jpg", jpeg),
          filePart("slot", "s.jpg", jpeg),
        ]),
      ),
      {
        optionsFor: async (field, fields, claim) => {
          asked.push([field, [...fields.keys()], claim]);
          if (field === "portrait") return { owner: "ada", visibility: "confidential", keepAs: { width: Number(fields.get("width")) } };
          if (field === "kept") return { visibility: "public", expiresInMs: false };
          return field === "slot" ? { attachTo: ["article", "1", "cover"] } : undefined;
        },
      },
    );
    const claim = (name: string): object => ({ name, declaredType: "image/jpeg" });
    expect(asked).toEqual([
      ["portrait", ["width"], claim("a.jpg")],
      ["unknown", ["width"], claim("x.jpg")],
      ["kept", ["width", "later"], claim("k.jpg")],
      ["slot", ["width", "later"], claim("s.jpg")],
    ]);
    expect(form.files.get("portrait")).toMatchObject([{ owner: "ada", visibility: "confidential", width: 20 }]);
    expect(form.files.get("kept")).toMatchObject([{ visibility: "public", expiresAt: undefined }]);
    expect(form.files.get("slot")).toMatchObject([{ name: "s.jpg", expiresAt: undefined }]);
    expect((await media.attached("article", "1", "cover")).map(({ name }) => name)).toEqual(["s.jpg"]);
    expect([form.files.has("unknown"), form.refusals]).toEqual([false, []]);
    expect((await media.list()).files).toHaveLength(3);
  });

  it("refuses how a file is to be kept as put does", async () => {
    const media = await opened();
    const refused = media.receiveForm(formRequest(formOf([filePart("a", "a.jpg", jpeg)])), { optionsFor: () => ({ expiresInMs: -1 }) });
    await expect(refused).rejects.toThrow(coded("PARAMETER_INVALID", "expiresInMs"));
    await expect(media.receiveForm(formRequest(formOf([])), { maxFiles: -1 })).rejects.toThrow(coded("PARAMETER_INVALID", "maxFiles"));
  });

  it("has the application decide before a byte of a file is written, and reads on so that the refusal is heard", async () => {
    const media = await opened();
    const body = formOf([textPart("csrf", "wrong"), filePart("a", "a.jpg", jpeg), filePart("a", "b.jpg", randomBytes(150_000))]);
    let seen: string[] = [];
    const request = formRequest(body);
    const beforeFile = async (fields: URLSearchParams): Promise<void> => {
      seen = [...fields.values()];
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new RangeError("this form is not from here");
    };
    await expect(media.receiveForm(request, { beforeFile })).rejects.toThrow(new RangeError("this form is not from here"));
    expect(seen).toEqual(["wrong"]);
    expect((await filesBelow(media.folder)).filter((path) => path.includes("/media/"))).toEqual([]);
    expect(media.stats().storage.put.calls).toBe(0);
    // What was refused has been read to its end.
    expect((await request.body?.getReader().read())?.done).toBe(true);
  });

  it("decides once, and of a form without files at its end", async () => {
    const media = await opened();
    const seen: string[][] = [];
    const beforeFile = (fields: URLSearchParams): void => void seen.push([...fields.keys()]);
    await media.receiveForm(
      formRequest(
        formOf([
          filePart("none", "", ""),
          textPart("a", "1"),
          filePart("f", "1.jpg", jpeg),
          textPart("b", "2"),
          filePart("f", "2.jpg", jpeg),
        ]),
      ),
      { beforeFile },
    );
    await media.receiveForm(formRequest(formOf([textPart("c", "1")])), { beforeFile });
    expect(seen).toEqual([["a"], ["c"]]);
    const refuse = (): void => {
      throw new Error("no");
    };
    await expect(media.receiveForm(formRequest(formOf([textPart("c", "1")])), { beforeFile: refuse })).rejects.toThrow("no");
    const error = fail("UPLOAD_TOO_MANY", { name: "all", maxFiles: 0 });
    const refuseAll = (): void => {
      throw error;
    };
    await expect(media.receiveForm(formRequest(formOf([filePart("f", "1.jpg", jpeg)])), { beforeFile: refuseAll })).rejects.toBe(error);
  });

  it("tells what is wrong with each file, and takes the others", async () => {
    const media = await opened();
    const form = await media.receiveForm(
      formRequest(
        formOf([
          filePart("p", "text.jpg", "no picture ".repeat(9_000)),
          filePart("p", "", ""),
          filePart("p", "good.jpg", jpeg),
          filePart("p", "large.jpg", Buffer.concat([jpeg, randomBytes(250_000)])),
          filePart("p", "cut.jpg", jpeg.subarray(0, jpeg.byteLength / 2)),
          filePart("p", "empty.jpg", ""),
          filePart("p", "../up.jpg", jpeg),
          filePart("p", "", jpeg),
          filePart("p", "film.mp4", jpeg, "video/mp4"),
          filePart("q", "fine.png", png, "image/png"),
          textPart("last", "x"),
        ]),
      ),
    );
    expect(told(form.refusals)).toEqual([
      ["p", "text.jpg", "TYPE_NOT_ACCEPTED"],
      ["p", "large.jpg", "UPLOAD_TOO_LARGE"],
      ["p", "cut.jpg", "IMAGE_BROKEN"],
      ["p", "empty.jpg", "UPLOAD_EMPTY"],
      ["p", "../up.jpg", "NAME_INVALID"],
      ["p", "", "NAME_INVALID"],
      ["p", "film.mp4", "TYPE_MISMATCH"],
    ]);
    expect(named(form)).toEqual({ p: ["good.jpg"], q: ["fine.png"] });
    expect(form.fields.get("last")).toBe("x");
    expect((await media.list()).files).toHaveLength(2);
    expect(media.stats().uploads).toMatchObject({ acknowledged: 2, failed: 0 });
  });

  it("takes so many files and no more, and tells of the others", async () => {
    const media = await opened();
    const photos = ["1.jpg", "2.jpg", "3.jpg", "4.jpg"].map((name) => filePart("p", name, jpeg));
    const form = await media.receiveForm(formRequest(formOf([filePart("p", "", ""), ...photos])), { maxFiles: 2 });
    expect(named(form)).toEqual({ p: ["1.jpg", "2.jpg"] });
    expect(form.refusals.map(({ name, error }) => [name, error.code, error.status])).toEqual([
      ["3.jpg", "UPLOAD_TOO_MANY", 413],
      ["4.jpg", "UPLOAD_TOO_MANY", 413],
    ]);
    const chosen: NonNullable<ReceiveFormOptions["optionsFor"]> = (_field, _fields, { name }) => {
      if (name === "2.jpg") throw fail("UPLOAD_TOO_MANY", { name, maxFiles: 1 });
      return {};
    };
    const some = await media.receiveForm(formRequest(formOf(photos)), { maxFiles: 2, optionsFor: chosen });
    expect([named(some), some.refusals.map(({ name }) => name)]).toEqual([{ p: ["1.jpg", "3.jpg"] }, ["2.jpg", "4.jpg"]]);
    const none = await media.receiveForm(formRequest(formOf(photos.slice(0, 1))), { maxFiles: 0 });
    expect(none.refusals[0]?.error.message).toContain("takes no files");
    expect((await media.list()).files).toHaveLength(4);
  });

  it("gives the application the bytes that it asks for, and keeps nothing of them", async () => {
    const media = await opened();
    const sizes: Record<string, number> = {};
    const optionsFor: NonNullable<ReceiveFormOptions["optionsFor"]> = (field) => {
      if (field === "photo") return {};
      const read = async (bytes: AsyncIterable<Uint8Array>): Promise<void> => {
        for await (const block of bytes) {
          sizes[field] = (sizes[field] ?? 0) + block.byteLength;
          if (field === "first") return;
        }
        if (field === "odd") throw fail("TYPE_NOT_ACCEPTED", { name: "odd.csv", found: "no table", accepted: "CSV" });
      };
      return field === "small" ? { read, maxBytes: 100_000 } : { read };
    };
    const form = await media.receiveForm(
      formRequest(
        formOf([
          filePart("first", "f.csv", "x".repeat(150_000), "text/csv"),
          filePart("list", "l.csv", "one,two", "text/csv"),
          filePart("small", "small.csv", "x".repeat(150_000), "text/csv"),
          filePart("large", "large.csv", "x".repeat(250_000), "text/csv"),
          filePart("odd", "odd.csv", "three", "text/csv"),
          filePart("photo", "a.jpg", jpeg),
        ]),
      ),
      { optionsFor },
    );
    expect(sizes["list"]).toBe(7);
    expect(sizes["first"]).toBeLessThan(150_000);
    expect(told(form.refusals)).toEqual([
      ["small", "small.csv", "UPLOAD_TOO_LARGE"],
      ["large", "large.csv", "UPLOAD_TOO_LARGE"],
      ["odd", "odd.csv", "TYPE_NOT_ACCEPTED"],
    ]);
    expect(named(form)).toEqual({ photo: ["a.jpg"] });
    const broken = media.receiveForm(formRequest(formOf([filePart("list", "l.csv", "one")])), {
      optionsFor: () => ({
        read: async () => {
          throw new TypeError("ours");
        },
      }),
    });
    await expect(broken).rejects.toThrow(new TypeError("ours"));
  });

  it("takes what a browser makes of a form, and a form without files as it is sent by itself", async () => {
    const media = await opened();
    const form = new FormData();
    form.append("title", 'a "quoted"\r\nname');
    form.append("photos", new File([Uint8Array.from(jpeg)], "a;b 猫.jpg", { type: "image/jpeg" }));
    form.append("photos", new File([], ""));
    const received = await media.receiveForm(new Request("http://127.0.0.1/", { method: "POST", body: form }));
    expect(received.fields.get("title")).toBe('a "quoted"\r\nname');
    expect(named(received)).toEqual({ photos: ["a;b 猫.jpg"] });
    const body = new URLSearchParams({ title: "Vélo & Co" });
    const encoded = await media.receiveForm(new Request("http://127.0.0.1/", { method: "POST", body }));
    expect([encoded.fields.get("title"), encoded.files.size]).toEqual(["Vélo & Co", 0]);
    for (const type of ["application/json", "multipart/mixed; boundary=b", "multipart/form-data-not"]) {
      const other = media.receiveForm(formRequest(formOf([]), { "content-type": type }));
      await expect(other).rejects.toThrow(coded("UPLOAD_CONTENT_TYPE", "is not a form"));
    }
  });

  it("answers a form that is sent again under its idempotency key with the files it kept the first time", async () => {
    const media = await opened();
    const send = async (second = jpeg, key = "k1") => {
      const parts = [filePart("p", "a.jpg", jpeg), filePart("p", "b.jpg", second), filePart("q", "a.jpg", jpeg)];
      return await media.receiveForm(formRequest(formOf(parts), { "idempotency-key": key }));
    };
    const ids = ({ files }: ReceivedForm): string[] => [...files.values()].flat().map(({ id }) => id);
    const first = await send();
    const again = await send();
    expect(new Set(ids(first)).size).toBe(3);
    expect(ids(again)).toEqual(ids(first));
    expect(ids(await send(jpeg, "k2"))).not.toEqual(ids(first));
    await expect(send(png)).rejects.toThrow(coded("IDEMPOTENCY_MISMATCH"));
  });
});
