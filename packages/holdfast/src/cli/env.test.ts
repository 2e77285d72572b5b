import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-env-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

async function holdfast(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; out: string; err: string }> {
  const { io, out, err } = terminal({ cwd: folder, env });
  const exitCode = await runCommand(args, io);
  return { exitCode, out: out(), err: err() };
}

const schema = `env:
  DATABASE_URL: { type: url, schemes: [postgres], required: true, secret: true, description: the shop's records }
  MAX_PHOTOS: { type: integer, min: 1, default: 5 }
  CLOUDINARY_URL: { type: url, schemes: [cloudinary], secret: true }
  AWS_STORAGE_BUCKET_NAME: { example: shop-pictures }
envRules:
  - atMostOne: [CLOUDINARY_URL, AWS_STORAGE_BUCKET_NAME]
`;

describe("holdfast env check", () => {
  it("names in this environment what is missing and wrong, with the cure, and never a value", async () => {
    write({ "holdfast.yaml": schema });
    const env = {
      RENDER: "true",
      MAX_PHOTOS: "many",
      CLOUDINARY_URL: '"cloudinary://1:hunter2@demo"',
      AWS_STORAGE_BUCKET_NAME: "b",
      HOME: "<home>",
    };
    const { exitCode, out } = await holdfast(["env", "check"], env);
    expect(exitCode).toBe(1);
    expect(out).toContain("✗ this environment, for production: 4 problems");
    expect(out).toContain("DATABASE_URL is not set: the shop's records.\n      Set it to a URL that begins with postgres://.");
    expect(out).toContain("MAX_PHOTOS is not a whole number.");
    expect(out).toContain("CLOUDINARY_URL has quotes around it.");
    expect(out).toContain("CLOUDINARY_URL and AWS_STORAGE_BUCKET_NAME are both set, and only one of them may be.");
    expect(out).not.toContain("hunter2");
    expect(out).not.toContain("HOME");
  });

  it("is content with what is right", async () => {
    write({ "holdfast.yaml": schema });
    const { exitCode, out } = await holdfast(["env", "check"], { RENDER: "true", DATABASE_URL: "postgres://u:p@db/shop", MAX_PHOTOS: "3" });
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: "  ✓ this environment, for production: nothing is missing or wrong\n" });
  });

  it("checks a file by its lines, as what it is meant for", async () => {
    write({
      ".env.production": "# comment\nDEBUG=True\nDEBUG=True\nSECRET_KEY='django-insecure-x'\nDATABASE_URL=postgres://u:p@localhost/x\n",
    });
    const { exitCode, out } = await holdfast(["env", "check", ".env.production"]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /DEBUG is on in production[^]*\.env\.production:3[^]*SECRET_KEY is the key[^]*:4[^]*DATABASE_URL names this very machine[^]*:5/,
    );
    expect(out).toContain("DEBUG is set more than once, and the last line counts.");
    expect(out).toContain("say it under env: in holdfast.yaml");
    expect((await holdfast(["env", "check", ".env.production", "--for", "development"])).exitCode).toBe(0);
  });

  it("finds the worker that lacks what the web service has", async () => {
    write({
      "render.yaml": `services:
  - type: web
    name: shop
    runtime: python
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: CLOUDINARY_URL
        sync: false
      - key: DEBUG
        value: "True"
  - type: worker
    name: mailer
    runtime: python
    startCommand: celery -A shop worker
    envVars:
      - key: DEBUG
        value: "False"
`,
    });
    const { exitCode, out } = await holdfast(["env", "check"]);
    expect(exitCode).toBe(1);
    expect(out).toContain("DEBUG is on in production");
    expect(out).toContain("The worker mailer is not given CLOUDINARY_URL, which shop has.");
    expect((await holdfast(["env", "check", "--no-deploy-files"])).exitCode).toBe(0);
  });

  it("answers JSON, and says what is wrong with holdfast.yaml itself", async () => {
    write({ "holdfast.yaml": schema });
    const { out } = await holdfast(["env", "check", "--json"], { NODE_ENV: "production" });
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      exitCode: 1,
      schema: { file: "holdfast.yaml", isThere: true, variables: 4 },
      places: [
        {
          label: "this environment",
          isProduction: true,
          problems: [{ code: "missing", severity: "error", names: ["DATABASE_URL"], file: null, line: null }],
        },
      ],
    });
    write({ "holdfast.yaml": "env:\n  A: { typ: url }\n" });
    const { exitCode, err } = await holdfast(["env", "check"]);
    expect(exitCode).toBe(2);
    expect(err).toContain('holdfast.yaml:2: a variable has no "typ". Did you mean type?');
  });

  it("says which file is not there", async () => {
    const { exitCode, err } = await holdfast(["env", "check", ".env.prod"]);
    expect({ exitCode, err }).toEqual({
      exitCode: 3,
      err: "holdfast: .env.prod cannot be used: there is no such file. Nothing was examined.\n",
    });
  });
});

