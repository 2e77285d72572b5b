import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type RenderDouble, startRenderDouble } from "../../../../test/doubles/render.js";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

const base = mkdtempSync(join(tmpdir(), "holdfast-asked-"));
let double: RenderDouble;
beforeAll(async () => {
  double = await startRenderDouble();
});
afterAll(async () => {
  await double.stop();
  rmSync(base, { recursive: true, force: true });
});
beforeEach(() => {
  double.services = [service];
  double.groups = [];
  double.seen.length = 0;
});

const service = { id: "srv-shop", name: "shop", repo: "https://github.com/owner/shop", envVars: { PORT: "8080" } };

/** Cloudinary where the variable is set, else the instance's own disk. */
const server = `const express = require("express");
const multer = require("multer");
const { CloudinaryStorage } = require("multer-storage-cloudinary");
const cloudinary = require("cloudinary").v2;
const storage = process.env.CLOUDINARY_URL ? new CloudinaryStorage({ cloudinary }) : multer.diskStorage({ destination: "uploads" });
const app = express();
app.post("/pictures", multer({ storage }).single("picture"), (req, res) => res.json({ path: req.file.path }));
app.listen(process.env.PORT);
`;
const manifest =
  '{ "main": "server.js", "dependencies": { "express": "4", "multer": "1", "cloudinary": "2", "multer-storage-cloudinary": "4" } }';
const app = { "server.js": server, "package.json": manifest };

