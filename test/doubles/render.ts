import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * How the double misbehaves: a rate limit with `Retry-After` in seconds or as a date, an error 503, a lost connection, an
 * answer that is no JSON, one that is no list, one that is too long, a redirect, or no answer.
 */
export type Misdeed = "limit" | "limit-date" | "limit-long" | "503" | "drop" | "garbage" | "object" | "long" | "redirect" | "stall";

/** A service, as far as it is asked for here. */
export interface RenderServiceRow {
  readonly id: string;
  readonly name: string;
  readonly type?: "web_service" | "static_site" | "background_worker" | "cron_job" | "private_service";
  readonly ownerId?: string;
  readonly repo?: string;
  readonly rootDir?: string;
  readonly disk?: string;
  readonly envVars?: Readonly<Record<string, string>>;
  readonly secretFiles?: Readonly<Record<string, string>>;
}

/** A group of variables, and the services it is linked to. */
export interface RenderGroupRow {
  readonly id: string;
  readonly ownerId?: string;
  readonly links: readonly string[];
  readonly envVars?: Readonly<Record<string, string>>;
  readonly secretFiles?: Readonly<Record<string, string>>;
}

/** A running double of the part of Render's REST API that is asked. */
export interface RenderDouble {
  /** For `HOLDFAST_RENDER_API_URL`. */
  readonly url: string;
  /** The only key that is taken. */
  readonly apiKey: string;
  services: readonly RenderServiceRow[];
  groups: readonly RenderGroupRow[];
  /** `METHOD path?query` of each request, in order. */
  readonly seen: string[];
  /** Items on a page, however many were asked for: a page may be short without being the last. */
  pageSize: number;
  /** Misbehave at the next requests, one misdeed each. */
  misbehave(...misdeeds: readonly Misdeed[]): void;
  /** Misbehave no more. */
  behave(): void;
  /** Answer every request 403, as a key that may not read this. */
  isForbidden: boolean;
  stop(): Promise<void>;
}

/** A refusal, in the form of the published schema: `{ id, message }`. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const owner = "tea-double00000000000000";

/**
 * Start a double of Render on loopback. It is as strict as the published schema: the key is a bearer token, only GET is
 * answered, a query that the schema has not is refused, `limit` is 1 to 100, and a cursor is one that was given out.
 */
export async function startRenderDouble(): Promise<RenderDouble> {
  const seen: string[] = [];
  const misdeeds: Misdeed[] = [];
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const double: RenderDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey: "rnd_TheKeyOfTheDouble0000000000",
    services: [],
    groups: [],
    seen,
    pageSize: 100,
    misbehave: (...planned) => void misdeeds.push(...planned),
    behave: () => void misdeeds.splice(0),
    isForbidden: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", double.url);
    seen.push(`${request.method} ${url.pathname}${url.search}`);
    const misdeed = misdeeds.shift();
    if (misdeed === "stall") return;
    if (misdeed === "drop") return void request.socket.destroy();
    if (misdeed === "redirect") return void response.writeHead(302, { location: `${double.url}/services` }).end();
    const send = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void =>
      void response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...limits, ...headers }).end(body);
    try {
      refuse(misdeed);
      if (request.headers.authorization !== `Bearer ${double.apiKey}`) throw new Refusal(401, "Unauthorized");
      if (double.isForbidden) throw new Refusal(403, "You do not have permission to do that");
      if (request.method !== "GET") throw new Refusal(405, "Method Not Allowed");
      const answer = JSON.stringify(route(url));
      if (misdeed === "garbage") return send(200, answer.slice(0, -1));
      if (misdeed === "object") return send(200, "{}");
      if (misdeed === "long") return send(200, `${answer}${" ".repeat(9 * 1024 * 1024)}`);
      send(200, answer);
    } catch (error) {
      const { status, message, headers } = error instanceof Refusal ? error : new Refusal(500, String(error));
      send(status, JSON.stringify({ id: "err-double", message }), headers);
    }
  }

  function route(url: URL): unknown {
    const [, version, thing, id, part, ...rest] = url.pathname.split("/").map(decodeURIComponent);
    if (version !== "v1" || rest.length > 0) throw new Refusal(404, "not found");
    if (thing === "services" && id === undefined) {
      const names = allowed(url, "name", "ownerId", "cursor", "limit").getAll("name");
      const owners = url.searchParams.getAll("ownerId");
      const found = double.services.filter(
        (one) => (names.length === 0 || names.includes(one.name)) && (owners.length === 0 || owners.includes(one.ownerId ?? owner)),
      );
      return paged(url, found.map(serviceBody), "service");
    }
    if (thing === "env-groups" && id === undefined) {
      const owners = allowed(url, "name", "ownerId", "environmentId", "cursor", "limit").getAll("ownerId");
      const found = double.groups.filter((one) => owners.length === 0 || owners.includes(one.ownerId ?? owner));
      return paged(url, found.map(groupMeta), "envGroup");
    }
    if (thing === "env-groups" && part === undefined) {
      allowed(url);
      const group = double.groups.find((one) => one.id === id);
      if (group === undefined) throw new Refusal(404, "not found: env group");
      const secretFiles = Object.entries(group.secretFiles ?? {}).map(([name, content]) => ({ name, content }));
      return { ...groupMeta(group), envVars: variablesOf(group.envVars), secretFiles };
    }
    const service = double.services.find((one) => one.id === id);
    if (thing !== "services" || service === undefined) throw new Refusal(404, "not found");
    if (part === undefined) {
      allowed(url);
      return serviceBody(service);
    }
    allowed(url, "cursor", "limit");
    if (part === "env-vars") return paged(url, variablesOf(service.envVars), "envVar");
    if (part !== "secret-files") throw new Refusal(404, "not found");
    const files = Object.entries(service.secretFiles ?? {}).map(([name, content]) => ({ name, content }));
    return paged(url, files, "secretFile");
  }

  function paged(url: URL, items: readonly unknown[], name: string): unknown {
    const limit = Number(url.searchParams.get("limit") ?? "20");
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new Refusal(400, "limit must be between 1 and 100");
    const cursor = url.searchParams.get("cursor");
    const [, place] = /^after-(\d+)$/.exec(cursor ?? "after-0") ?? [];
    if (place === undefined || Number(place) > items.length) throw new Refusal(400, "invalid cursor");
    const start = Number(place);
    const page = items.slice(start, start + Math.min(limit, double.pageSize));
    return page.map((item, index) => ({ [name]: item, cursor: `after-${start + index + 1}` }));
  }

  return double;
}

