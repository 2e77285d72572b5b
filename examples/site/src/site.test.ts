import { fsDriver, openStorage } from "@holdfast/media";
import type { Hono } from "hono";
import sharp from "sharp";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { addUser, changePassword } from "./accounts.js";
import type { SiteServices } from "./assets.js";
import { fieldReader } from "./field-reader.js";
import { migrate } from "./migrations.js";
import { readForm } from "./read-form.js";
import { createSite } from "./site.js";
import { startTestSite, type TestSite, type TestVisitor } from "./site.fixture.js";
import type { SiteEnv } from "./site-env.js";
import type { SiteTables } from "./site-tables.js";
import { openLog } from "./log.js";
import { type Settings, settingsFrom } from "./settings.js";
import { wordsIn } from "./words.js";

const own = { siteName: "Test", notices: {} };
const languages = { en: wordsIn("en", own), fr: wordsIn("fr", own) };
const password = "correct horse battery";

/** A site that takes files on /files, and fails on /failure. */
function createApp({ database, media, assets, log }: SiteServices, settings: Settings): Hono<SiteEnv> {
  const site = { settings, database, media, assets, log, languages, accent: "clay", signUpRole: "user" } as const;
  const app = createSite({ ...site, navigation: () => [{ href: "/", label: "Home" }] });
  app.get("/", (c) => c.render("welcome", { title: "Home" }));
  app.get("/failure", () => {
    throw new Error("secret of the house");
  });
  app.post("/files", async (c) => {
    const { fields, files, refusals } = await readForm(c, { owner: "nobody", most: 2 });
    return c.json({ title: fields.get("title"), names: files.get("photos")?.map(({ name }) => name), refusals });
  });
  return app;
}

async function startWithUser(overrides: Partial<Settings> = {}): Promise<TestSite> {
  const site = await startTestSite([], createApp, overrides);
  await addUser(site.services.database.as<SiteTables>(), { email: "ada@example.com", name: "Ada", role: "user", password });
  return site;
}

const picture = async (): Promise<Blob> =>
  new Blob([
    Uint8Array.from(
      await sharp({ create: { width: 40, height: 30, channels: 3, background: "#a63" } })
        .jpeg()
        .toBuffer(),
    ),
  ]);

describe("settings", () => {
  const variables = { PORT: 4200, DATABASE_URL: "file:app.db" };

  it("let the world in where there is one, and this machine alone otherwise", () => {
    expect(settingsFrom(variables, {})).toMatchObject({ host: "127.0.0.1", isProduction: false, origin: undefined, proxies: 0 });
    expect(settingsFrom(variables, { NODE_ENV: "production" })).toMatchObject({ host: "0.0.0.0", isProduction: true });
    expect(settingsFrom(variables, { RENDER: "true" })).toMatchObject({ host: "0.0.0.0", isProduction: true });
  });

  it("know where browsers find the site", () => {
    expect(settingsFrom({ ...variables, RENDER_EXTERNAL_URL: "https://a.onrender.com/" }, {}).origin).toBe("https://a.onrender.com");
    const both = { ...variables, RENDER_EXTERNAL_URL: "https://a.onrender.com", SITE_URL: "https://a.example/" };
    expect(settingsFrom(both, {}).origin).toBe("https://a.example");
  });
});

describe("migrations", () => {
  it("are run once, though several begin at once", async () => {
    let runs = 0;
    const { services } = await startTestSite([], createApp);
    const migration = { name: "once", up: async () => void (runs += 1) };
    await Promise.all([1, 2, 3].map(async () => await migrate(services.database, [migration])));
    expect(runs).toBe(1);
  });
});

