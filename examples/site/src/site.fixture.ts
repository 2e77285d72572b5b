import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MediaOptions } from "@holdfast/media";
import type { Hono } from "hono";
import { Client } from "pg";
import { onTestFinished } from "vitest";
import { type SiteServices, withAssets } from "./assets.js";
import type { Log } from "./log.js";
import { type RunningSite, serve } from "./serve.js";
import { openServices } from "./services.js";
import type { Settings } from "./settings.js";
import type { Migration } from "./migrations.js";

/** Settings of a site in a folder of its own, on a free port. */
export function testSettings(folder: string, overrides: Partial<Settings> = {}): Settings {
  return {
    port: 0,
    host: "127.0.0.1",
    databaseUrl: `file:${join(folder, "app.db")}`,
    origin: undefined,
    isProduction: false,
    proxies: 0,
    graceMs: 5_000,
    logLevel: "silent",
    ...overrides,
  };
}

/** A site that listens, and what it stands on. */
export interface TestSite extends RunningSite {
  readonly services: SiteServices;
  readonly settings: Settings;
  /** A browser without a window: it keeps cookies, follows redirects and sends forms as a page of ours would. */
  visit(): TestVisitor;
}

/** A database of the test's own: SQLite in its folder, or one in PostgreSQL where HOLDFAST_TEST_DATABASE_URL says so. */
async function databaseFor(folder: string): Promise<string> {
  const server = process.env["HOLDFAST_TEST_DATABASE_URL"];
  if (server === undefined) return `file:${join(folder, "app.db")}`;
  const name = `example_${randomBytes(6).toString("hex")}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  // Registered before anything is opened, so that it comes after everything is closed.
  onTestFinished(async () => await onServer(server, `DROP DATABASE ${name}`));
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Start an app in a temporary folder; it goes when the test ends. */
export async function startTestSite(
  migrations: readonly Migration[],
  createApp: (services: SiteServices, settings: Settings) => Pick<Hono, "fetch">,
  {
    media = {},
    assetFolders = [],
    log,
    ...overrides
  }: Partial<Settings> & {
    readonly media?: Omit<MediaOptions, "database" | "log">;
    readonly assetFolders?: readonly string[];
    readonly log?: Log;
  } = {},
): Promise<TestSite> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-example-"));
  const settings = testSettings(folder, { databaseUrl: await databaseFor(folder), ...overrides });
  const opened = log === undefined ? {} : { log };
  const bare = await openServices(settings, { migrations, media: { cwd: folder, env: {}, ...media }, ...opened });
  const services = await withAssets(bare, assetFolders);
  const site = await serve(settings, createApp(services, settings).fetch, services);
  onTestFinished(async () => {
    await site.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  return { ...site, services, settings, visit: () => newVisitor(site.origin) };
}

/** An answer, read. */
export interface Page {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it is, after redirects. */
  readonly path: string;
}

export interface TestVisitor {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Page>;
  /** Send a form with the token of the page that was looked at last. */
  post(path: string, fields: Readonly<Record<string, string>> | FormData, headers?: Readonly<Record<string, string>>): Promise<Page>;
}

/** Somebody with a browser; with cookies of before where they are given. */
export function newVisitor(origin: string, before: ReadonlyMap<string, string> = new Map()): TestVisitor {
  const cookies = new Map(before);
  let token = "";
  async function ask(path: string, init: Omit<RequestInit, "headers"> & { readonly headers: Record<string, string> }): Promise<Page> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...init.headers, ...(cookie === "" ? {} : { cookie }) };
    const response = await fetch(`${origin}${path}`, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (response.status === 303 && location !== null) {
      await response.arrayBuffer();
      return await ask(location, { method: "GET", headers: {} });
    }
    const text = await response.text();
    token = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? token;
    return { status: response.status, headers: response.headers, text, path };
  }
  return {
    cookies,
    get: async (path, headers = {}) => await ask(path, { method: "GET", headers: { ...headers } }),
    async post(path, fields, headers = {}) {
      const isOwnToken = fields instanceof FormData ? fields.has("csrf") : "csrf" in fields;
      const first: [string, string][] = isOwnToken ? [] : [["csrf", token]];
      let body: URLSearchParams | FormData;
      if (fields instanceof FormData) {
        body = new FormData();
        for (const [name, value] of [...first, ...fields]) body.append(name, value);
      } else body = new URLSearchParams([...first, ...Object.entries(fields)]);
      return await ask(path, { method: "POST", body, headers: { origin, ...headers } });
    },
  };
}