const limits = { "ratelimit-limit": "400", "ratelimit-remaining": "399", "ratelimit-reset": "60" };

function refuse(misdeed: Misdeed | undefined): void {
  if (misdeed === "limit") throw new Refusal(429, "rate limit exceeded", { "retry-after": "2" });
  if (misdeed === "limit-date") {
    throw new Refusal(429, "rate limit exceeded", { "retry-after": new Date(Date.now() + 5000).toUTCString() });
  }
  if (misdeed === "limit-long") throw new Refusal(429, "rate limit exceeded", { "retry-after": "3600" });
  if (misdeed === "503") throw new Refusal(503, "Service Unavailable");
}

/** The query, which has nothing but what the schema allows. */
function allowed(url: URL, ...names: readonly string[]): URLSearchParams {
  const foreign = [...url.searchParams.keys()].find((key) => !names.includes(key));
  if (foreign !== undefined) throw new Refusal(400, `unknown query parameter ${foreign}`);
  return url.searchParams;
}

function variablesOf(variables: Readonly<Record<string, string>> = {}): readonly { key: string; value: string }[] {
  return Object.entries(variables).map(([key, value]) => ({ key, value }));
}

const made = "2026-09-03T23:38:57.548501Z";

function serviceBody(service: RenderServiceRow): Readonly<Record<string, unknown>> {
  const { id, name, type = "web_service", ownerId = owner, repo, rootDir = "", disk } = service;
  return {
    id,
    name,
    type,
    ownerId,
    ...(repo === undefined ? { imagePath: "registry.example/app:1" } : { repo, branch: "main" }),
    rootDir,
    slug: name,
    autoDeploy: "yes",
    notifyOnFail: "default",
    suspended: "not_suspended",
    suspenders: [],
    dashboardUrl: `https://dashboard.render.com/web/${id}`,
    createdAt: made,
    updatedAt: made,
    serviceDetails: {
      runtime: "node",
      plan: "starter",
      region: "oregon",
      numInstances: 1,
      openPorts: [],
      ...(disk === undefined ? {} : { disk: { id: "dsk-double", name: "media", mountPath: disk, sizeGB: 1 } }),
    },
  };
}

function groupMeta({ id, ownerId = owner, links }: RenderGroupRow): Readonly<Record<string, unknown>> {
  const serviceLinks = links.map((link) => ({ id: link, name: link, type: "web" }));
  return { id, name: `group ${id}`, ownerId, serviceLinks, createdAt: made, updatedAt: made };
}
