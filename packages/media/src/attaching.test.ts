import { describe, expect, it } from "vitest";
import type { Media, MediaFile } from "./media.js";
import { openTestMedia, picture } from "./media.fixture.js";

const photos = ["article", "42", "photos"] as const;
const cover = ["article", "42", "cover"] as const;

async function stage(media: Media, name: string): Promise<MediaFile> {
  return await media.stage(await picture("png", 8, 8), { name: `${name}.png` });
}

async function stageAll(media: Media, ...names: readonly string[]): Promise<MediaFile[]> {
  const files: MediaFile[] = [];
  for (const name of names) files.push(await stage(media, name));
  return files;
}

function namesOf(files: readonly MediaFile[]): string {
  return files.map(({ name }) => name.replace(".png", "")).join(" ");
}

function sorted(...files: readonly (MediaFile | undefined)[]): string[] {
  return files.flatMap((file) => (file === undefined ? [] : [file.id])).toSorted();
}

async function namesIn(media: Media, target: readonly [string, string, string]): Promise<string> {
  return namesOf(await media.attached(...target));
}

describe("a staged file", () => {
  it("is stored, and says when it expires: a day later, or as asked", async () => {
    const media = await openTestMedia();
    const a = await stage(media, "a");
    expect(a).toMatchObject({ state: "stored", expiresAt: a.storedAt + 24 * 60 * 60 * 1000 });
    const b = await media.stage(await picture("png"), { name: "b.png", expiresInMs: 1000 });
    expect(b.expiresAt).toBe(b.storedAt + 1000);
    expect((await media.put(await picture("png"), { name: "c.png" })).expiresAt).toBeUndefined();
  });

  it("goes to the trash when its time is over, and no earlier", async () => {
    const media = await openTestMedia();
    const kept = await stage(media, "a");
    const due = await media.stage(await picture("png"), { name: "b.png", expiresInMs: 0 });
    expect(await media.settle()).toMatchObject({ expired: 1, purged: 0 });
    expect(await media.get(due.id)).toBeUndefined();
    expect(await media.get(kept.id)).toBeDefined();
    expect(await media.settle()).toMatchObject({ expired: 0 });
  });

  it("that was restored from the trash stays", async () => {
    const media = await openTestMedia();
    const { id } = await media.stage(await picture("png"), { name: "a.png", expiresInMs: 0 });
    await media.settle();
    expect(await media.restore(id)).toBe(true);
    expect(await media.settle()).toMatchObject({ expired: 0 });
    expect(await media.get(id)).toMatchObject({ state: "stored", expiresAt: undefined });
  });

  it("does not expire once it is attached", async () => {
    const media = await openTestMedia();
    const { id } = await media.stage(await picture("png"), { name: "a.png", expiresInMs: 0 });
    const [attached] = await media.attach(id, { to: cover });
    expect(attached).toMatchObject({ id, expiresAt: undefined });
    expect(await media.settle()).toMatchObject({ expired: 0 });
    expect(await namesIn(media, cover)).toBe("a");
  });

  it("comes in with a request too", async () => {
    const media = await openTestMedia();
    const request = new Request("http://localhost/upload?name=a.png", {
      method: "POST",
      headers: { "content-type": "image/png" },
      body: new Uint8Array(await picture("png")),
    });
    const file = await media.receive(request, { expiresInMs: 5000 });
    expect(file.expiresAt).toBe(file.storedAt + 5000);
  });

  it("is what the handler takes in, where it is asked to", async () => {
    const media = await openTestMedia({ authorize: () => true, uploadsExpireInMs: 0 });
    const url = `http://localhost${media.basePath}?name=a.png`;
    const body = new Uint8Array(await picture("png"));
    const answer = await media.handler(new Request(url, { method: "POST", headers: { "content-type": "image/png" }, body }));
    expect(answer.status).toBe(201);
    expect(await media.settle()).toMatchObject({ expired: 1 });
    await expect(openTestMedia({ uploadsExpireInMs: -1 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("is attached or expires, whoever comes first, never half", async () => {
    const media = await openTestMedia();
    const files = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => await media.stage(await picture("png", 8, 8), { name: `${at}.png`, expiresInMs: 0 })),
    );
    const attempts = files.map(async ({ id }, at) => {
      if (at === 6) await media.settle();
      return await media.attach(id, { to: photos }).then(
        () => id,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "FILE_NOT_STORED" });
          return undefined;
        },
      );
    });
    const [outcomes] = await Promise.all([Promise.all(attempts), media.settle(), media.settle()]);
    const won = outcomes.filter((id) => id !== undefined);
    expect((await media.attached(...photos)).map(({ id }) => id).toSorted()).toEqual(won.toSorted());
    await media.settle();
    expect((await media.list()).files.map(({ id }) => id).toSorted()).toEqual(won.toSorted());
  });
});

