import * as media from "@holdfast/media";
import { describe, expect, it } from "vitest";
import type { CorsRule, MediaModule } from "./media-module.js";
import { type CorsFlags, type CorsReport, run } from "./storage-cors.js";
import { terminal, type Terminal } from "./terminal.fixture.js";

const origin = "https://app.example";
const unrelated: CorsRule = { id: "cdn", origins: ["*"], methods: ["GET"], headers: [], exposedHeaders: [] };
const env = { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "s" };

/** A bucket of which only the rules are asked; test/storage asks a real one. */
function bucket(options: {
  rules?: readonly CorsRule[] | undefined;
  hasFacet?: boolean;
  keeps?: (rules: readonly CorsRule[]) => readonly CorsRule[];
}): MediaModule & { rules: () => unknown } {
  let rules = options.rules;
  const { hasFacet = true, keeps = (all) => all } = options;
  const cors = { read: async () => rules, write: async (all: readonly CorsRule[]) => void (rules = keeps(all)) };
  const driver = { name: "s3", ...(hasFacet ? { cors } : {}) };
  const open = async () => ({ driver, identity: async () => "one", list: async function* () {}, close: async () => undefined });
  return { ...media, inspectStorage: (given, cwd) => ({ ...media.inspectStorage(given, cwd), open }), rules: () => rules };
}

async function ask(flags: Partial<CorsFlags>, module: MediaModule): Promise<Terminal & { exitCode: number }> {
  const ran = terminal({ cwd: "/app", env });
  return { ...ran, exitCode: await run({ origin: [origin], ...flags }, ran.io, module) };
}

describe("holdfast storage cors", () => {
  it("shows what is there, what is needed and what lacks, and sets nothing", async () => {
    const module = bucket({ rules: [unrelated] });
    const { exitCode, out } = await ask({}, module);
    expect(exitCode).toBe(1);
    expect(out()).toMatch(
      /Rules there are:\n {2}cdn: origins \*; methods GET\n\nNeeded for direct uploads:\n {2}holdfast-uploads: origins https:\/\/app\.example; methods GET, HEAD, POST; headers content-type; exposes ETag; for 3600 s\n/,
    );
    expect(out()).toMatch(
      /missing {2}https:\/\/app\.example: ETag of GET, HEAD, POST\nSet them with: holdfast storage cors --origin https:\/\/app\.example --apply\n$/,
    );
    expect(module.rules()).toEqual([unrelated]);
  });

  it("sets what lacks, keeps the rest, and is content afterwards", async () => {
    const module = bucket({ rules: [unrelated] });
    const { exitCode, out } = await ask({ apply: true }, module);
    expect({ exitCode, last: out().trim().split("\n").at(-1) }).toEqual({ exitCode: 0, last: "Set, and read again: nothing lacks." });
    expect(module.rules()).toMatchObject([{ id: "holdfast-uploads", origins: [origin] }, unrelated]);
    expect((await ask({}, module)).exitCode).toBe(0);
  });

  it("believes what the service kept, not what it was sent", async () => {
    const ran = await ask({ apply: true, json: true }, bucket({ rules: [], keeps: () => [] }));
    const report: CorsReport = JSON.parse(ran.out());
    expect(report).toMatchObject({ version: 1, exitCode: 1, isApplied: true, after: [], missing: [{ origin }] });
    expect(ran.exitCode).toBe(1);
  });

  it.each([
    ["a service without the interface", { rules: undefined }, "its service has no CORS interface"],
    ["a driver without rules", { hasFacet: false }, "its service has no CORS interface"],
  ])("says so plainly of %s", async (_, options, reason) => {
    await expect(ask({}, bucket(options))).rejects.toMatchObject({
      code: "CORS_UNAVAILABLE",
      exitCode: 3,
      message: expect.stringContaining(reason),
    });
  });

  it("says of a disk that no page uploads to it", async () => {
    const { io } = terminal({ cwd: "/app" });
    await expect(run({ origin: [origin] }, io, media)).rejects.toMatchObject({
      code: "CORS_UNAVAILABLE",
      message: expect.stringContaining("go through the service"),
    });
  });

  it("wants an origin", async () => {
    await expect(ask({ origin: [] }, bucket({ rules: [] }))).rejects.toMatchObject({ code: "USAGE_INVALID", exitCode: 2 });
    await expect(ask({ origin: ["app.example", "x/y"] }, bucket({ rules: [] }))).rejects.toMatchObject({ code: "USAGE_INVALID" });
  });
});
