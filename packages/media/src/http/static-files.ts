import { respondWithProblem } from "../delivery/respond.js";
import { fail, isHoldfastError } from "../errors.js";
import type { Logger } from "../media.js";
import type { Storage } from "../storage/storage.js";
import { noteShortWay } from "./short-way.js";
import { createByteBudget } from "./byte-budget.js";
import { respondWithAsset } from "./static-asset.js";
import { createStaticAtHand, type ServedAsset, staticUrl } from "./static-at-hand.js";
import { readAsset, readManifest, realFolder } from "./static-manifest.js";
import { createStaticShelf } from "./static-shelf.js";

/** How static files are served. */
export interface StaticFilesOptions {
  /** The folder that `holdfast start` prepared: `to:` under `start.static` in `holdfast.yaml`. */
  readonly folder: string;
  /** The path that their URLs begin with; at `/` what is not a static file is left to others. @defaultValue `/static` */
  readonly basePath?: string;
  /**
   * Where `holdfast start` publishes them (`publish: true`), such as `media.storage`: what this release does not have is looked for there, so
   * that pages of the release before and of the one to come find theirs. @defaultValue only the folder's files are served
   */
  readonly storage?: Storage;
  /** How much of them may be kept in memory. @defaultValue 32 MB */
  readonly maxMemoryBytes?: number;
  /** Told when the storage cannot be asked. @defaultValue nobody */
  readonly log?: Logger;
}

/** An app's static files, ready to be served. */
export interface StaticFiles {
  /** Empty where that is the root. */
  readonly basePath: string;
  /** The URL of a file, with the hash of its bytes: `/static/app.3f2a1b9c0d1e.css` for `app.css`. @throws PARAMETER_INVALID */
  url(name: string): string;
  /** Answer a request below the base path, and `undefined` to any other. Never throws. */
  readonly handler: (request: Request) => Promise<Response | undefined>;
}

const defaultMemory = 32 * 1024 * 1024;

/**
 * Serve the files that `holdfast start` hashed and compressed: those with a hash in their name for a year, `immutable`; those with a
 * name of their own (`robots.txt`) by ETag, each time anew; in Brotli or gzip for who takes it, with ranges and conditions. Nothing but the
 * manifest's files is ever opened, and no link is followed.
 *
 * @throws CONFIG_INVALID when the folder was not prepared
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { openMedia } from "@holdfast/media";
 * import { openStaticFiles } from "@holdfast/media/static";
 * const media = await openMedia();
 * const assets = await openStaticFiles({ folder: "dist/static", storage: media.storage });
 * const app = new Hono();
 * app.use(async (c, next) => (await assets.handler(c.req.raw)) ?? (await next()));
 * app.get("/", (c) => c.html(`<link rel="stylesheet" href="${assets.url("app.css")}">`));
 * ```
 */
export async function openStaticFiles(options: StaticFilesOptions): Promise<StaticFiles> {
  const { storage, maxMemoryBytes = defaultMemory, log } = options;
  const basePath = `/${(options.basePath ?? "/static").replace(/^\/+|\/+$/g, "")}`.replace(/^\/$/, "");
  const folder = await realFolder(options.folder);
  const { files } = await readManifest(folder);
  const assets = new Map<string, ServedAsset>();
  for (const [name, served] of files) {
    const asset = await readAsset(folder, served);
    if (asset === undefined) {
      throw fail("CONFIG_INVALID", {
        problems: [`${folder} lacks ${served}, which its manifest names: run holdfast start --only static.`],
      });
    }
    assets.set(served, { asset, isImmutable: true });
    if (!assets.has(name)) assets.set(name, { asset, isImmutable: false });
  }
  const memory = createByteBudget(maxMemoryBytes);
  const shelf = storage === undefined ? undefined : createStaticShelf(storage, maxMemoryBytes);

  async function answer(request: Request, name: string): Promise<Response | undefined> {
    const own = assets.get(name);
    if (own !== undefined) return await respondWithAsset(request, own.asset, own.isImmutable, memory);
    const others = await shelf?.find(name);
    if (others === undefined && basePath === "") return undefined;
    if (others === undefined) throw fail("ROUTE_NOT_FOUND", { path: `${basePath}/${name}`.slice(0, 200) });
    return await respondWithAsset(request, others, true, memory);
  }

  const handler: StaticFiles["handler"] = async (request) => {
    const path = pathOf(request.url);
    if (!path.startsWith(`${basePath}/`)) return undefined;
    try {
      return await answer(request, decoded(path.slice(basePath.length + 1)));
    } catch (error) {
      if (!isHoldfastError(error)) log?.error(`static files: ${String(error)}`, error);
      else if (error.status >= 500) log?.warn(`static files: ${error.code}: ${error.message}`);
      return respondWithProblem(request, error);
    }
  };
  noteShortWay(handler, { atHand: createStaticAtHand(basePath, assets, memory) });
  return {
    basePath,
    url(name) {
      const served = files.get(name);
      if (served === undefined) throw fail("PARAMETER_INVALID", { name: "name", value: name, reason: "there is no such static file" });
      return staticUrl(basePath, served);
    },
    handler,
  };
}

/** Without a parse of the whole URL: it is asked of every request. */
function pathOf(url: string): string {
  const at = url.indexOf("/", url.indexOf("//") + 2);
  return at === -1 ? "/" : (url.slice(at).split(/[?#]/, 1)[0] ?? "/");
}

function decoded(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw fail("PARAMETER_INVALID", { name: "path", value: path.slice(0, 200), reason: "its percent-encoding is malformed" });
  }
}
