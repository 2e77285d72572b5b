import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Asset, Assets, type Limits } from "./cloudinary-assets.js";
import { deliver } from "./cloudinary-delivery.js";
import { type Account, checkSigned, type Parameters, Refusal, type ResourceType } from "./cloudinary-rules.js";

/** A part of Cloudinary's interface. */
export type Area = "upload" | "destroy" | "download" | "admin";

/**
 * How the double misbehaves: it hangs up at once (`drop`) or after having done what it was asked (`swallow`), never
 * answers (`stall`), answers a part of the body only (`truncate`), or a part that ends as if it were the whole (`shorten`), an error 500, a rate limit (`limit`), a bare 404 that is
 * not Cloudinary's (`lost`), or a body that says that nothing is known (`forbid`, 403).
 */
export type Misdeed = "drop" | "swallow" | "stall" | "truncate" | "shorten" | "500" | "limit" | "lost" | "forbid";

/** What a request was. */
export interface Seen {
  readonly area: Area | "delivery" | "other";
  readonly method: string;
  readonly path: string;
}

/** A running double. */
export interface CloudinaryDouble {
  /** For the SDK's `upload_prefix`; delivery URLs are answered below `/res` instead of https://res.cloudinary.com. */
  readonly origin: string;
  readonly account: Account;
  readonly assets: Assets;
  readonly seen: readonly Seen[];
  /** Misbehave at the next `times` requests of an area, once `after` others have been answered. */
  misbehave(area: Area, misdeed: Misdeed, times?: number, after?: number): void;
  /** Misbehave no more. */
  behave(): void;
  /** How many admin calls are left of this hour. */
  adminCallsLeft: number;
  /** When the rate limit ends, in milliseconds since 1970. */
  resetAt: number;
  /** Whether the download endpoint answers ranges, which is not documented. */
  answersRanges: boolean;
  stop(): Promise<void>;
}

/** The limits of the free plan. */
const freePlan: Limits = { image: 10_485_760, video: 104_857_600, raw: 10_485_760 };
const adminCallsAnHour = 500;

