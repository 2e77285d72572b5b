import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fail } from "../errors.js";
import type { Driver } from "../storage/driver.js";
import { fsDriver } from "../storage/drivers/fs.js";
import { memoryDriver } from "../storage/drivers/memory.js";
import { type Key, parseKey } from "../storage/key.js";
import { readAll } from "../storage/object-body.js";
import { type AccessOptions, type AccessResult, checkAccess } from "./access.js";
import { sourceOf } from "./clause.js";
import { checkContract } from "./contract.js";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** What the service in front of the memory does; signed URLs carry `?sig`. */
interface Service {
  readonly isOpenToAll?: boolean;
  readonly isSilent?: boolean;
  readonly cors?: Readonly<Record<string, string>>;
  readonly clockMs?: number;
}

/** A driver over memory whose URLs are served over HTTP. */
async function serve(service: Service, facets: { isPublic?: boolean } = {}): Promise<{ driver: Driver; address: string }> {
  const memory = memoryDriver();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://x");
    if (service.isSilent === true) return void response.destroy();
    if (service.clockMs !== undefined) response.setHeader("Date", new Date(Date.now() + service.clockMs).toUTCString());
    if (request.method === "HEAD") return void response.end();
    if (request.method === "OPTIONS") return void response.writeHead(service.cors === undefined ? 403 : 200, service.cors).end();
    const isAllowed = url.searchParams.has("sig") || service.isOpenToAll === true || url.pathname.startsWith("/public/");
    if (!isAllowed) return void response.writeHead(403).end();
    response.end(await readAll(await memory.open(parseKey(url.pathname.replace(/^\/(public\/)?/, "")))));
  };
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const address = `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  const driver: Driver = {
    ...memory,
    signing: { signRead: async (key) => `${address}/${key}?sig=1` },
    directUpload: { prepare: async () => ({ url: address, method: "POST", fields: {} }) },
    ...(facets.isPublic === true ? { publicUrl: (key: Key) => `${address}/public/${key}` } : {}),
  };
  return { driver, address };
}

async function look(
  service: Service,
  options: Partial<AccessOptions> & { isPublicUrl?: boolean } = {},
): Promise<Record<string, AccessResult>> {
  const { isPublicUrl = false, ...rest } = options;
  const { driver, address } = await serve(service, { isPublic: isPublicUrl });
  const results = await checkAccess({ driver, address, ...rest });
  const left: string[] = [];
  for await (const { key } of driver.list()) left.push(key);
  expect(left).toEqual([]);
  return Object.fromEntries(results.map((result) => [result.clause, result]));
}

const origin = "https://app.example";
const cors = {
  "Access-Control-Allow-Origin": origin,
  "Access-Control-Allow-Methods": "GET, POST",
  "Access-Control-Allow-Headers": "Content-Type",
};

describe("a look at a storage from outside", () => {
  it("passes what is as it should be, and leaves nothing", async () => {
    const found = await look({ cors }, { origin, isPublicUrl: true });
    expect(Object.fromEntries(Object.entries(found).map(([clause, { outcome }]) => [clause, outcome]))).toEqual({
      "access-signed": "passed",
      "access-private": "not offered",
      "access-public": "passed",
      "cors-preflight": "passed",
      clock: "passed",
    });
  });

  it("fails a bucket that anybody reads, unless it is meant to be public", async () => {
    expect((await look({ isOpenToAll: true }))["access-private"]).toMatchObject({
      outcome: "failed",
      why: expect.stringContaining("make the bucket private"),
    });
    expect((await look({}))["access-private"]).toMatchObject({ outcome: "passed" });
  });

  it("fails a public storage without a public URL", async () => {
    expect((await look({}, { isPublic: true }))["access-public"]).toMatchObject({
      outcome: "failed",
      why: expect.stringContaining("AWS_S3_CUSTOM_DOMAIN"),
    });
  });

  it.each<[string, Readonly<Record<string, string>> | undefined, RegExp]>([
    ["no rules", undefined, /answered 403; set the rules with holdfast storage cors --origin https:\/\/app\.example --apply/],
    ["another origin", { ...cors, "Access-Control-Allow-Origin": "https://other.example" }, /"https:\/\/other\.example" is allowed, not/],
    ["no POST", { ...cors, "Access-Control-Allow-Methods": "GET, PUT" }, /POST is not among the methods/],
    ["no header", { ...cors, "Access-Control-Allow-Headers": "" }, /content-type is not among the headers/],
  ])("fails a preflight that is answered with %s", async (_, rules, why) => {
    const found = await look(rules === undefined ? {} : { cors: rules }, { origin });
    expect(found["cors-preflight"]).toMatchObject({ outcome: "failed", why: expect.stringMatching(why) });
  });

  it.each([
    [30_000, "passed"],
    [-120_000, "warned"],
    [120_000, "warned"],
    [-400_000, "failed"],
    [400_000, "failed"],
  ])("calls a clock that is %i ms off %s", async (clockMs, outcome) => {
    expect((await look({ clockMs }))["clock"]?.outcome).toBe(outcome);
  });

  it("says of a service that does not answer that it is unreachable, not that it is wrong", async () => {
    expect((await look({ isSilent: true }))["access-signed"]).toMatchObject({ outcome: "failed", code: "STORAGE_UNREACHABLE" });
  });

  it("looks only at what it is asked for, and at no address of a folder", async () => {
    const results = await checkAccess({ driver: memoryDriver(), only: ["clock", "access-signed"] });
    expect(results.map(({ clause, outcome }) => [clause, outcome])).toEqual([
      ["access-signed", "not offered"],
      ["clock", "not offered"],
    ]);
  });
});

describe("a check that is stopped", () => {
  async function keysOf(driver: Driver): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of driver.list()) keys.push(key);
    return keys;
  }

  it("ends the clause that runs, and removes what was written", async () => {
    const [driver, stop] = [memoryDriver(), new AbortController()];
    const seen: string[] = [];
    const checking = checkContract({
      driver,
      signal: stop.signal,
      onResult: ({ clause }) => (seen.push(clause) === 3 ? stop.abort() : undefined),
    });
    await expect(checking).rejects.toMatchObject({ name: "AbortError" });
    expect(seen).toHaveLength(3);
    expect(await keysOf(driver)).toEqual([]);
  });

  it("removes the folders it made on a disk, and no other", async () => {
    const root = await mkdtemp(join(tmpdir(), "holdfast-scratch-"));
    const driver = fsDriver({ root });
    await driver.put(parseKey("holdfast-checked/a"), sourceOf(new Uint8Array(1)), { contentType: "text/plain" });
    await checkContract({ driver, only: ["put-bytes-equal", "list-ordered"] });
    expect((await readdir(root)).toSorted()).toEqual([".holdfast", "holdfast-checked"]);
    await rm(root, { recursive: true });
  });

  it("removes what was written where the backend refuses to list", async () => {
    const memory = memoryDriver();
    const denied = fail("STORAGE_DENIED", { storage: "memory", action: "be listed" });
    const driver: Driver = {
      ...memory,
      list: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => await Promise.reject(denied) }) }),
    };
    const results = await checkContract({ driver, only: ["put-bytes-equal", "list-prefix-boundary"] });
    expect(results.map(({ outcome }) => outcome)).toEqual(["passed", "failed"]);
    expect(results[1]).toMatchObject({ code: "STORAGE_DENIED" });
    expect(await keysOf(memory)).toEqual([]);
  });
});
