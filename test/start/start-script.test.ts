import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { findFreePorts } from "../../bench/src/servers/daemons.js";
import { root } from "../house/workspace.js";
import { startInstance, startProgram, type Instance } from "./instance.js";
import { slowMigration } from "./slow-migration.js";

const server = inject("postgres");
/** A Python that has Django, gunicorn and psycopg; `.ci/machine.sh` makes one, and django.test.ts says where it is missing. */
const python = process.env["HOLDFAST_TEST_PYTHON"] ?? "";

const settings = `
import os
import dj
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = BASE_DIR / "media"
SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": dj.database(os.environ["DATABASE_URL"])}
MIDDLEWARE = [one for one in MIDDLEWARE if "Csrf" not in one]
INSTALLED_APPS.append("shop")
`;
const databaseModule = `
from urllib.parse import urlsplit

def database(text):
    url = urlsplit(text)
    return {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username, "HOST": url.hostname, "PORT": url.port}
`;
const urls = `
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.urls import path

def upload(request):
    return HttpResponse(default_storage.save("articles/" + request.FILES["photo"].name, request.FILES["photo"]), status=201)

urlpatterns = [path("healthz", lambda request: HttpResponse("well")), path("upload", upload)]
`;

/** A new Django project, as django-admin makes it, with what `holdfast init` writes. */
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-start-script-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = (program: string, ...args: readonly string[]): void => void execFileSync(program, args, { cwd: folder, stdio: "pipe" });
  run(python, "-m", "django", "startproject", "config", ".");
  run(python, "-m", "django", "startapp", "shop");
  writeFileSync(join(folder, "config/settings.py"), settings, { flag: "a" });
  writeFileSync(join(folder, "dj.py"), databaseModule);
  writeFileSync(join(folder, "config/urls.py"), urls);
  writeFileSync(join(folder, "shop/migrations/0001_initial.py"), slowMigration);
  run(process.execPath, join(root, "packages/holdfast/dist/bin.js"), "init", "--yes", "--registry", "you/shop");
  return folder;
}

/** Upload half a picture, as a browser does; `finish` sends the rest. */
function beginUpload(port: number): { finish(): Promise<readonly [number, string]> } {
  const head = '--x\r\ncontent-disposition: form-data; name="photo"; filename="cat.jpg"\r\n\r\n';
  const [first, rest] = [head + "a".repeat(40_000), `${"b".repeat(40_000)}\r\n--x--\r\n`];
  const headers = { "content-type": "multipart/form-data; boundary=x", "content-length": first.length + rest.length };
  const sending = request({ port, host: "127.0.0.1", path: "/upload", method: "POST", headers });
  sending.write(first);
  const answered = once(sending, "response").then(async ([response]: IncomingMessage[]) => {
    let text = "";
    for await (const block of response ?? []) text += String(block);
    return [response?.statusCode ?? 0, text] as const;
  });
  return {
    async finish() {
      sending.end(rest);
      return await answered;
    },
  };
}

describe.skipIf(server === undefined || !existsSync(python))("the start.sh that init writes", () => {
  it(
    "checks, migrates once at a time, goes on after a kill, becomes gunicorn, and lets an upload finish",
    { timeout: 120_000 },
    async () => {
      const name = `start_script_${process.hrtime.bigint()}`;
      const admin = new Client({ connectionString: server });
      await admin.connect();
      await admin.query(`CREATE DATABASE ${name}`);
      onTestFinished(async () => {
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
        await admin.end();
      });
      const folder = project();
      const url = (server ?? "").replace(/\/\w+$/, `/${name}`);
      const env = {
        PATH: `${dirname(python)}:${process.env["PATH"] ?? ""}`,
        DATABASE_URL: url,
        SECRET_KEY: "of the test alone",
        WEB_CONCURRENCY: "1",
      };
      const start = (more: Readonly<Record<string, string>>, ...args: readonly string[]): Instance =>
        startProgram(folder, ["sh", "start.sh", ...args], { ...env, ...more });

      const wrong = start({ SECRET_KEY: '"hunter2"', DATABASE_URL: "" });
      expect(await wrong.ended).toBe(1);
      expect(wrong.printed()).toMatch(/DATABASE_URL is not set[^]*SECRET_KEY has quotes around it/);
      expect(wrong.printed()).not.toContain("hunter2");

      const first = start({ MIGRATION_S: "60" }, "migrate");
      await first.until(/migrating$/m);
      // The start of an image with Node takes the same lock.
      const other = startInstance(folder, ["--only", "migrate"], { ...env, HOLDFAST_RELEASE: "r1" });
      await other.until(/is migrating; waiting/);
      other.kill();
      first.kill();

      const ports = await findFreePorts(2);
      const instances = ports.map((port) => start({ MIGRATION_S: "2", PORT: String(port) }));
      await Promise.all(instances.map(async (instance) => await instance.until(/Listening at/)));
      expect(instances.filter((instance) => instance.printed().includes("another instance is migrating; waiting"))).toHaveLength(1);
      expect(instances.filter((instance) => /migrating$/m.test(instance.printed()))).toHaveLength(1);
      expect(existsSync(join(folder, "staticfiles/admin/css/base.css"))).toBe(true);
      for (const port of ports) expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe("well");

      const [port = 0] = ports;
      const upload = beginUpload(port);
      await wait(500);
      // The script has become gunicorn: it is gunicorn that hears the signal.
      for (const instance of instances) instance.child.kill("SIGTERM");
      await wait(500);
      expect(await upload.finish()).toEqual([201, "articles/cat.jpg"]);
      expect(await Promise.all(instances.map(async ({ ended }) => await ended))).toEqual([0, 0]);
    },
  );
});
