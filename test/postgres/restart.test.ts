import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { isHoldfastError, type Media, type MediaFile } from "@holdfast/media";
import { lackOfPostgres, startPostgres } from "../../bench/src/servers/postgres.js";
import { eventually, filesBelow, openTestMedia, picture, temporaryFolder } from "../../packages/media/src/media.fixture.js";
import { readAll } from "../../packages/media/src/storage/object-body.js";

const uploads = 48;
const clients = 6;
const crashes = 3;

/** Send again under the same key for as long as the database is away, as a client would. */
async function persistently(media: () => Media, bytes: Buffer, idempotencyKey: string, refusals: unknown[]): Promise<MediaFile> {
  for (;;) {
    try {
      return await media().put(bytes, { name: "cat.jpg", idempotencyKey });
    } catch (error) {
      refusals.push(error);
      await sleep(50);
    }
  }
}

async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe.runIf(lackOfPostgres() === undefined)("a PostgreSQL that crashes under load, and recovers", () => {
  it("costs nothing that was acknowledged, and leaves nothing behind", async () => {
    const server = await startPostgres({ isDurable: true });
    onTestFinished(async () => await server.stop());
    const cwd = await temporaryFolder();
    const options = { cwd, database: server.url, tablePrefix: "crash_", lateWriteMs: 0, retentionMs: 0 };
    const instances = [await openTestMedia(options), await openTestMedia(options)];
    for (const media of instances) await media.migrate();
    const bytes = await picture();

    let turn = 0;
    const next = (): Media => instances[(turn += 1) % 2] ?? instances[0] ?? fail();
    const acknowledged: MediaFile[] = [];
    const refusals: unknown[] = [];
    let sent = 0;
    const client = async (): Promise<void> => {
      while (sent < uploads) acknowledged.push(await persistently(next, bytes, `key-${(sent += 1)}`, refusals));
    };
    const crash = async (): Promise<void> => {
      for (let count = 1; count <= crashes; count += 1) {
        const due = (uploads / (crashes + 1)) * count;
        await eventually(() => acknowledged.length >= due, 60_000);
        // One process of the server that is killed takes all others with it: the server recovers from its log.
        const [backend] = await query(server.url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'holdfast'");
        if (typeof backend?.["pid"] !== "number") throw new Error("nobody is connected under load");
        process.kill(backend["pid"], "SIGKILL");
      }
    };
    await Promise.all([crash(), ...Array.from({ length: clients }, client)]);
    await eventually(async () => (await query(server.url, "SELECT 1").catch(() => [])).length === 1, 30_000);

    expect(refusals.filter((error) => !isHoldfastError(error, "CATALOGUE_UNREACHABLE"))).toEqual([]);
    await query(server.url, "UPDATE crash_files SET lease_expires_at = 0 WHERE state = 'reserved'");
    const [one] = instances;
    await one?.settle();
    await one?.settle();
    const kept = (await one?.list({ limit: 1000 }))?.files ?? [];
    expect(kept.map(({ id }) => id).toSorted()).toEqual(acknowledged.map(({ id }) => id).toSorted());
    expect(await filesBelow(join(cwd, "holdfast-data", "media"))).toEqual(kept.map(({ key }) => key).toSorted());
    for (const { id } of acknowledged) expect(Buffer.from(await readAll((await one?.open(id)) ?? fail())).equals(bytes)).toBe(true);
  });
});

function fail(): never {
  throw new Error("there is no instance");
}