describe("attach", () => {
  it("appends, in the order given, and answers what the slot holds", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    expect(namesOf(await media.attach([b?.id ?? "", a ?? ""], { to: photos }))).toBe("b a");
    expect(namesOf(await media.attach(c ?? "", { to: photos }))).toBe("b a c");
    expect(await namesIn(media, photos)).toBe("b a c");
    expect(await namesIn(media, cover)).toBe("");
  });

  it("joins what put() attached", async () => {
    const media = await openTestMedia();
    await media.put(await picture("png"), { name: "a.png", attachTo: photos });
    await media.attach(await stage(media, "b"), { to: photos });
    await media.put(await picture("png"), { name: "c.png", attachTo: photos });
    expect(await namesIn(media, photos)).toBe("a b c");
  });

  it("puts files where it is told to, and moves those that are there already", async () => {
    const media = await openTestMedia();
    const [a, b, c, d] = await stageAll(media, "a", "b", "c", "d");
    await media.attach([a ?? "", b ?? "", c ?? ""], { to: photos });
    expect(namesOf(await media.attach(d ?? "", { to: photos, position: 1 }))).toBe("a d b c");
    expect(namesOf(await media.attach(c ?? "", { to: photos, position: 0 }))).toBe("c a d b");
    expect(namesOf(await media.attach(c ?? "", { to: photos, position: 2 }))).toBe("a d c b");
    expect(namesOf(await media.attach([a ?? "", d ?? ""], { to: photos }))).toBe("c b a d");
    expect(namesOf(await media.attach(a ?? "", { to: photos, position: 99 }))).toBe("c b d a");
    expect(await namesIn(media, photos)).toBe("c b d a");
  });

  it("is the same when it is done twice", async () => {
    const media = await openTestMedia();
    const [a, b] = await stageAll(media, "a", "b");
    await media.attach([a ?? "", b ?? ""], { to: photos });
    expect(namesOf(await media.attach([a ?? "", b ?? ""], { to: photos }))).toBe("a b");
  });

  it("replaces all, and what is attached nowhere else goes to the trash, from where it comes back", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    await media.attach([a ?? "", b ?? ""], { to: photos });
    await media.attach(b ?? "", { to: cover });
    expect(namesOf(await media.attach(c ?? "", { to: photos, replace: true }))).toBe("c");
    expect(await media.get(a?.id ?? "")).toBeUndefined();
    expect(await namesIn(media, cover)).toBe("b");
    expect(await media.restore(a?.id ?? "")).toBe(true);
    expect(namesOf(await media.attach(a ?? "", { to: photos }))).toBe("c a");
  });

  it("replaces the one at a position", async () => {
    const media = await openTestMedia();
    const [a, b, c, d, e] = await stageAll(media, "a", "b", "c", "d", "e");
    await media.attach([a ?? "", b ?? "", c ?? ""], { to: photos });
    expect(namesOf(await media.attach([d ?? "", e ?? ""], { to: photos, replace: true, position: 1 }))).toBe("a d e c");
    expect(await media.get(b?.id ?? "")).toBeUndefined();
  });

  it("replaces with nothing, which empties the slot", async () => {
    const media = await openTestMedia();
    const a = await stage(media, "a");
    await media.attach(a, { to: cover });
    expect(await media.attach([], { to: cover, replace: true })).toEqual([]);
    expect(await media.get(a.id)).toBeUndefined();
  });

  it("keeps the place of a file that is in the trash for a while", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    await media.attach([a ?? "", b ?? ""], { to: photos });
    await media.trash(a?.id ?? "");
    expect(namesOf(await media.attach(c ?? "", { to: photos, position: 0 }))).toBe("c b");
    await media.restore(a?.id ?? "");
    expect((await namesIn(media, photos)).split(" ").toSorted()).toEqual(["a", "b", "c"]);
  });

  it("refuses a file that is not stored, and then attaches none of the others", async () => {
    const media = await openTestMedia();
    const [a, b] = await stageAll(media, "a", "b");
    await media.trash(b?.id ?? "");
    await expect(media.attach([a ?? "", b ?? ""], { to: photos })).rejects.toMatchObject({
      code: "FILE_NOT_STORED",
      message: expect.stringContaining(`Bring it back with media.restore("${b?.id}")`) as string,
    });
    await expect(media.attach([a?.id ?? "", "0123456789abcdefghjkmnpqrs"], { to: photos })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    await expect(media.attach("no id", { to: photos })).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await namesIn(media, photos)).toBe("");
    expect((await media.get(a?.id ?? ""))?.expiresAt).toBeTypeOf("number");
  });

  it("refuses a file twice, a position that is none, and a target that is none", async () => {
    const media = await openTestMedia();
    const a = await stage(media, "a");
    const invalid = { code: "PARAMETER_INVALID" };
    await expect(media.attach([a, a.id], { to: photos })).rejects.toMatchObject(invalid);
    await expect(media.attach(a, { to: photos, position: -1 })).rejects.toMatchObject(invalid);
    await expect(media.attach(a, { to: ["article", "", "cover"] })).rejects.toMatchObject(invalid);
    await expect(media.attach(a, { to: ["article", "4\u00002", "cover"] })).rejects.toMatchObject(invalid);
    await expect(media.attach(a, { to: ["article", "4".repeat(501), "cover"] })).rejects.toMatchObject(invalid);
    await expect(media.put(await picture(), { name: "b.jpg", attachTo: ["article", "", "cover"] })).rejects.toMatchObject(invalid);
    await expect(media.stage(await picture(), { name: "b.jpg", expiresInMs: -1 })).rejects.toMatchObject(invalid);
  });

  it("of many at once into one slot loses none", async () => {
    const media = await openTestMedia();
    const files = await Promise.all(Array.from({ length: 10 }, async (_, at) => await stage(media, String(at))));
    await Promise.all(files.map(async (file) => await media.attach(file, { to: photos, position: 0 })));
    expect((await media.attached(...photos)).map(({ id }) => id).toSorted()).toEqual(files.map(({ id }) => id).toSorted());
  });

  it("of many files at once keeps their order", async () => {
    const media = await openTestMedia();
    const files = await Promise.all(Array.from({ length: 30 }, async (_, at) => await stage(media, String(at))));
    expect((await media.attach(files, { to: photos })).map(({ id }) => id)).toEqual(files.map(({ id }) => id));
    const reversed = files.toReversed();
    expect((await media.attach(reversed, { to: photos, replace: true })).map(({ id }) => id)).toEqual(reversed.map(({ id }) => id));
  });
});

