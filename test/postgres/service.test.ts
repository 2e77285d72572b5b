import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Client } from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { databaseOf } from "../../packages/media/src/catalogue/test-database.fixture.js";
import { eventually, filesBelow, temporaryFolder } from "../../packages/media/src/media.fixture.js";
import type { ServeOptions } from "../../packages/server/src/serve.js";
import { form, picture, type ServiceFixture, startService } from "../../packages/server/src/service.fixture.js";

const url = inject("postgres") ?? "";
const holdfast = `${import.meta.dirname}/../../packages/holdfast/dist/bin.js`;

/** A service of a shared storage, on tables of a prefix of the test's own. */
async function service(shared: string, env: Record<string, string>, options: ServeOptions = {}): Promise<ServiceFixture> {
  const { tablePrefix = "" } = databaseOf(shared);
  const running = await startService({ env: { MEDIA_ROOT: join(shared, "media"), ...env }, media: { tablePrefix }, ...options });
  onTestFinished(running.close);
  return running;
}

async function upload({ fetch }: ServiceFixture, key: string, red = 200): Promise<{ status: number; isReplayed: boolean; id: string }> {
  const answer = await fetch("/api/v1/files", {
    method: "POST",
    headers: { "idempotency-key": key },
    body: form(await picture(red), "cat.jpg"),
  });
  const { id = "" } = (await answer.json()) as { id?: string };
  return { status: answer.status, isReplayed: answer.headers.get("idempotent-replayed") === "true", id };
}

describe("the service on PostgreSQL", () => {
  it("makes its tables at start, also when several start at once, and says where they are without the password", async () => {
    const shared = await temporaryFolder();
    const secret = url.replace("holdfast@", "holdfast:hunter2@");
    const services = await Promise.all([0, 1, 2].map(async () => await service(shared, { MEDIA_DATABASE_URL: secret })));
    for (const { printed } of services) {
      expect(printed).toContain(`catalogue: PostgreSQL (${new URL(url).host}/holdfast)`);
      expect(printed.join("\n")).not.toContain("hunter2");
    }
    // What one took, the others serve.
    const [one, ...others] = services;
    const { id } = one === undefined ? { id: "" } : await upload(one, "first");
    for (const { fetch } of others) expect((await fetch(`/api/v1/files/${id}`)).status).toBe(200);
  });

  it("takes the application's DATABASE_URL where nothing else is said", async () => {
    const { printed } = await service(await temporaryFolder(), { DATABASE_URL: url });
    expect(printed.some((line) => line.startsWith("catalogue: PostgreSQL"))).toBe(true);
  });

  it("keeps an upload once that is sent to several instances at a time under one key, and refuses the key for another", async () => {
    const shared = await temporaryFolder();
    const services = [await service(shared, { MEDIA_DATABASE_URL: url }), await service(shared, { MEDIA_DATABASE_URL: url })];
    const answers = await Promise.all([...services, ...services].map(async (one) => await upload(one, "a-key")));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ isReplayed }) => !isReplayed)).toHaveLength(1);
    const isOriginal = (path: string): boolean => path.startsWith("originals/") && path.endsWith(".jpg");
    expect((await filesBelow(join(shared, "media"))).filter(isOriginal)).toHaveLength(1);
    for (const one of services) expect((await upload(one, "a-key", 10)).status).toBe(422);
  });

  it("does not start where the database cannot be reached, and says so without the password", async () => {
    const refused = service(await temporaryFolder(), { MEDIA_DATABASE_URL: "postgres://holdfast:hunter2@127.0.0.1:1/holdfast" });
    await expect(refused).rejects.toMatchObject({
      code: "CATALOGUE_UNREACHABLE",
      message: expect.stringContaining("127.0.0.1:1") as string,
    });
    await expect(refused).rejects.not.toThrow("hunter2");
  });

  it("says which database is not there", async () => {
    const wrong = url.replace(/\/holdfast$/, "/holdfats");
    await expect(service(await temporaryFolder(), { MEDIA_DATABASE_URL: wrong })).rejects.toMatchObject({
      code: "CATALOGUE_UNREACHABLE",
      message: expect.stringContaining('database "holdfats" does not exist; correct its name in the URL, or create it.') as string,
    });
  });

  it("answers 503 while the database takes no connections, and goes on when it does again", async () => {
    const database = `closed_${process.pid}`;
    const admin = new Client({ connectionString: url });
    await admin.connect();
    onTestFinished(async () => await admin.end());
    await admin.query(`CREATE DATABASE ${database}`);
    const one = await service(await temporaryFolder(), { MEDIA_DATABASE_URL: url.replace(/\/holdfast$/, `/${database}`) });
    expect((await upload(one, "before")).status).toBe(201);
    await admin.query(`ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS false`);
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [database]);
    expect((await upload(one, "while-away")).status).toBe(503);
    expect(await (await one.fetch("/readyz")).json()).toMatchObject({ code: "CATALOGUE_UNREACHABLE" });
    await admin.query(`ALTER DATABASE ${database} WITH ALLOW_CONNECTIONS true`);
    expect((await upload(one, "while-away")).status).toBe(201);
  });

  it("is what holdfast serve starts, and holdfast storage status is content with it", async () => {
    const cwd = await temporaryFolder();
    const database = `serve_${process.pid}`;
    const admin = new Client({ connectionString: url });
    await admin.connect();
    onTestFinished(async () => await admin.end());
    await admin.query(`CREATE DATABASE ${database}`);
    const env = { PATH: process.env["PATH"], PORT: "0", MEDIA_DATABASE_URL: url.replace(/\/holdfast$/, `/${database}`) };
    const child = spawn(process.execPath, [holdfast, "serve"], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let printed = "";
    child.stdout.on("data", (block: Buffer) => (printed += block.toString()));
    await eventually(() => printed.includes("Holdfast is ready"), 30_000);
    expect(printed).toContain(`catalogue: PostgreSQL (${new URL(url).host}/${database})`);
    const status = spawn(process.execPath, [holdfast, "storage", "status", "--json"], { cwd, env, stdio: "ignore" });
    expect(await once(status, "exit")).toEqual([0, null]);
    child.kill("SIGTERM");
    await once(child, "exit");
    const tables = new Client({ connectionString: env.MEDIA_DATABASE_URL });
    await tables.connect();
    onTestFinished(async () => await tables.end());
    expect((await tables.query<{ id: string }>("SELECT id FROM holdfast_migrations ORDER BY id")).rows[0]?.id).toBe("0001_files");
  });
});
