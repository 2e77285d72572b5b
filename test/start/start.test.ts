import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { findFreePorts } from "../../bench/src/servers/daemons.js";
import { root } from "../house/workspace.js";
import { startInstance } from "./instance.js";

const server = inject("postgres");
let url = "";
let database: Client;

/** Each test has a database of its own. */
beforeEach(async () => {
  if (server === undefined) return;
  const name = `start_${process.hrtime.bigint()}`;
  const admin = new Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  url = server.replace(/\/\w+$/, `/${name}`);
  database = new Client({ connectionString: url });
  await database.connect();
  onTestFinished(async () => {
    await database.end();
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
});

/** An app whose migration counts how often it ran and how many ran at once, and which serves how often that was. */
const migration = `
import pg from "pg";
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query("CREATE TABLE IF NOT EXISTS runs (id serial, at timestamptz DEFAULT clock_timestamp(), ended timestamptz)");
const { rows: [{ id }] } = await client.query("INSERT INTO runs DEFAULT VALUES RETURNING id");
console.log("migrating");
await new Promise((resolve) => setTimeout(resolve, Number(process.env.MIGRATION_MS)));
await client.query("UPDATE runs SET ended = clock_timestamp() WHERE id = $1", [id]);
await client.end();
`;
const app = `
import { createServer } from "node:http";
const server = createServer((request, response) => response.end("hello")).listen(Number(process.env.PORT), "127.0.0.1", () => console.log("serving"));
process.on("SIGTERM", () => server.close());
`;

function appFolder(): string {
  // Within the repository, so that the app finds pg as one that has installed it.
  const folder = mkdtempSync(join(root, "test/start/.app-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "holdfast.yaml"), "start: { migrate: node migrate.js, storage: false, migrateTimeoutSeconds: 30 }\n");
  writeFileSync(join(folder, "migrate.js"), migration);
  writeFileSync(join(folder, "app.js"), app);
  return folder;
}

const command = ["--", process.execPath, "app.js"];
const runs = async (): Promise<{ begun: number; ended: number; overlapping: number }> => {
  const { rows } = await database.query<{ begun: number; ended: number; overlapping: number }>(
    `SELECT count(*)::int AS begun, count(ended)::int AS ended,
       (SELECT count(*)::int FROM runs a JOIN runs b ON a.id < b.id AND a.ended > b.at) AS overlapping FROM runs`,
  );
  return rows[0] ?? { begun: 0, ended: 0, overlapping: 0 };
};

describe.skipIf(server === undefined)("two instances that start at once", () => {
  it("migrate one after the other, once for a release, and both serve and drain", async () => {
    const folder = appFolder();
    const ports = await findFreePorts(2);
    const env = { DATABASE_URL: url, MIGRATION_MS: "1500", HOLDFAST_RELEASE: "r1" };
    const instances = ports.map((port) => startInstance(folder, command, { ...env, PORT: String(port) }));
    await Promise.all(instances.map(async (instance) => await instance.until(/serving/)));
    for (const port of ports) expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello");
    expect(await runs()).toEqual({ begun: 1, ended: 1, overlapping: 0 });
    const waited = instances.find((instance) => /is migrating; waiting/.test(instance.printed()));
    expect(waited?.printed()).toMatch(
      /another instance \(.+, since \d\d:\d\d:\d\d\) is migrating; waiting[^]*has migrated for this release/,
    );
    for (const instance of instances) instance.child.kill("SIGTERM");
    expect(await Promise.all(instances.map(async ({ ended }) => await ended))).toEqual([0, 0]);
  });

  it("of which no release is known migrate each, and never together", async () => {
    const folder = appFolder();
    const env = { DATABASE_URL: url, MIGRATION_MS: "500" };
    const instances = [0, 1].map(() => startInstance(folder, ["--only", "migrate"], env));
    expect(await Promise.all(instances.map(async ({ ended }) => await ended))).toEqual([0, 0]);
    expect(await runs()).toEqual({ begun: 2, ended: 2, overlapping: 0 });
  });
});

describe.skipIf(server === undefined)("an instance", () => {
  it("that was killed while it migrated is told of by the next, which migrates again", async () => {
    const folder = appFolder();
    const env = { DATABASE_URL: url, HOLDFAST_RELEASE: "r1" };
    const first = startInstance(folder, ["--only", "migrate"], { ...env, MIGRATION_MS: "60000" });
    await first.until(/^migrating$/m);
    first.kill();
    const second = startInstance(folder, ["--only", "migrate"], { ...env, MIGRATION_MS: "10" });
    expect(await second.ended).toBe(0);
    expect(second.printed()).toMatch(/the migration of release r1 that .+ began at .+ UTC did not finish: its process ended/);
    expect(await runs()).toMatchObject({ begun: 2, ended: 1 });
    const { rows } = await database.query("SELECT outcome FROM holdfast_start_migrations ORDER BY id");
    expect(rows).toEqual([{ outcome: "failed" }, { outcome: "done" }]);
  });

  it("that is killed alone, by kill -9, takes its migration with it, and whatever that has started", async () => {
    const folder = appFolder();
    writeFileSync(join(folder, "holdfast.yaml"), "start: { migrate: 'sh -c \"node migrate.js; true\"', storage: false }\n");
    const env = { DATABASE_URL: url, HOLDFAST_RELEASE: "r1" };
    const first = startInstance(folder, ["--only", "migrate"], { ...env, MIGRATION_MS: "2000" });
    await first.until(/^migrating$/m);
    process.kill(first.child.pid ?? 0, "SIGKILL");
    const second = startInstance(folder, ["--only", "migrate"], { ...env, MIGRATION_MS: "2500" });
    expect(await second.ended).toBe(0);
    // The first would have ended by now, had it been left alive.
    expect(await runs()).toEqual({ begun: 2, ended: 1, overlapping: 0 });
  });

  it("waits only so long for another that migrates, and says for whom", async () => {
    const folder = appFolder();
    writeFileSync(join(folder, "holdfast.yaml"), "start: { migrate: node migrate.js, storage: false, migrateTimeoutSeconds: 1 }\n");
    const env = { DATABASE_URL: url, MIGRATION_MS: "60000" };
    const first = startInstance(folder, ["--only", "migrate"], env);
    await first.until(/^migrating$/m);
    const second = startInstance(folder, command, env);
    expect(await second.ended).toBe(3);
    expect(second.printed()).toMatch(/another instance \(.+\) has been migrating for more than 1 s/);
    expect(await runs()).toMatchObject({ begun: 1 });
  });

  it("is not started when its migration failed, and tries again at the next start", async () => {
    const folder = appFolder();
    writeFileSync(join(folder, "migrate.js"), "process.exit(process.env.FAIL === '1' ? 4 : 0)");
    const env = { DATABASE_URL: url, HOLDFAST_RELEASE: "r1" };
    const first = startInstance(folder, command, { ...env, FAIL: "1", PORT: "1" });
    expect(await first.ended).toBe(1);
    expect(first.printed()).toContain("node migrate.js ended with exit code 4");
    const second = startInstance(folder, ["--only", "migrate"], env);
    expect(await second.ended).toBe(0);
    expect(second.printed()).toContain("failed; it is run again");
  });

  it("whose lock is lost with its connection ends its migration", async () => {
    const folder = appFolder();
    const first = startInstance(folder, ["--only", "migrate"], { DATABASE_URL: url, MIGRATION_MS: "60000" });
    await first.until(/^migrating$/m);
    await database.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'holdfast start%' AND datname = current_database()",
    );
    expect(await first.ended).toBe(3);
    expect(first.printed()).toContain("the connection that held the lock was lost");
  });

  it("says when the database refuses the log-in, at once", async () => {
    const began = Date.now();
    const wrong = startInstance(appFolder(), ["--only", "migrate"], { DATABASE_URL: url.replace(/\/\w+$/, "/nowhere") });
    expect(await wrong.ended).toBe(3);
    expect(wrong.printed()).toContain('The database of DATABASE_URL cannot be reached: database "nowhere" does not exist');
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});