describe("detach", () => {
  it("takes some files out of a slot, or all", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    await media.attach([a ?? "", b ?? "", c ?? ""], { to: photos });
    expect(await media.detach({ from: photos, files: b ?? "" })).toEqual([b?.id]);
    expect(await namesIn(media, photos)).toBe("a c");
    expect(await media.get(b?.id ?? "")).toBeUndefined();
    expect(await media.detach({ from: photos, files: b ?? "" })).toEqual([]);
    expect((await media.detach({ from: photos })).toSorted()).toEqual(sorted(a, c));
    expect(await namesIn(media, photos)).toBe("");
    expect(await media.restore(b?.id ?? "")).toBe(true);
  });

  it("takes everything from a record that is no more, and leaves what another one holds", async () => {
    const media = await openTestMedia();
    const [a, b] = await stageAll(media, "a", "b");
    await media.attach([a ?? "", b ?? ""], { to: photos });
    await media.attach(a ?? "", { to: cover });
    await media.attach(b ?? "", { to: ["article", "43", "cover"] });
    expect((await media.detach({ from: ["article", "42"] })).toSorted()).toEqual(sorted(a, b));
    expect((await media.list()).files.map(({ id }) => id)).toEqual([b?.id]);
    expect(await namesIn(media, ["article", "43", "cover"])).toBe("b");
  });
});

