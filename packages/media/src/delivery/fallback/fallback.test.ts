import { copyFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { eventually, openTestMedia, picture, temporaryFolder } from "../../media.fixture.js";
import type { Media, MediaFile } from "../../media.js";
import type { FallbackPicture, MediaEvent } from "./media-event.js";
import { memoryDriver } from "../../storage/drivers/memory.js";
import { sourceFromBytes } from "../../storage/source.js";
import { openStorage } from "../../storage/storage.js";

const img = { accept: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "sec-fetch-dest": "image" };
const png = { accept: "image/png" };

async function ask(media: Media, url: string, headers: Record<string, string> = img, method = "GET"): Promise<Response> {
  return await media.handler(new Request(`http://localhost${url}`, { method, headers }));
}

const pathOf = (media: { folder: string }, file: Pick<MediaFile, "key">): string => join(media.folder, "holdfast-data/media", file.key);

async function problemOf(response: Response): Promise<unknown[]> {
  const { code } = (await response.json()) as { code: string };
  return [response.status, response.headers.get("content-type"), code];
}

describe("where the bytes of a picture are gone", () => {
  it("answers 404 with a blurred picture of the right shape, to be stored by nobody, and the picture once the bytes are back", async () => {
    const events: MediaEvent[] = [];
    const media = await openTestMedia({ onEvent: (event) => events.push(event) });
    const file = await media.put(await picture("jpeg", 1200, 500), { name: "cat.jpg" });
    const away = join(await temporaryFolder(), "away");
    await rename(pathOf(media, file), away);

    for (const [url, width, height] of [
      [file.url({ width: 320 }), 320, 133],
      [file.url(), 1200, 500],
      [file.originalUrl(), 1200, 500],
      [file.url({ width: 200, height: 200, fit: "cover" }), 200, 200],
    ] as const) {
      const missing = await ask(media, url);
      expect([missing.status, missing.headers.get("content-type"), missing.headers.get("cache-control")]).toEqual([
        404,
        "image/svg+xml",
        "no-store",
      ]);
      expect(missing.headers.get("x-content-type-options")).toBe("nosniff");
      expect(missing.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
      expect(missing.headers.get("holdfast-error")).toBe("FILE_LOST");
      const drawn = await missing.text();
      expect(Number(missing.headers.get("content-length"))).toBe(Buffer.byteLength(drawn));
      expect(drawn).toContain(`width="${width}" height="${height}"`);
      // The grey of the noise that the picture is made of, not a neutral one.
      expect(drawn).toContain("data:image/png;base64,");
    }
    const head = await ask(media, file.originalUrl(), img, "HEAD");
    expect([head.status, head.headers.get("content-type"), (await head.arrayBuffer()).byteLength]).toEqual([404, "image/svg+xml", 0]);
    expect(events.map(({ kind }) => kind)).toEqual(["missing"]);
    expect(media.lines.filter((line) => line.includes("FILE_LOST"))).toHaveLength(1);

    await mkdir(dirname(pathOf(media, file)), { recursive: true });
    await copyFile(away, pathOf(media, file));
    const back = await ask(media, file.url({ width: 320 }));
    expect([back.status, back.headers.get("content-type")]).toEqual([200, "image/webp"]);
    expect((await (await ask(media, file.originalUrl())).arrayBuffer()).byteLength).toBe(file.size);
    expect(events.map(({ kind }) => kind)).toEqual(["missing", "returned"]);
  });

  it("tells programs and downloads the truth in words, whatever part of it they ask for", async () => {
    const media = await openTestMedia();
    const file = await media.put(await picture("jpeg", 120, 80), { name: "cat.jpg", visibility: "public" });
    const lost = [404, "application/problem+json", "FILE_LOST"];
    await rm(pathOf(media, file));
    expect(await problemOf(await ask(media, file.originalUrl(), {}))).toEqual(lost);
    expect(await problemOf(await ask(media, file.originalUrl(), { accept: "application/json" }))).toEqual(lost);
    expect(await problemOf(await ask(media, `${file.originalUrl()}?download`))).toEqual(lost);
    for (const range of ["bytes=0-9", "bytes=999999-", "bytes=0-1,5-6"]) {
      expect(await problemOf(await ask(media, file.originalUrl(), { range }))).toEqual(lost);
    }
    const pictured = await ask(media, file.originalUrl(), { ...img, range: "bytes=0-9" });
    expect([pictured.status, pictured.headers.get("content-range")]).toEqual([404, null]);
    expect((await ask(media, file.originalUrl(), {}, "HEAD")).status).toBe(404);
  });

  it("answers what was cut or replaced like what is gone, and makes no broken picture of it", async () => {
    const events: MediaEvent[] = [];
    const media = await openTestMedia({ onEvent: (event) => events.push(event) });
    const bytes = await picture("jpeg", 1200, 500);
    const file = await media.put(bytes, { name: "cat.jpg" });
    await writeFile(pathOf(media, file), bytes.subarray(0, 1000));
    for (const method of ["GET", "HEAD"]) {
      const damaged = await ask(media, file.originalUrl(), img, method);
      expect([damaged.status, damaged.headers.get("content-type"), damaged.headers.get("holdfast-error")]).toEqual([
        502,
        "image/svg+xml",
        "FILE_DAMAGED",
      ]);
    }
    expect((await ask(media, file.originalUrl(), { range: "bytes=0-9" })).status).toBe(502);
    await writeFile(pathOf(media, file), bytes.fill(0, 0, 200));
    const unreadable = await ask(media, file.url({ width: 320 }));
    expect([unreadable.headers.get("content-type"), await unreadable.text()]).toEqual([
      "image/svg+xml",
      expect.stringContaining("data:image/png"),
    ]);
    expect(events.map(({ kind }) => kind)).toEqual(["damaged"]);
  });

  it("draws pixels for who takes no SVG", async () => {
    const media = await openTestMedia();
    const file = await media.put(await picture("jpeg", 1200, 500), { name: "cat.jpg" });
    await rm(pathOf(media, file));
    for (const url of [file.url({ width: 640 }), `${file.url({ width: 640 })}?initials=Ada`]) {
      const missing = await ask(media, url, png);
      expect([missing.status, missing.headers.get("content-type")]).toEqual([404, "image/png"]);
      const { width, height } = await sharp(await missing.arrayBuffer()).metadata();
      expect([width, height]).toEqual([128, 53]);
    }
  });

  it("goes on serving a variant that is stored", async () => {
    const folder = await temporaryFolder();
    const first = await openTestMedia({ cwd: folder });
    const file = await first.put(await picture("jpeg", 300, 200), { name: "cat.jpg" });
    const url = file.url({ width: 128 });
    expect((await ask(first, url)).status).toBe(200);
    await first.close();
    await rm(pathOf({ folder }, file));
    const second = await openTestMedia({ cwd: folder });
    expect((await ask(second, url)).status).toBe(200);
    expect((await ask(second, file.url({ width: 256 }))).status).toBe(404);
  });

  it("has another storage tried, and the file served from there", async () => {
    const [one, two] = [memoryDriver(), memoryDriver()].map((driver, index) =>
      openStorage(driver, { description: `memory ${index}`, chosenBy: "test", durability: "disk" }),
    );
    if (one === undefined || two === undefined) throw new Error("there are two");
    const media = await openTestMedia({ storage: [one, two], jobs: { concurrency: 2 } });
    const bytes = await picture("jpeg", 90, 60);
    const file = await media.put(bytes, { name: "cat.jpg" });
    await eventually(async () => (await media.replicas(file.id)).length === 2);
    await one.delete(file.key);
    await two.delete(file.key);
    expect((await ask(media, file.originalUrl())).status).toBe(404);
    await eventually(async () => (await media.jobs.list({ kind: "replicate" })).some(({ subject }) => subject === file.id));
    // What somebody brings back to one storage is copied to the other.
    await two.put(file.key, sourceFromBytes(bytes), { contentType: "image/jpeg" });
    expect((await (await ask(media, file.originalUrl())).arrayBuffer()).byteLength).toBe(bytes.byteLength);
    await eventually(async () => (await one.stat(file.key))?.size === bytes.byteLength, 15_000);
  });
});

describe("what is shown instead", () => {
  it("is what the application says: initials, a picture of its own, or a placeholder where it fails to say", async () => {
    const own = await picture("webp", 10, 10);
    const ownPath = join(await temporaryFolder(), "own.png");
    await writeFile(ownPath, await picture("png", 12, 12));
    const choices = new Map<string, FallbackPicture | "fail" | undefined>();
    const media = await openTestMedia({
      fallback: (file) => {
        const choice = choices.get(file.name);
        if (choice === "fail") throw new Error("no idea");
        return choice;
      },
    });
    const shown = async (name: string, choice: FallbackPicture | "fail" | undefined, query = ""): Promise<[string | null, Buffer]> => {
      choices.set(name, choice);
      const file = await media.put(await picture("jpeg", 120, 60), { name });
      await rm(pathOf(media, file));
      const response = await ask(media, `${file.url({ width: 64 })}${query}`);
      expect(response.status).toBe(404);
      return [response.headers.get("content-type"), Buffer.from(await response.arrayBuffer())];
    };
    expect((await shown("ilker.jpg", { initials: "ilker ışık", locale: "tr" })).join(" ")).toMatch(
      /svg\+xml .*width="64" height="32".*>İI</,
    );
    expect(await shown("bytes.jpg", { picture: own })).toEqual(["image/webp", own]);
    expect((await shown("path.jpg", { picture: ownPath }))[0]).toBe("image/png");
    expect((await shown("url.jpg", undefined, "?initials=Ada%20Lovelace")).join(" ")).toContain(">AL<");
    expect((await shown("both.jpg", "placeholder", "?initials=Ada")).join(" ")).toContain("data:image/png");
    for (const bad of ["fail", { picture: join(dirname(ownPath), "none.png") }, { picture: Buffer.from("<html>") }] as const) {
      expect((await shown(`bad-${choices.size}.jpg`, bad)).join(" ")).toContain("data:image/png");
    }
  });

  it("is a calm picture where nothing is known, for who embeds it, and a problem document for all others", async () => {
    const media = await openTestMedia();
    const unknown = "/media/0000000000000000000000zzzz/w320/cat.jpg";
    const drawn = await ask(media, unknown);
    expect([drawn.status, drawn.headers.get("content-type"), drawn.headers.get("cache-control")]).toEqual([
      404,
      "image/svg+xml",
      "no-store",
    ]);
    expect(await drawn.text()).not.toContain("<image");
    expect((await ask(media, "/media/what/ever.jpg")).headers.get("content-type")).toBe("image/svg+xml");
    const opened = { accept: "text/html,image/avif,*/*;q=0.8", "sec-fetch-dest": "document" };
    expect(await problemOf(await ask(media, unknown, opened))).toEqual([404, "application/problem+json", "FILE_NOT_FOUND"]);
    expect(await problemOf(await ask(media, unknown, {}))).toEqual([404, "application/problem+json", "FILE_NOT_FOUND"]);

    const pdf = await media.put(Buffer.from("%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n", "latin1"), { name: "a.pdf", visibility: "public" });
    await rm(pathOf(media, pdf));
    expect(await problemOf(await ask(media, pdf.originalUrl(), opened))).toEqual([404, "application/problem+json", "FILE_LOST"]);
  });

  it("tells strangers nothing of a private original", async () => {
    const media = await openTestMedia();
    const file = await media.put(await picture("jpeg", 1200, 500), { name: "cat.jpg" });
    const refused = await ask(media, `/media/${file.id}/cat.jpg`);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(await refused.text()).not.toContain("<image");
    // Nor where asking who they are fails.
    const broken = await openTestMedia({ authorize: () => Promise.reject(new Error("the session store is away")) });
    const secret = await broken.put(await picture("jpeg", 1200, 500), { name: "cat.jpg", visibility: "confidential" });
    const failed = await ask(broken, `/media/${secret.id}/w320/cat.jpg`);
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toMatch(/<image|1200/);
  });
});

describe("where the storage denies or cannot be reached", () => {
  it("answers 503 with the same picture and when to come again, and counts nothing as lost", async () => {
    const events: MediaEvent[] = [];
    const media = await openTestMedia({ onEvent: (event) => events.push(event) });
    const file = await media.put(await picture("jpeg", 1200, 500), { name: "cat.jpg" });
    const root = join(media.folder, "holdfast-data/media");
    // As when a volume is not mounted: the folder is there, and is not the storage.
    await rename(root, `${root}-away`);
    await mkdir(root);
    for (const [url, method] of [
      [file.url({ width: 320 }), "GET"],
      [file.originalUrl(), "GET"],
      [file.originalUrl(), "HEAD"],
    ] as const) {
      const down = await ask(media, url, img, method);
      expect([down.status, down.headers.get("content-type"), down.headers.get("cache-control")]).toEqual([
        503,
        "image/svg+xml",
        "no-store",
      ]);
      expect(Number(down.headers.get("retry-after"))).toBeGreaterThan(0);
      expect((await down.text()).includes("data:image/png")).toBe(method === "GET");
    }
    expect(await problemOf(await ask(media, file.url({ width: 320 }), {}))).toEqual([
      503,
      "application/problem+json",
      "STORAGE_UNREACHABLE",
    ]);
    expect(events).toEqual([expect.objectContaining({ kind: "unreachable", code: "STORAGE_UNREACHABLE" })]);
    expect(await media.jobs.list({ kind: "replicate" })).toEqual([]);
    await rm(root, { recursive: true });
    await rename(`${root}-away`, root);
    expect((await ask(media, file.url({ width: 320 }))).status).toBe(200);
  });

  it("does not believe another storage that it lacks a file", async () => {
    const folder = await temporaryFolder();
    const first = await openTestMedia({ cwd: folder });
    const file = await first.put(await picture("jpeg", 120, 50), { name: "cat.jpg" });
    await first.close();
    await rm(join(folder, "holdfast-data/media"), { recursive: true });
    const events: MediaEvent[] = [];
    const second = await openTestMedia({ cwd: folder, onEvent: (event) => events.push(event) });
    const answer = await ask(second, file.url({ width: 64 }));
    expect([answer.status, answer.headers.get("holdfast-error")]).toEqual([503, "STORAGE_MISMATCH"]);
    expect(events.map(({ kind }) => kind)).toEqual(["unreachable"]);
  });
});

describe("losses", () => {
  it("are told of once a file, and not all of them in the log", async () => {
    const events: MediaEvent[] = [];
    const media = await openTestMedia({ onEvent: (event) => events.push(event) });
    const files: MediaFile[] = [];
    for (let n = 0; n < 14; n += 1) files.push(await media.put(await picture("png", 8, 8), { name: `${n}.png` }));
    for (const file of files) await rm(pathOf(media, file));
    for (let time = 0; time < 3; time += 1) for (const file of files) await ask(media, file.url({ width: 64 }));
    expect(events).toHaveLength(14);
    expect(media.lines.filter((line) => line.includes("FILE_LOST"))).toHaveLength(10);
  });

  it("do not depend on who listens", async () => {
    const media = await openTestMedia({
      onEvent: () => {
        throw new Error("not listening");
      },
    });
    const file = await media.put(await picture("png", 8, 8), { name: "a.png" });
    await rm(pathOf(media, file));
    expect((await ask(media, file.url({ width: 64 }))).status).toBe(404);
  });
});

describe("initials", () => {
  it("are a picture of their own address, that caches may keep", async () => {
    const media = await openTestMedia();
    const drawn = await ask(media, "/media/initials/ilker%20%C4%B1%C5%9F%C4%B1k.svg?lang=tr");
    expect([drawn.status, drawn.headers.get("content-type"), drawn.headers.get("cache-control")]).toEqual([
      200,
      "image/svg+xml",
      "public, max-age=604800",
    ]);
    expect(drawn.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect(await drawn.text()).toContain(">İI<");
    const etag = drawn.headers.get("etag") ?? "";
    expect((await ask(media, "/media/initials/ilker%20%C4%B1%C5%9F%C4%B1k.svg?lang=tr", { "if-none-match": etag })).status).toBe(304);
  });

  it("are a silhouette of nobody, and let no markup in", async () => {
    const media = await openTestMedia();
    for (const part of [".svg", "%ff.svg", "%20.svg"]) {
      const drawn = await ask(media, `/media/initials/${part}`);
      expect([drawn.status, (await drawn.text()).includes("<text")]).toEqual([200, false]);
    }
    const hostile = await ask(media, `/media/initials/${encodeURIComponent('"><script>alert(1)</script> <b>')}.svg`);
    expect(await hostile.text()).not.toMatch(/<script|<b>/);
    expect((await ask(media, "/media/initials/Ada.png", {})).status).toBe(404);
    expect((await (await ask(media, `/media/initials/${"x".repeat(5000)}.svg`)).text()).length).toBeLessThan(1500);
  });
});