/** Start a double of Cloudinary on loopback, with an account of its own and nothing in it. */
export async function startCloudinaryDouble(options: { readonly limits?: Partial<Limits> } = {}): Promise<CloudinaryDouble> {
  const account: Account = { cloudName: "double", apiKey: "123456789012345", apiSecret: "s3cr3t-of-the-double" };
  const limits: Limits = { ...freePlan, ...options.limits };
  const assets = new Assets(account, limits);
  const seen: Seen[] = [];
  const misdeeds: { readonly area: Area; readonly misdeed: Misdeed; times: number; after: number }[] = [];
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const double: CloudinaryDouble = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account,
    assets,
    seen,
    misbehave: (area, misdeed, times = 1, after = 0) => void misdeeds.push({ area, misdeed, times, after }),
    behave: () => void misdeeds.splice(0),
    adminCallsLeft: adminCallsAnHour,
    resetAt: Date.now() + 3_600_000,
    answersRanges: false,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function nextMisdeed(area: Seen["area"]): Misdeed | undefined {
    const planned = misdeeds.find((one) => one.area === area && one.times > 0);
    if (planned === undefined) return undefined;
    if (planned.after > 0) {
      planned.after -= 1;
      return undefined;
    }
    planned.times -= 1;
    return planned.misdeed;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", double.origin);
    const area = areaOf(url.pathname);
    seen.push({ area, method: request.method ?? "", path: url.pathname });
    const misdeed = nextMisdeed(area);
    if (misdeed === "stall") return;
    try {
      if (misdeed === "drop") return void request.socket.destroy();
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      if (misdeed === "500") throw new Refusal(500, "Internal Server Error");
      if (misdeed === "forbid") throw new Refusal(403, "Not allowed");
      if (misdeed === "limit") double.adminCallsLeft = 0;
      if (misdeed === "lost") return void response.writeHead(404, { "content-type": "text/html" }).end("<h1>404</h1>");
      const answer = await route(area, request, url, Buffer.concat(chunks));
      if (misdeed === "swallow") return void request.socket.destroy();
      const half = answer.bytes.subarray(0, Math.floor(answer.bytes.byteLength / 2));
      // Without Content-Length: in chunks, so that nothing on the wire tells that something is missing.
      if (misdeed === "shorten") return void response.writeHead(200, answer.headers).end(half);
      response.writeHead(answer.status ?? 200, { "content-length": answer.bytes.byteLength, ...answer.headers });
      if (misdeed !== "truncate") return void response.end(answer.bytes);
      response.write(half);
      setTimeout(() => request.socket.destroy(), 20);
    } catch (error) {
      const { status, message, headers } = error instanceof Refusal ? error : new Refusal(500, String(error));
      if (response.headersSent) return void request.socket.destroy();
      // A header takes Latin-1 only; the body has it in full.
      response.writeHead(status, { "content-type": "application/json", "x-cld-error": message.replace(/[^\x20-\x7e]/g, "?"), ...headers });
      response.end(JSON.stringify({ error: { message } }));
    }
  }

  async function route(area: Seen["area"], request: IncomingMessage, url: URL, body: Buffer): Promise<Reply> {
    const path = url.pathname.split("/").slice(1).map(decodeURIComponent);
    if (area === "delivery") {
      if (path[1] !== account.cloudName) throw new Refusal(404, "Unknown cloud");
      const raw = url.pathname.split("/").slice(3).join("/");
      const { bytes, contentType } = await deliver(account, assets, raw, request.headers.accept ?? "");
      return { bytes, headers: { "content-type": contentType } };
    }
    const [version, cloud, ...rest] = path;
    if (version !== "v1_1") throw new Refusal(404, "Not Found");
    if (cloud !== account.cloudName) throw new Refusal(401, "cloud_name mismatch");
    if (area === "admin") return admin(request, rest, url.searchParams);
    const [place = "", action = ""] = rest;
    if (place !== "image" && place !== "video" && place !== "raw") throw new Refusal(400, `Invalid resource type ${place}`);
    if (action === "download") {
      if (request.method !== "GET") throw new Refusal(405, "Method not allowed");
      return download(place, Object.fromEntries(url.searchParams), request.headers.range);
    }
    if (request.method !== "POST") throw new Refusal(405, "Method not allowed");
    return await signedCall(place, action, request, body);
  }

  async function signedCall(place: ResourceType, action: string, request: IncomingMessage, body: Buffer): Promise<Reply> {
    const form = await new Response(new Uint8Array(body), {
      headers: { "content-type": request.headers["content-type"] ?? "" },
    }).formData();
    const sent: Record<string, string> = {};
    let file: Buffer | undefined;
    for (const [name, value] of form) {
      if (typeof value === "string") sent[name] = value;
      else file = Buffer.from(await value.arrayBuffer());
    }
    checkSigned(account, action, sent);
    switch (action) {
      case "upload":
        return json(upload(place, sent, file, request));
      case "destroy":
        return json({ result: assets.remove(place, sent["type"] ?? "upload", sent["public_id"] ?? "") ? "ok" : "not found" });
      case "rename":
        return json(assets.rename(place, sent));
      case "explicit":
        return json(assets.explicit(place, sent));
      default:
        throw new Refusal(404, `Unknown action ${action}`);
    }
  }

  function upload(
    place: ResourceType,
    sent: Parameters,
    file: Buffer | undefined,
    request: IncomingMessage,
  ): Readonly<Record<string, unknown>> {
    if (file === undefined) throw new Refusal(400, "Missing required parameter - file");
    const uploadId = request.headers["x-unique-upload-id"];
    const range = request.headers["content-range"];
    if (uploadId === undefined && range === undefined) return assets.upload(place, sent, file);
    if (typeof uploadId !== "string" || range === undefined) throw new Refusal(400, "A chunk needs X-Unique-Upload-Id and Content-Range");
    const whole = assets.addChunk(uploadId, range, file);
    return whole === undefined
      ? { done: false, bytes: file.byteLength, public_id: sent["public_id"] ?? "" }
      : { ...assets.upload(place, sent, whole), done: true };
  }

  function download(place: ResourceType, sent: Parameters, range: string | undefined): Reply {
    checkSigned(account, "download", sent);
    const { public_id: publicId = "", type = "private", expires_at: expiresAt, attachment } = sent;
    if (expiresAt !== undefined && Date.now() / 1000 > Number(expiresAt)) throw new Refusal(401, "The link has expired");
    const { bytes } = assets.find(place, type, publicId);
    const headers = {
      "content-type": "application/octet-stream",
      ...(attachment === undefined ? {} : { "content-disposition": "attachment" }),
    };
    const wanted = double.answersRanges ? /^bytes=(\d+)-(\d+)$/.exec(range ?? "") : null;
    if (wanted === null) return { bytes, headers };
    const [start, end] = [Number(wanted[1]), Math.min(Number(wanted[2]), bytes.byteLength - 1)];
    return {
      status: 206,
      bytes: bytes.subarray(start, end + 1),
      headers: { ...headers, "content-range": `bytes ${start}-${end}/${bytes.byteLength}` },
    };
  }

  function admin(request: IncomingMessage, path: readonly string[], query: URLSearchParams): Reply {
    const expected = `Basic ${Buffer.from(`${account.apiKey}:${account.apiSecret}`).toString("base64")}`;
    if (request.headers.authorization !== expected) throw new Refusal(401, "Invalid credentials");
    if (Date.now() >= double.resetAt) {
      double.adminCallsLeft = adminCallsAnHour;
      double.resetAt = Date.now() + 3_600_000;
    }
    double.adminCallsLeft -= 1;
    const headers = {
      "x-featureratelimit-limit": String(adminCallsAnHour),
      "x-featureratelimit-remaining": String(Math.max(0, double.adminCallsLeft)),
      "x-featureratelimit-reset": new Date(double.resetAt).toUTCString(),
    };
    if (double.adminCallsLeft < 0) {
      throw new Refusal(
        420,
        `Rate Limit Exceeded. Limit of ${adminCallsAnHour} api operations reached. Try again on ${new Date(double.resetAt).toISOString()}`,
        headers,
      );
    }
    return { ...json(adminAnswer(request.method ?? "", path, query)), headers: { "content-type": "application/json", ...headers } };
  }

  function adminAnswer(
    method: string,
    [what, place = "", type = "", ...id]: readonly string[],
    query: URLSearchParams,
  ): Readonly<Record<string, unknown>> {
    if (method === "GET" && what === "ping") return { status: "ok" };
    if (method === "GET" && what === "usage") {
      const { image, video, raw } = limits;
      return { plan: "Free", media_limits: { image_max_size_bytes: image, video_max_size_bytes: video, raw_max_size_bytes: raw } };
    }
    if (what !== "resources") throw new Refusal(404, "Not Found");
    if (method === "DELETE") {
      const names = query.getAll("public_ids[]");
      return {
        deleted: Object.fromEntries(names.map((name) => [name, assets.remove(place, type, name) ? "deleted" : "not_found"])),
        partial: false,
      };
    }
    if (method !== "GET") throw new Refusal(405, "Method not allowed");
    if (id.length > 0) {
      const asset = assets.find(place, type, id.join("/"));
      const { etag, ...described } = assets.describe(asset);
      // A raw asset's MD5 comes with its metadata only.
      return place !== "raw" || query.get("image_metadata") === "true" ? { ...described, etag } : described;
    }
    return listing(place, type, query);
  }

  function listing(place: string, type: string, query: URLSearchParams): Readonly<Record<string, unknown>> {
    const stranger = [...query.keys()].find((name) => !["prefix", "max_results", "next_cursor"].includes(name));
    if (stranger !== undefined) throw new Refusal(400, `Unknown parameter ${stranger}`);
    const most = Number(query.get("max_results") ?? 10);
    if (!(most >= 1 && most <= 500)) throw new Refusal(400, `Invalid value ${most} for parameter max_results`);
    const cursor = query.get("next_cursor");
    const before = cursor === null ? Infinity : Number(Buffer.from(cursor, "hex").toString());
    if (Number.isNaN(before)) throw new Refusal(400, "Invalid value for parameter next_cursor");
    const prefix = query.get("prefix") ?? "";
    const isListed = (asset: Asset): boolean =>
      asset.place === place && asset.type === type && asset.publicId.startsWith(prefix) && asset.serial < before;
    const found = assets
      .all()
      .filter(isListed)
      .toSorted((a, b) => b.serial - a.serial);
    const page = found.slice(0, most);
    const last = found.length > most ? page.at(-1) : undefined;
    return {
      resources: page.map((asset) => assets.describe(asset)),
      ...(last === undefined ? {} : { next_cursor: Buffer.from(String(last.serial)).toString("hex") }),
    };
  }

  return double;
}

interface Reply {
  readonly status?: number;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function json(value: unknown): Reply {
  return { bytes: Buffer.from(JSON.stringify(value)), headers: { "content-type": "application/json" } };
}

function areaOf(path: string): Seen["area"] {
  if (path.startsWith("/res/")) return "delivery";
  const action = /^\/v1_1\/[^/]+\/(?:image|video|raw)\/([a-z]+)$/.exec(path)?.[1];
  if (action === "upload" || action === "destroy" || action === "download") return action;
  return /^\/v1_1\/[^/]+\/(?:ping|usage|resources)\b/.test(path) ? "admin" : "other";
}