describe("what is trashed by a change of attachments", () => {
  it("is purged after its retention, and not before", async () => {
    const media = await openTestMedia({ retentionMs: 0 });
    const [a, b] = await stageAll(media, "a", "b");
    await media.attach(a ?? "", { to: cover });
    await media.attach(b ?? "", { to: cover, replace: true });
    expect(await media.settle()).toMatchObject({ purged: 1 });
    expect(await media.restore(a?.id ?? "")).toBe(false);
    await expect(media.attach(a ?? "", { to: cover })).rejects.toMatchObject({ code: "FILE_NOT_STORED" });
    expect(await namesIn(media, cover)).toBe("b");
  });
});

describe("the manifests", () => {
  it("of all files that a change of attachments touches are due", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    await media.attach([a ?? "", b ?? ""], { to: photos });
    const jobs = async (): Promise<string[]> => (await media.jobs.list()).map(({ subject }) => subject).toSorted();
    for (const { id } of await media.jobs.list()) await media.jobs.discard(id);
    await media.attach(c ?? "", { to: photos, position: 1 });
    expect(await jobs()).toEqual(sorted(b, c));
    for (const { id } of await media.jobs.list()) await media.jobs.discard(id);
    await media.detach({ from: photos, files: a ?? "" });
    expect(await jobs()).toEqual(sorted(a, b, c));
  });
});

describe("attachedToEach", () => {
  it("answers the files of many records at once, each record's in order, and of no other slot", async () => {
    const media = await openTestMedia();
    const [a, b, c, d] = await stageAll(media, "a", "b", "c", "d");
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("four were staged");
    await media.attach([b, a], { to: ["article", "1", "photos"] });
    await media.attach([c, a], { to: ["article", "2", "photos"] });
    await media.attach(d, { to: ["article", "2", "cover"] });
    await media.trash(c.id);
    const many = Array.from({ length: 2500 }, (_, n) => `none-${n}`);
    const found = await media.attachedToEach("article", ["2", ...many, "1"], "photos");
    expect(new Map([...found].map(([id, files]) => [id, namesOf(files)]))).toEqual(
      new Map([
        ["1", "b a"],
        ["2", "a"],
      ]),
    );
    expect(found.get("1")?.[0]?.url({ width: 64 })).toContain(`/media/${b.id}/w64/`);
    expect(await media.attachedToEach("article", [], "photos")).toEqual(new Map());
  });
});

describe("getEach", () => {
  it("answers many files at once by their ids, and leaves out who is not stored and what is no id", async () => {
    const media = await openTestMedia();
    const [a, b, c] = await stageAll(media, "a", "b", "c");
    if (a === undefined || b === undefined || c === undefined) throw new Error("three were staged");
    await media.trash(c.id);
    const many = Array.from({ length: 2500 }, (_, n) => `${a.id.slice(0, -4)}${String(n).padStart(4, "0")}`);
    const found = await media.getEach([b.id, c.id, "no id", ...many, a.id, a.id]);
    expect(new Set(found.keys())).toEqual(new Set([a.id, b.id]));
    expect(found.get(b.id)?.url({ width: 64 })).toContain(`/media/${b.id}/w64/`);
    expect(await media.getEach([])).toEqual(new Map());
  });
});
