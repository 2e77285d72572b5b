import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { findFreePorts } from "../../bench/src/servers/daemons.js";
import { startInstance } from "./instance.js";
import { slowMigration } from "./slow-migration.js";

const server = inject("postgres");
/** A Python that has Django, gunicorn and psycopg; `.ci/machine.sh` makes one. */
const python = process.env["HOLDFAST_TEST_PYTHON"];
const lack =
  python === undefined || !existsSync(python)
    ? "Django is left out: name a Python with django, gunicorn and psycopg[binary] in HOLDFAST_TEST_PYTHON"
    : undefined;
if (lack !== undefined && process.env["CI"] !== undefined) throw new Error(lack);
if (lack !== undefined) process.stderr.write(`${lack}\n`);

const settings = `
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
ALLOWED_HOSTS = ["*"]
import os
from urllib.parse import urlsplit
url = urlsplit(os.environ["DATABASE_URL"])
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username, "HOST": url.hostname, "PORT": url.port}}
INSTALLED_APPS.append("shop")
`;

/** A new Django project with an app, as django-admin makes it. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-django-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = (...args: readonly string[]): void => void execFileSync(python ?? "", args, { cwd: folder });
  run("-m", "django", "startproject", "config", ".");
  run("-m", "django", "startapp", "shop");
  writeFileSync(join(folder, "config/settings.py"), settings, { flag: "a" });
  writeFileSync(join(folder, "shop/migrations/0001_initial.py"), slowMigration);
  return folder;
}

describe.skipIf(server === undefined || lack !== undefined)("a Django project under gunicorn", () => {
  it("is collected, migrated once by two starts at a time, goes on after a kill, serves and drains", { timeout: 120_000 }, async () => {
    const name = `django_${process.hrtime.bigint()}`;
    const admin = new Client({ connectionString: server });
    await admin.connect();
    await admin.query(`CREATE DATABASE ${name}`);
    onTestFinished(async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    });
    const folder = project();
    const url = (server ?? "").replace(/\/\w+$/, `/${name}`);
    const path = `${dirname(python ?? "")}:${process.env["PATH"] ?? ""}`;
    // pg is found beside holdfast: a Python app has no packages of Node's.
    const env = { PATH: path, DATABASE_URL: url, HOLDFAST_RELEASE: "r1", MEDIA_ALLOW_EPHEMERAL: "1" };
    const command = ["--", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:$PORT", "--workers", "1"];

    const first = startInstance(folder, ["--only", "migrate"], { ...env, MIGRATION_S: "60" });
    await first.until(/migrating$/m);
    first.kill();

    const ports = await findFreePorts(2);
    const instances = ports.map((port) => startInstance(folder, command, { ...env, MIGRATION_S: "2", PORT: String(port) }));
    await Promise.all(instances.map(async (instance) => await instance.until(/Listening at/)));
    expect(existsSync(join(folder, "staticfiles/admin/css/base.css"))).toBe(true);
    const printed = instances.map((instance) => instance.printed());
    expect(printed.filter((text) => /did not finish: its process ended/.test(text))).toHaveLength(1);
    expect(printed.filter((text) => /has migrated for this release/.test(text))).toHaveLength(1);
    const { rows } = await queryOn(url, "SELECT name FROM django_migrations WHERE app = 'shop'");
    expect(rows).toEqual([{ name: "0001_initial" }]);
    for (const port of ports) expect((await fetch(`http://127.0.0.1:${port}/admin/login/`)).status).toBe(200);
    for (const instance of instances) instance.child.kill("SIGTERM");
    expect(await Promise.all(instances.map(async ({ ended }) => await ended))).toEqual([0, 0]);
  });
});

async function queryOn(url: string, text: string): Promise<{ rows: unknown[] }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query<Record<string, unknown>>(text);
  } finally {
    await client.end();
  }
}
