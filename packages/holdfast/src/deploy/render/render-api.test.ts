import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RenderDouble, startRenderDouble } from "../../../../../test/doubles/render.js";
import { isCommandError } from "../../errors.js";
import { connectRender } from "./connect.js";
import type { RenderApi, RenderService } from "./render-api.js";

// Render itself is not asked by any test: what follows rests on a double that is as strict as the published schema.

let double: RenderDouble;
beforeAll(async () => {
  double = await startRenderDouble();
});
afterAll(async () => await double.stop());

const pauses: number[] = [];
const interruption = { controller: new AbortController() };
afterEach(() => {
  double.services = [];
  double.groups = [];
  double.pageSize = 100;
  double.isForbidden = false;
  double.seen.length = 0;
  double.behave();
  pauses.length = 0;
  interruption.controller = new AbortController();
});

function connect(env: Readonly<Record<string, string>> = {}): RenderApi {
  return connectRender({
    env: { RENDER_API_KEY: double.apiKey, HOLDFAST_RENDER_API_URL: double.url, ...env },
    fetch: (input, init) => fetch(input, init),
    signal: interruption.controller.signal,
    userAgent: "holdfast/test",
    pause: async (ms) => void pauses.push(ms),
  });
}

async function codeOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (isCommandError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("nothing failed");
}

const shop = { id: "srv-shop", name: "shop", repo: "https://github.com/owner/shop" };

describe("the names of a service's variables", () => {
  it("are its own and those of the groups linked to it, each once, without their values", async () => {
    double.services = [{ ...shop, envVars: { PORT: "1", CLOUDINARY_URL: "cloudinary://a:secret-1@c", EMPTY: "" } }];
    double.groups = [
      { id: "evg-1", links: ["srv-shop"], envVars: { S3_BUCKET: "secret-2", PORT: "2" }, secretFiles: { "key.pem": "secret-3" } },
      { id: "evg-2", links: ["srv-other"], envVars: { FOREIGN: "secret-4" } },
      { id: "evg-3", links: ["srv-shop"], ownerId: "tea-other", envVars: { FOREIGN_TOO: "secret-5" } },
    ];
    const api = connect();
    const service = await api.service("srv-shop");
    const found = await api.envNames(service);
    expect(found).toEqual({ names: ["CLOUDINARY_URL", "PORT", "S3_BUCKET"], secretFiles: ["key.pem"] });
    expect(JSON.stringify([service, found])).not.toContain("secret-");
  });

  it("are read to the last page, however short the pages are", async () => {
    const envVars = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`NAME_${index}`, "x"]));
    double.services = [{ ...shop, envVars }];
    double.pageSize = 3;
    const api = connect();
    expect((await api.envNames(await api.service("srv-shop"))).names).toEqual(Object.keys(envVars));
    expect(double.seen.filter((line) => line.includes("/env-vars")).map((line) => line.split("?")[1])).toEqual([
      "limit=100",
      "limit=100&cursor=after-3",
      "limit=100&cursor=after-6",
      "limit=100&cursor=after-7",
    ]);
  });
});

describe("a service", () => {
  it("says whose it is, where it is built from and where its disk is", async () => {
    double.services = [
      { ...shop, rootDir: "/api/", disk: "/var/data" },
      { id: "srv-image", name: "image" },
    ];
    const [one, other] = await connect().services();
    expect(one).toEqual({
      id: "srv-shop",
      name: "shop",
      type: "web_service",
      ownerId: "tea-double00000000000000",
      repo: "https://github.com/owner/shop",
      rootDir: "api",
      diskMountPath: "/var/data",
    } satisfies RenderService);
    expect(other).toMatchObject({ repo: undefined, rootDir: ".", diskMountPath: undefined });
  });

  it("that is not there is said to be missing", async () => {
    expect(await codeOf(connect().service("srv-none"))).toMatchObject({ code: "SERVICE_NOT_CHOSEN" });
  });
});

describe("a failing platform", () => {
  it("is asked again after an error 503 and a lost connection, with growing pauses", async () => {
    double.services = [shop];
    double.misbehave("503", "drop", "503");
    expect(await connect().services()).toHaveLength(1);
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  it("is given up after four attempts", async () => {
    double.misbehave("503", "503", "503", "503");
    expect(await codeOf(connect().services())).toEqual({
      code: "PLATFORM_UNREACHABLE",
      message: "Render could not be asked: it answered 503. Nothing was examined. Give a file of names meanwhile: --env-from FILE",
    });
    expect(double.seen).toHaveLength(4);
  });

  it("that is asked too often is waited for as long as it says, in seconds or until a date", async () => {
    double.misbehave("limit", "limit-date");
    await connect().services();
    expect(pauses[0]).toBe(2000);
    expect(pauses[1]).toBeGreaterThan(2000);
    expect(pauses[1]).toBeLessThanOrEqual(5000);
  });

  it("that wants an hour's pause is not waited for", async () => {
    double.misbehave("limit-long");
    expect((await codeOf(connect().services())).message).toContain("asked too often (429)");
    expect(pauses).toEqual([]);
  });

  it.each(["garbage", "object", "long", "redirect"] as const)(
    "whose answer is wrong (%s) is not believed, and not quoted",
    async (misdeed) => {
      double.services = [{ ...shop, envVars: { A: "secret-value" } }];
      const api = connect();
      const service = await api.service("srv-shop");
      double.misbehave(misdeed, misdeed, misdeed, misdeed);
      const { code, message } = await codeOf(api.envNames(service));
      expect(code).toBe("PLATFORM_UNREACHABLE");
      expect(message).not.toContain("secret-value");
    },
  );

  it("does not hold whoever interrupts", async () => {
    double.misbehave("stall");
    const asked = codeOf(connect().services());
    await expect.poll(() => double.seen.length).toBe(1);
    interruption.controller.abort();
    expect((await asked).code).toBe("INTERRUPTED");
  });
});

describe("the key", () => {
  it("that is missing, or no key, is asked for before anything is sent, and never quoted", async () => {
    for (const RENDER_API_KEY of ["", "  ", "rnd_ab\ncd", "rnd_é"]) {
      const { code, message } = await codeOf(Promise.resolve().then(() => connect({ RENDER_API_KEY }).services()));
      expect(code).toBe("PLATFORM_KEY_MISSING");
      expect(message).not.toContain("rnd_");
    }
    expect(double.seen).toEqual([]);
  });

  it("that is wrong is refused at once, and never quoted", async () => {
    const { code, message } = await codeOf(connect({ RENDER_API_KEY: "rnd_wrong" }).services());
    expect(code).toBe("PLATFORM_REFUSED");
    expect(message).toBe("Render refuses the key in RENDER_API_KEY: the key is not valid, or was revoked. Nothing was examined.");
    expect(double.seen).toHaveLength(1);
  });

  it("that may not read this is told so", async () => {
    double.isForbidden = true;
    expect(await codeOf(connect().services())).toMatchObject({
      code: "PLATFORM_REFUSED",
      message: expect.stringContaining("may not read"),
    });
  });

  it("goes to a stand-in over https only, unless it is on this machine", async () => {
    for (const url of ["http://render.example/v1", "ftp://127.0.0.1", "nothing", "https://me:pass@render.example/v1"]) {
      const { code } = await codeOf(Promise.resolve().then(() => connect({ HOLDFAST_RENDER_API_URL: url }).services()));
      expect(code).toBe("USAGE_INVALID");
    }
  });
});