describe("log-in", () => {
  it("lets in who has the password, under another cookie than before, and out again", async () => {
    const visitor = (await startWithUser()).visit();
    await visitor.get("/log-in");
    const before = visitor.cookies.get("session");
    const wrong = await visitor.post("/log-in", { email: "ada@example.com", password: "wrong" });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain("There is no account with this e-mail address and password.");
    const right = await visitor.post("/log-in", { email: "Ada@Example.com", password });
    expect(right.text).toContain("You are logged in.");
    expect(right.text).toContain("Ada");
    expect(visitor.cookies.get("session")).not.toBe(before);
    expect((await visitor.get("/")).text).not.toContain("You are logged in.");
    const out = await visitor.post("/log-out", {});
    expect(out.text).toContain("You are logged out.");
    expect(out.text).not.toContain("Ada");
  });

  it("is closed after ten attempts at an account, also to who has the password, and for that account only", async () => {
    const site = await startWithUser();
    const visitor = site.visit();
    await visitor.get("/log-in");
    for (let attempt = 0; attempt < 10; attempt += 1) await visitor.post("/log-in", { email: "ada@example.com", password: "wrong" });
    const refused = await visitor.post("/log-in", { email: "ada@example.com", password });
    expect(refused.status).toBe(429);
    expect(refused.text).toContain("Too many attempts");
    expect((await visitor.post("/log-in", { email: "bob@example.com", password })).status).toBe(422);
    const rows = await site.services.database.as<SiteTables>().selectFrom("attempts").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain("ada");
  });

  it("takes who signs up, and leads to no other site", async () => {
    const visitor = (await startWithUser()).visit();
    await visitor.get("/sign-up");
    expect((await visitor.post("/sign-up", { name: "Bo", email: "ada@example.com", password })).text).toContain("already");
    const short = await visitor.post("/sign-up", { name: "Bo", email: "bo@example.com", password: "short" });
    expect(short.text).toContain("fewer than 10");
    expect((await visitor.post("/sign-up", { name: "Bo", email: "bo@example.com", password })).text).toContain("Bo");
    await visitor.post("/log-out", {});
    const page = await visitor.post("/log-in", { email: "bo@example.com", password, back: "//evil.example/" });
    expect(page.path).toBe("/");
  });

  it("is made together with what the app writes for it, or not at all", async () => {
    let isWilling = false;
    const site = await startTestSite([], (services, settings) => {
      const onSignUp = async (): Promise<void> => (isWilling ? undefined : Promise.reject(new Error("unwilling")));
      const shop = { settings, languages, accent: "sea", signUpRole: "user", onSignUp } as const;
      return createSite({ ...shop, ...services, navigation: () => [] }).get("/", (c) => c.render("welcome", { title: "Home" }));
    });
    const visitor = site.visit();
    await visitor.get("/sign-up");
    const fields = { name: "Bo", email: "bo@example.com", password };
    expect((await visitor.post("/sign-up", fields)).status).toBe(500);
    isWilling = true;
    expect((await visitor.post("/sign-up", fields)).text).toContain("Bo");
  });

  it("with another password ends all sessions but the one that asked for it", async () => {
    const { services, visit } = await startWithUser();
    const db = services.database.as<SiteTables>();
    const logIn = async (): Promise<TestVisitor> => {
      const visitor = visit();
      await visitor.get("/log-in");
      await visitor.post("/log-in", { email: "ada@example.com", password });
      return visitor;
    };
    const [here, elsewhere] = [await logIn(), await logIn()];
    const { id } = await db.selectFrom("users").select("id").executeTakeFirstOrThrow();
    const of = { userId: id, sessionToken: here.cookies.get("session") ?? "" };
    expect(await changePassword(db, of, { current: "wrong", next: "another sentence" })).toBe(false);
    expect((await elsewhere.get("/")).text).toContain("Ada");
    expect(await changePassword(db, of, { current: password, next: "another sentence" })).toBe(true);
    expect((await elsewhere.get("/")).text).not.toContain("Ada");
    expect((await here.get("/")).text).toContain("Ada");
    expect((await elsewhere.post("/log-in", { email: "ada@example.com", password: "another sentence" })).text).toContain("Ada");
  });

  it("keeps its cookies to this host and to TLS in production, and their tokens out of the database", async () => {
    const site = await startWithUser({ isProduction: true });
    const answer = await fetch(`${site.origin}/log-in`);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-session=[\w-]{43}; .*Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(answer.headers.get("strict-transport-security")).toContain("max-age=");
    const visitor = site.visit();
    await visitor.get("/log-in");
    await visitor.post("/log-in", { email: "ada@example.com", password });
    const sessions = await site.services.database.as<SiteTables>().selectFrom("sessions").selectAll().execute();
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.id).not.toBe(visitor.cookies.get("__Host-session"));
  });
});

