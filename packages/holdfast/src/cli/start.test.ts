import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCommand } from "./program.js";
import { terminal } from "./terminal.fixture.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-start-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const read = (name: string): string => readFileSync(join(folder, name), "utf8");

async function holdfast(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number; out: string; err: string }> {
  const { io, out, err } = terminal({ cwd: folder, env: { PATH: process.env["PATH"] ?? "", ...env } });
  const exitCode = await runCommand(["start", ...args], io);
  return { exitCode, out: out(), err: err() };
}

const node = process.execPath;

describe("holdfast start", () => {
  it("does its steps in order, then runs the app on the port, and answers its exit code", async () => {
    write({
      "holdfast.yaml": `env: { GREETING: { required: true } }\nstart: { migrate: "node migrate.mjs", static: { from: public, to: static } }\n`,
      "migrate.mjs": `import { appendFileSync } from "node:fs"; appendFileSync("log", "migrated\\n");`,
      "public/app.css": "a {}",
      "app.mjs": `import { appendFileSync, existsSync } from "node:fs"; appendFileSync("log", process.argv[2] + " " + process.env.PORT + " " + existsSync("static/manifest.json") + "\\n"); process.exit(7);`,
    });
    const { exitCode, err } = await holdfast(["--", node, "app.mjs", "--bind=0.0.0.0:$PORT"], { GREETING: "hi", PORT: "4567" });
    expect(exitCode).toBe(7);
    expect(read("log")).toBe("migrated\n--bind=0.0.0.0:4567 4567 true\n");
    expect(err).toMatch(
      /env: what holdfast\.yaml asks for is there \(1\)[^]*storage: not judged[^]*static: 1 files[^]*migrate: node migrate\.mjs[^]*DATABASE_URL is not set: there is nothing to lock[^]*starting on port 4567/,
    );
    expect(err).toContain("the app ended with exit code 7");
  });

  it("prints the same plan in a dry run, and does nothing", async () => {
    write({
      "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
      "shop/settings.py": "STATIC_ROOT = BASE_DIR / 'static'",
    });
    const { exitCode, out } = await holdfast(["--dry-run", "--", "gunicorn", "shop.wsgi", "--bind", "0.0.0.0:$PORT"], { RENDER: "true" });
    expect(exitCode).toBe(0);
    expect(out).toBe(`  env      check the variables against holdfast.yaml and common mistakes
  storage  judge the storage that the variables ask for, and refuse a disk that is wiped
  static   python manage.py collectstatic --noinput
  migrate  python manage.py migrate --noinput   under a lock in DATABASE_URL, waiting at most 300 s
  run      gunicorn shop.wsgi --bind 0.0.0.0:10000   on port 10000, with 29 s to finish
`);
  });

  it.each([
    [{ "package.json": '{"scripts":{"migrate":"x"}}' }, "npm run migrate"],
    [{ "package.json": '{"dependencies":{"@prisma/client":"7"}}' }, "npx --no-install prisma migrate deploy"],
    [{ "package.json": "{}", "drizzle.config.ts": "" }, "npx --no-install drizzle-kit migrate"],
    [{ "package.json": "{}", "knexfile.js": "" }, "npx --no-install knex migrate:latest"],
    [{ artisan: "" }, "php artisan migrate --force"],
    [{ "bin/rails": "" }, "bundle exec rails db:migrate"],
    [{ "index.js": "" }, "left out, no migrations were found"],
  ])("finds out from %j how to migrate", async (files, expected) => {
    write(files);
    expect((await holdfast(["--dry-run", "--only", "migrate"])).out).toContain(expected);
  });

  it("does not start an app whose variables are wrong, and quotes no value", async () => {
    write({
      "holdfast.yaml": "env: { TOKEN: { required: true, secret: true, minLength: 20 } }\n",
      "app.mjs": `import { writeFileSync } from "node:fs"; writeFileSync("log", "ran");`,
    });
    const { exitCode, err } = await holdfast(["--", node, "app.mjs"], { TOKEN: "hunter2", NODE_ENV: "production" });
    expect(exitCode).toBe(1);
    expect(err).toContain("TOKEN has 7 characters, and needs 20 or more.");
    expect(err).not.toContain("hunter2");
    expect(isThere("log")).toBe(false);
    expect((await holdfast(["--skip", "env", "--", node, "app.mjs"], { NODE_ENV: "production" })).exitCode).toBe(0);
  });

  it("refuses a folder of uploads that the next deploy wipes", async () => {
    write({ "holdfast.yaml": "start: { storage: media }\n" });
    const { exitCode, err } = await holdfast(["--only", "storage"], { RENDER: "true" });
    expect(exitCode).toBe(3);
    expect(err).toContain(`Uploads would be written to ${join(folder, "media")}, and`);
    expect((await holdfast(["--only", "storage"], { RENDER: "true", MEDIA_ALLOW_EPHEMERAL: "1" })).exitCode).toBe(0);
    expect((await holdfast(["--only", "storage"])).exitCode).toBe(0);
  });

  it("does not start after a migration that failed", async () => {
    write({ "holdfast.yaml": "start: { migrate: node fail.mjs }\n", "fail.mjs": "process.exit(3)" });
    const { exitCode, err } = await holdfast(["--", "sh", "-c", "echo ran > log"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("ended with exit code 3");
    expect(isThere("log")).toBe(false);
  });

  it.each([
    ["start: { migrat: x }", 'start: has no "migrat". Did you mean migrate?'],
    ["start: { graceSeconds: 0 }", "start.graceSeconds is a number of seconds"],
    ["start: { static: { from: a } }", "start.static names two folders"],
    ["start: go", "start: is a table"],
  ])("says what is wrong with %s", async (yaml, problem) => {
    write({ "holdfast.yaml": yaml });
    const { exitCode, err } = await holdfast(["--", "true"]);
    expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining(problem) });
  });

  it("says what it lacks", async () => {
    expect((await holdfast([])).err).toContain("Say what to start, after --");
    expect((await holdfast(["--only", "migrat"])).err).toContain("Give one or several of env, storage");
    const missing = await holdfast(["--only", "run", "--", "no-such-program"]);
    expect(missing).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("no-such-program cannot be run: there is no such program."),
    });
    write({ "holdfast.yaml": "start: { migrate: 'true' }\n" });
    const mysql = await holdfast(["--only", "migrate"], { DATABASE_URL: "mysql://db/x" });
    expect(mysql).toMatchObject({ exitCode: 3, err: expect.stringContaining("start with --skip migrate") });
  });

  it("passes on the request to stop, and kills what does not stop in its grace", async () => {
    write({
      "holdfast.yaml": "start: { graceSeconds: 1 }\n",
      "polite.mjs": `import { writeFileSync } from "node:fs"; setInterval(() => {}, 1000); process.on("SIGTERM", () => { writeFileSync("log", "drained"); process.exit(0); }); writeFileSync("up", "");`,
      "stubborn.mjs": `import { writeFileSync } from "node:fs"; setInterval(() => {}, 1000); process.on("SIGTERM", () => {}); writeFileSync("up", "");`,
    });
    const stopped = async (script: string): Promise<{ exitCode: number; err: string }> => {
      const { io, err, interrupt } = terminal({ cwd: folder, env: { PATH: process.env["PATH"] ?? "" } });
      const running = runCommand(["start", "--only", "run", "--", node, script], io);
      while (!isThere("up")) await wait(20);
      rmSync(join(folder, "up"));
      interrupt();
      return { exitCode: await running, err: err() };
    };
    expect(await stopped("polite.mjs")).toMatchObject({ exitCode: 0, err: expect.stringContaining("SIGTERM was passed on") });
    expect(read("log")).toBe("drained");
    expect(await stopped("stubborn.mjs")).toMatchObject({
      exitCode: 137,
      err: expect.stringContaining("did not end within 1 s, and is killed"),
    });
  });
});

function isThere(name: string): boolean {
  try {
    read(name);
    return true;
  } catch {
    return false;
  }
}