describe("holdfast env diff", () => {
  it("compares without telling a value", async () => {
    write({ ".env": "A=1\nB=hunter2\nC=\nD=4\n", ".env.production": "B=other\nC=3\nD=4\nE=5\n" });
    const { exitCode, out } = await holdfast(["env", "diff", ".env", ".env.production"]);
    expect(exitCode).toBe(1);
    expect(out).toBe(
      "- A  only in .env\n~ B  in both, with different values\n~ C  empty in .env, set in .env.production\n+ E  only in .env.production\n",
    );
  });

  it("compares the services of a deploy file, and the schema with this environment", async () => {
    write({
      "holdfast.yaml": "env: [A, B]\n",
      "render.yaml":
        "services:\n  - { type: web, name: shop, runtime: node, envVars: [{ key: A, value: '1' }] }\n  - { type: worker, name: mailer, runtime: node, envVars: [{ key: A, value: '1' }, { key: B, sync: false }] }\n",
    });
    const services = await holdfast(["env", "diff", "render.yaml#shop", "render.yaml#mailer", "--json"]);
    expect(JSON.parse(services.out)).toMatchObject({ exitCode: 1, differences: [{ name: "B", kind: "only-second" }] });
    expect((await holdfast(["env", "diff", "render.yaml#mailer"])).exitCode).toBe(0);
    expect((await holdfast(["env", "diff", "here"], { A: "1", HOME: "/" })).out).toBe("+ B  only in holdfast.yaml\n");
    const { exitCode, err } = await holdfast(["env", "diff", "render.yaml"]);
    expect({ exitCode, err }).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining("name one: render.yaml#shop, render.yaml#mailer"),
    });
  });
});

describe("holdfast env example and types", () => {
  it("write what the schema says, never over a file of somebody's own", async () => {
    write({ "holdfast.yaml": schema, ".env.example": "MINE=1\n" });
    expect((await holdfast(["env", "example", "--write"])).err).toContain("it was not made from holdfast.yaml, and would be replaced");
    expect(readFileSync(join(folder, ".env.example"), "utf8")).toBe("MINE=1\n");
    rmSync(join(folder, ".env.example"));
    expect((await holdfast(["env", "example", "--check"])).exitCode).toBe(1);
    expect((await holdfast(["env", "example", "--write"])).exitCode).toBe(0);
    expect((await holdfast(["env", "example", "--check"])).exitCode).toBe(0);
    expect(readFileSync(join(folder, ".env.example"), "utf8")).toBe(`# Copy this file to .env and fill it in. Never commit .env.
# Made from holdfast.yaml: holdfast env example --write

# the shop's records
# a URL that begins with postgres://; required; secret
DATABASE_URL=

# a whole number; optional
# MAX_PHOTOS=5

# a URL that begins with cloudinary://; optional; secret; not together with AWS_STORAGE_BUCKET_NAME
# CLOUDINARY_URL=

# a text; optional; not together with CLOUDINARY_URL
# AWS_STORAGE_BUCKET_NAME=shop-pictures
`);
  });

  it("make a module that reads the environment", async () => {
    write({ "holdfast.yaml": schema });
    const { out } = await holdfast(["env", "types"]);
    expect(out).toContain('import { readEnv } from "@holdfast/media/env";');
    expect(out).toContain(
      'DATABASE_URL: { type: "url", schemes: ["postgres"], required: true, secret: true, description: "the shop\'s records" },',
    );
    expect((await holdfast(["env", "types", "--write"])).err).toBe("src/env.ts written.\n");
    const laidOut = out
      .replaceAll(/{ /g, "{\n")
      .replaceAll(/([^,\s]) }/g, "$1,\n}")
      .replaceAll('"', "'");
    write({ "src/env.ts": laidOut });
    expect(await holdfast(["env", "types", "--check"])).toMatchObject({ exitCode: 0 });
    write({ "src/env.ts": laidOut.replace("required: true", "required: false") });
    expect((await holdfast(["env", "types", "--check"])).exitCode).toBe(1);
  });

  it("say that there is no schema", async () => {
    const { exitCode, err } = await holdfast(["env", "example"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("There is no holdfast.yaml");
  });
});