describe("a form", () => {
  it("from another site, or without its token, changes nothing", async () => {
    const { visit, services } = await startWithUser();
    const visitor = visit();
    await visitor.get("/log-in");
    const fields = { email: "ada@example.com", password };
    const statuses = [
      await visitor.post("/log-in", fields, { origin: "https://evil.example" }),
      await visitor.post("/log-in", { ...fields, csrf: "x" }),
      await visitor.post("/log-in", { ...fields, csrf: "" }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403]);
    expect((await visitor.get("/")).text).not.toContain("Ada");
    const files = new FormData();
    files.append("photos", await picture(), "a.jpg");
    files.append("csrf", "after the file");
    const refused = await visitor.post("/files", files);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("The form was open for too long");
    expect((await services.media.list()).files).toEqual([]);
  });

  it("brings several files, and says of those that are not taken why, in the visitor's language", async () => {
    const { visit } = await startWithUser();
    const visitor = visit();
    await visitor.get("/");
    const form = new FormData();
    form.append("title", "Vélo");
    form.append("photos", await picture(), "a.jpg");
    form.append("photos", new Blob(["no picture"]), "b.jpg");
    form.append("photos", await picture(), "c.jpg");
    form.append("photos", new Blob([]), "");
    const { text } = await visitor.post("/files", form, { "accept-language": "fr-FR,fr;q=0.9,en;q=0.5" });
    expect(JSON.parse(text)).toEqual({
      title: "Vélo",
      names: ["a.jpg"],
      refusals: [
        { field: "photos", name: "b.jpg", reason: languages.fr.uploads.notAccepted },
        { field: "photos", name: "c.jpg", reason: languages.fr.uploads.tooMany },
      ],
    });
  });

  it("brings documents beside its pictures, each into a file of its own, and of a bounded size", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-documents-"));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const { visit, services } = await startTestSite([], (given, settings) => {
      const app = createApp(given, settings);
      return app.post("/documents", async (c) => {
        const keepAs = (fields: URLSearchParams) => ({ keepAs: { width: Number(fields.get("width")) } });
        const files = { owner: "nobody", keepAs, documents: { folder, maxBytes: { list: 20, archive: 20 } } };
        const form = await readForm(c, files);
        const texts = [...form.documents].map(([field, path]) => [field, readFileSync(path, "utf8")]);
        return c.json({ texts, widths: form.files.get("photos")?.map(({ width }) => width), refusals: form.refusals });
      });
    });
    const visitor = visit();
    await visitor.get("/log-in");
    const form = new FormData();
    form.append("width", "20");
    form.append("archive", new Blob(["x".repeat(200_000)]), "large.zip");
    form.append("list", new Blob(["one,two"]), "../list.csv");
    form.append("list", new Blob(["three"]), "again.csv");
    form.append("photos", await picture(), "a.jpg");
    const { text } = await visitor.post("/documents", form);
    const { notAccepted, tooLarge } = languages.en.uploads;
    expect(JSON.parse(text)).toEqual({
      texts: [["list", "one,two"]],
      widths: [20],
      refusals: [
        { field: "archive", name: "large.zip", reason: tooLarge },
        { field: "list", name: "again.csv", reason: notAccepted },
      ],
    });
    expect((await services.media.list()).files).toHaveLength(1);
  });

  it("that is larger than any of ours is not taken", async () => {
    const { visit, services } = await startWithUser();
    const visitor = visit();
    await visitor.get("/log-in");
    const large = await visitor.post("/log-in", { email: "a@example.com", password: "x".repeat(2_000_000) });
    expect(large.status).toBe(413);
    expect((await services.media.list()).files).toEqual([]);
  });

  it("is read field by field, with what is wrong with each", () => {
    const read = fieldReader(
      new URLSearchParams({ price: "1 250,5", cost: "much", mail: "x", title: " a\r\nb ", count: "9", rooms: "10" }),
      languages.en,
    );
    expect(read.amount("price")).toBe(125_050);
    expect(read.text("title", { most: 10 })).toBe("a\nb");
    expect(read.isGood).toBe(true);
    read.amount("cost");
    read.email("mail");
    read.choice("kind", ["a", "b"]);
    expect([read.number("count", { least: 1, most: 9 }), read.number("rooms", { least: 1, most: 9 })]).toEqual([9, 10]);
    expect(Object.keys(read.problems)).toEqual(["cost", "mail", "kind", "rooms"]);
  });
});

