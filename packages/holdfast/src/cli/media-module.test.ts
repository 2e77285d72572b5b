import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as media from "@holdfast/media";
import * as staticFiles from "@holdfast/media/static";
import * as testing from "@holdfast/media/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fail } from "../errors.js";
import {
  type CatalogueModule,
  catalogueError,
  loadCatalogue,
  loadMedia,
  loadTesting,
  type MediaModule,
  type StaticModule,
  storageError,
  type TestingModule,
} from "./media-module.js";
import { terminal } from "./terminal.fixture.js";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "holdfast-module-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true });
});

async function install(code: string): Promise<void> {
  const folder = join(cwd, "node_modules", "@holdfast", "media");
  await mkdir(folder, { recursive: true });
  const exported = { ".": "./index.js", "./testing": "./index.js" };
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@holdfast/media", type: "module", exports: exported }));
  await writeFile(join(folder, "index.js"), code);
}

const load = async (): Promise<MediaModule> => await loadMedia("holdfast storage status", "1.2.3", terminal({ cwd }).io);

describe("@holdfast/media, as holdfast knows it", () => {
  it("is as the package is, by type and by name", () => {
    const known: MediaModule = media;
    const knownStatic: StaticModule = staticFiles;
    expect(Object.keys(knownStatic)).toContain("publishStaticFiles");
    const checks: TestingModule = testing;
    const catalogue: CatalogueModule = media;
    expect(Object.keys(catalogue)).toEqual(expect.arrayContaining(["openJobs", "rebuildCatalogue"]));
    expect(Object.keys(known)).toEqual(expect.arrayContaining(["inspectStorage", "readCanary", "planCors"]));
    expect(checks.contract.length).toBeGreaterThan(30);
  });

  it("is that of the working directory's project", async () => {
    await install("export const inspectStorage = () => 'mine', readCanary = 0, planCors = 0;");
    expect((await load()).inspectStorage({}, cwd)).toBe("mine");
  });

  it("is said to be of another version where it lacks what a command needs", async () => {
    await install("export const openMedia = 0;");
    await expect(load()).rejects.toMatchObject({
      code: "MEDIA_UNUSABLE",
      exitCode: 3,
      message: expect.stringContaining("Install it anew"),
    });
    await expect(loadTesting("x", "1.2.3", terminal({ cwd }).io)).rejects.toMatchObject({ code: "MEDIA_UNUSABLE" });
    await expect(loadCatalogue("x", "1.2.3", terminal({ cwd }).io)).rejects.toMatchObject({ code: "MEDIA_UNUSABLE" });
  });

  it("is said to be unusable, and why, where it cannot be loaded", async () => {
    await install('import "a-package-that-is-not-there";');
    await expect(load()).rejects.toMatchObject({ code: "MEDIA_UNUSABLE", message: expect.stringContaining("a-package-that-is-not-there") });
  });
});

describe("an error of @holdfast/media", () => {
  it("is a usage mistake where the configuration is wrong, with every problem", () => {
    const error = media.fail("CONFIG_INVALID", { problems: ["One.", "Two."] });
    expect(storageError(error, "holdfast storage --help")).toMatchObject({
      code: "USAGE_INVALID",
      exitCode: 2,
      message: "- One.\n- Two.\nSee: holdfast storage --help",
    });
  });

  it("is its own sentence where the storage denies", () => {
    const error = media.fail("STORAGE_DENIED", { storage: "s3", action: "be read" });
    expect(storageError(error, "")).toMatchObject({ code: "STORAGE_UNUSABLE", exitCode: 3, message: error.message });
  });

  it("is left alone where it is none", () => {
    const own = fail("INTERRUPTED", { resume: "" });
    expect([storageError(own, ""), storageError(1, "")]).toEqual([own, 1]);
  });
});

describe("an error on the way to the catalogue", () => {
  it("is the catalogue's own sentence, the storage's, or says that it is the database's", () => {
    const notEmpty = media.fail("CATALOGUE_NOT_EMPTY", { catalogue: "SQLite (/data/catalogue.db)", files: 3 });
    expect(catalogueError(notEmpty, "")).toMatchObject({ code: "CATALOGUE_UNUSABLE", exitCode: 3, message: notEmpty.message });
    const denied = media.fail("STORAGE_DENIED", { storage: "s3", action: "be read" });
    expect(catalogueError(denied, "")).toMatchObject({ code: "STORAGE_UNUSABLE" });
    const refused = Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" });
    expect(catalogueError(refused, "")).toMatchObject({
      code: "CATALOGUE_UNUSABLE",
      message: "The catalogue's database failed: ECONNREFUSED. Check MEDIA_DATABASE_URL.",
    });
  });

  it("is left alone where it is ours, or nobody's", () => {
    const own = fail("JOB_NOT_FOUND", { ids: ["x"] });
    const bug = new TypeError("x is not a function");
    expect([catalogueError(own, ""), catalogueError(bug, ""), catalogueError(1, "")]).toEqual([own, bug, 1]);
  });
});