let made = 0;
function folder(files: Readonly<Record<string, string>>): string {
  const at = join(base, String(made++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  execFileSync("git", ["init"], { cwd: at, stdio: "ignore" });
  execFileSync("git", ["remote", "add", "origin", "git@github.com:owner/shop.git"], { cwd: at });
  return at;
}

interface Result {
  readonly apps: readonly {
    readonly root: string;
    readonly verdicts: { readonly uploads: { readonly answer: string; readonly isAsGiven: boolean } };
  }[];
  readonly notices: readonly string[];
}

async function doctor(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; out: string; err: string }> {
  const key = { RENDER_API_KEY: double.apiKey, HOLDFAST_RENDER_API_URL: double.url };
  const ran = terminal({ cwd, env: { ...key, ...env } });
  const exitCode = await runCommand(["doctor", ...args], ran.io);
  return { exitCode, out: ran.out(), err: ran.err() };
}

async function json(cwd: string, ...args: readonly string[]): Promise<Result> {
  const { out, err } = await doctor(cwd, ["--json", "--env-from", "render", ...args]);
  expect(err).toBe("");
  return JSON.parse(out) as Result;
}

describe("holdfast doctor --env-from render", () => {
  it("decides what depends by what is set there, and shows no value and no key", async () => {
    const at = folder(app);
    double.services = [{ ...service, envVars: { CLOUDINARY_URL: "cloudinary://key:secret-value@cloud" } }];
    const result = await json(at);
    expect(result.apps[0]?.verdicts.uploads).toMatchObject({ answer: "keeps", isAsGiven: true });
    expect(result.notices).toContain("Render was asked about shop: 1 variable is set there. Only their names were kept.");
    for (const format of ["text", "json", "html", "sarif"]) {
      const { out, err } = await doctor(at, ["--env-from", "render", "--format", format, "--all"]);
      expect(out + err).not.toMatch(/secret-value|rnd_/);
    }
  });

  it("takes what is not listed there as not set, whatever the deploy file asks for", async () => {
    const blueprint =
      "services:\n  - type: web\n    name: shop\n    runtime: node\n    startCommand: node server.js\n    envVars:\n      - key: CLOUDINARY_URL\n        sync: false\n";
    const at = folder({ ...app, "render.yaml": blueprint });
    expect((await json(at)).apps[0]?.verdicts.uploads).toMatchObject({ answer: "loses", isAsGiven: true });
    double.groups = [{ id: "evg-1", links: ["srv-shop"], envVars: { CLOUDINARY_URL: "x" } }];
    expect((await json(at)).apps[0]?.verdicts.uploads.answer).toBe("keeps");
  });

  it("does not take a list for whole beside a secret file of variables", async () => {
    double.services = [{ ...service, secretFiles: { ".env": "CLOUDINARY_URL=x" } }];
    const result = await json(folder(app));
    expect(result.apps[0]?.verdicts.uploads.answer).toBe("depends");
    expect(result.notices.join()).toContain("a secret file may set more");
  });

  it("counts the disk that is mounted there, and not the one that a deploy file hopes for", async () => {
    const disk = server.replace(/const storage = .*/, 'const storage = multer.diskStorage({ destination: "/var/data/uploads" });');
    const blueprint =
      "services:\n  - type: web\n    name: shop\n    runtime: node\n    plan: starter\n    disk: { name: d, mountPath: /var/data }\n";
    const at = folder({ ...app, "server.js": disk, "render.yaml": blueprint });
    expect((await json(at)).apps[0]?.verdicts.uploads.answer).toBe("loses");
    double.services = [{ ...service, disk: "/var/data" }];
    expect((await json(at)).apps[0]?.verdicts.uploads.answer).toBe("keeps");
  });

  it("says nothing of an app that another service runs", async () => {
    const at = folder({ "api/server.js": server, "api/package.json": manifest, "admin/server.js": server, "admin/package.json": manifest });
    double.services = [
      { ...service, rootDir: "admin", envVars: { CLOUDINARY_URL: "x" } },
      { ...service, id: "srv-api", name: "api", rootDir: "api" },
    ];
    const { apps } = await json(at, "--service", "shop");
    expect(apps.map(({ root, verdicts }) => `${root} ${verdicts.uploads.answer}`).toSorted()).toEqual(["admin keeps", "api depends"]);
    expect((await json(join(at, "admin"))).apps[0]?.verdicts.uploads.answer).toBe("keeps");
  });

  it("lists the services to choose from where it cannot tell which is meant", async () => {
    double.services = [service, { ...service, id: "srv-staging", name: "shop-staging" }];
    const { exitCode, err } = await doctor(folder(app), ["--env-from", "render"]);
    expect(exitCode).toBe(2);
    expect(err).toBe(
      "holdfast: Several services are built from this repository. Name one with --service NAME or --service ID:\n" +
        "  shop  srv-shop  (github.com/owner/shop)\n  shop-staging  srv-staging  (github.com/owner/shop)\n",
    );
  });

  it("asks for the key, and for nothing else, where there is none", async () => {
    const { exitCode, err } = await doctor(folder(app), ["--env-from", "render"], { RENDER_API_KEY: "" });
    expect(exitCode).toBe(2);
    expect(err).toContain("RENDER_API_KEY is not set, so Render was not asked. Make a key at https://");
    expect(double.seen).toEqual([]);
  });

  it("goes with files of names, which still work, and with --set", async () => {
    const at = folder({ ...app, names: "CLOUDINARY_URL\n", render: "CLOUDINARY_URL\n" });
    expect((await json(at, "--env-from", "names")).apps[0]?.verdicts.uploads.answer).toBe("keeps");
    double.seen.length = 0;
    const { out } = await doctor(at, ["--json", "--env-from", "./render"]);
    expect((JSON.parse(out) as Result).apps[0]?.verdicts.uploads.answer).toBe("keeps");
    expect(double.seen).toEqual([]);
  });

  it("keeps --service for the platform, and for one folder", async () => {
    const at = folder(app);
    expect((await doctor(at, ["--service", "shop"])).err).toContain("--service goes with --env-from render.");
    expect((await doctor(at, ["--env-from", "render", "--service", "shop", ".", ".."])).err).toContain("--service goes with one folder.");
  });
});

describe("the platforms that are not asked yet", () => {
  it.each([
    ["heroku", "heroku config --json --app APP | holdfast doctor --env-from /dev/stdin"],
    ["railway", "railway variables --json | holdfast doctor --env-from /dev/stdin"],
    ["fly", "fly secrets list --json | holdfast doctor --env-from /dev/stdin"],
  ])("say so, and how to hand over a list: %s", async (word, example) => {
    const { exitCode, err } = await doctor(folder(app), ["--env-from", word]);
    expect(exitCode).toBe(2);
    expect(err).toContain("is not asked yet");
    expect(err).toContain(example);
  });
});