describe("a page", () => {
  it("is in the language that was chosen, else in the browser's", async () => {
    const visitor = (await startWithUser()).visit();
    const french = await visitor.get("/", { "accept-language": "de, fr-CA;q=0.8, en;q=0.1" });
    expect(french.text).toContain('<html lang="fr"');
    expect((await visitor.post("/language", { language: "en", back: "/log-in" })).path).toBe("/log-in");
    expect((await visitor.get("/", { "accept-language": "fr" })).text).toContain('<html lang="en"');
  });

  it("says what is not there, and of a failure only its number", async () => {
    const failures: unknown[] = [];
    const site = await startTestSite([], (services, settings) =>
      createSite({
        ...services,
        settings,
        languages,
        accent: "sea",
        navigation: () => [],
        onFailure: (error) => failures.push(error),
      }).get("/failure", () => {
        throw new Error("secret of the house");
      }),
    );
    const visitor = site.visit();
    const missing = await visitor.get("/nowhere");
    expect([missing.status, missing.text.includes("There is nothing here")]).toEqual([404, true]);
    const failed = await visitor.get("/failure");
    expect(failed.status).toBe(500);
    expect(failed.text).not.toContain("secret");
    expect(failed.text).toContain(failed.headers.get("x-request-id") ?? "none");
    expect(String(failures[0])).toContain("secret of the house");
  });

  it("has a style sheet that is compressed and kept for a year, and a policy that lets nothing else in", async () => {
    const { origin } = await startWithUser();
    const page = await fetch(origin);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const url = /href="(\/assets\/style\.[0-9a-f]{12}\.css)"/.exec(await page.text())?.[1] ?? "";
    for (const [accepted, coding] of [
      ["gzip, br", "br"],
      ["gzip;q=0.5", "gzip"],
      ["br;q=0", null],
    ] as const) {
      const sheet = await fetch(`${origin}${url}`, { headers: { "accept-encoding": accepted } });
      expect([accepted, sheet.headers.get("content-encoding")]).toEqual([accepted, coding]);
      expect(sheet.headers.get("cache-control")).toContain("immutable");
      expect(await sheet.text()).toContain("--accent");
    }
  });

  it("of the release before finds its style sheet and script after a deploy", async () => {
    const folder = await mkdtemp(join(tmpdir(), "holdfast-releases-"));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const release = async (script: string): Promise<TestSite> => {
      const bucket = { description: "bucket", chosenBy: "test", durability: "object-store" } as const;
      const storage = openStorage(fsDriver({ root: join(folder, "bucket") }), bucket);
      const assets = join(folder, script);
      await mkdir(assets);
      await writeFile(join(assets, "shop.js"), script);
      return await startTestSite([], createApp, { media: { storage }, assetFolders: [assets] });
    };
    const before = await release("before");
    const urls = ["style.css", "shop.js"].map((name) => before.services.assets.url(name));
    await before.close();
    const now = await release("now");
    expect(now.services.assets.url("shop.js")).not.toBe(urls[1]);
    const answers = await Promise.all(urls.map(async (url) => await fetch(`${now.origin}${url}`)));
    expect(answers.map(({ status, headers }) => [status, headers.get("cache-control")])).toEqual(
      urls.map(() => [200, "public, max-age=31536000, immutable"]),
    );
    expect(await answers[1]?.text()).toBe("before");
    expect((await fetch(`${now.origin}/assets/shop.0123456789ab.js`)).status).toBe(404);
  });

  it("is logged as a line of JSON, without who asked for it, and a failure with its stack", async () => {
    const lines: string[] = [];
    const log = openLog("info", { isReadable: false, output: { write: (line) => void lines.push(line) } });
    const site = await startTestSite([], createApp, { log });
    lines.length = 0;
    await site.visit().get("/log-in?back=secret");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", msg: "request", method: "GET", path: "/log-in", status: 200 });
    expect(lines[0]).not.toContain("secret");
    expect((await fetch(`${site.origin}/healthz`)).status).toBe(200);
    expect(lines).toHaveLength(1);
    const { requestId, err } = await failedAt(`${site.origin}/failure`);
    expect([requestId, err.stack.includes("site.test.ts")]).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), true]);

    async function failedAt(url: string): Promise<{ requestId: string; err: { stack: string } }> {
      await fetch(url);
      return JSON.parse(lines.find((line) => line.includes('"failed"')) ?? "") as never;
    }
  });

  it("is logged in words where a person reads along", () => {
    const lines: string[] = [];
    const log = openLog("info", { isReadable: true, output: { write: (line) => void lines.push(line) } });
    log.info({ method: "GET", status: 200 }, "request");
    log.error({ err: new Error("no luck") }, "failed");
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info  request method=GET status=200\n$/);
    expect(lines[1]).toMatch(/^\S+ error failed\nError: no luck\n +at /);
  });
});
