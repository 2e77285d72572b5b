import { parsePath } from "../check-options.js";
import { parseFileId } from "../catalogue/file.js";
import { createFallback, type Found } from "../delivery/fallback/fallback.js";
import type { Losses } from "../delivery/fallback/losses.js";
import { deliverObject, type ObjectDelivery } from "../delivery/mount/deliver-object.js";
import { mountedKeys, readPrefix } from "../delivery/mount/mounted-key.js";
import type { Mount, MountOptions } from "../delivery/mount/mount-options.js";
import { createObjectTypes } from "../delivery/mount/object-type.js";
import { scriptName } from "../delivery/media-image-script.js";
import { parseMediaPath } from "../delivery/routes.js";
import { fail } from "../errors.js";
import type { Logger, Media } from "../media.js";
import { mirroredStorage } from "../storage/mirror.js";
import type { Storage } from "../storage/storage.js";
import { noteShortWay, shortWayOf } from "./short-way.js";

/** What a mount needs of the media instance it belongs to. */
export interface MountContext {
  readonly media: Pick<Media, "handler" | "basePath" | "storage">;
  readonly losses: Losses;
  readonly log: Logger;
}

/** An object at an old URL may be replaced under its name. */
const defaultMaxAgeMs = 5 * 60_000;

/** Make the handler of a path below which objects are served by their keys. @throws CONFIG_INVALID */
export function createMount({ media, losses, log }: MountContext, path: string, options: MountOptions): Mount {
  const basePath = parsePath(path, "the path of mount()");
  const prefix = readPrefix(options.prefix ?? path.slice(1));
  if (prefix === undefined) {
    const problem = `The prefix ${JSON.stringify(options.prefix)} of mount("${path}") is not usable; write what keys begin with, such as uploads/.`;
    throw fail("CONFIG_INVALID", { problems: [problem] });
  }
  const { maxAgeMs = defaultMaxAgeMs, authorize } = options;
  const storages = options.storage === undefined ? [media.storage] : [options.storage].flat();
  const delivery: ObjectDelivery = {
    storage: asOne(storages, media.storage),
    types: createObjectTypes(),
    cacheControl: `${authorize === undefined ? "public" : "private"}, max-age=${Math.floor(maxAgeMs / 1000)}`,
  };
  const fallback = createFallback({
    choose: ({ object }) => (object === undefined ? undefined : options.fallback?.(object.key)),
    losses,
    mismatch: async () => undefined,
    log,
  });
  // A storage that is read for the first time notes who it is, without which a disk cannot tell absent from not mounted.
  let identifying: Promise<unknown> | undefined;

  async function route(request: Request, found: Found): Promise<Response> {
    const { pathname } = new URL(request.url);
    const below = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length + 1) : undefined;
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw fail("METHOD_NOT_ALLOWED", { method: request.method, allow: "GET, HEAD" });
    }
    const keys = below === undefined ? [] : mountedKeys(below, prefix ?? "");
    const [key] = keys;
    if (key === undefined) throw fail("ROUTE_NOT_FOUND", { path: pathname.slice(0, 200) });
    if (authorize !== undefined && !(await authorize(request, key)))
      throw fail("UNAUTHORIZED", { action: `read ${pathname.slice(0, 200)}` });
    found.object = { mount: basePath, key };
    await (identifying ??= Promise.allSettled(storages.map(async (storage) => await storage.identity())));
    return await deliverObject(delivery, request, keys);
  }

  const handler = async (request: Request): Promise<Response> => {
    if (isMedias(request, media.basePath)) return await media.handler(request);
    const found: Found = {};
    try {
      return await route(request, found);
    } catch (error) {
      return await fallback.answer(request, error, found);
    }
  };
  const shortWay = shortWayOf(media.handler);
  if (shortWay !== undefined && basePath === media.basePath) noteShortWay(handler, shortWay);
  return { basePath, handler };
}

/** Several storages are read as one: what the first lacks the next may have. */
function asOne([first, ...others]: readonly Storage[], otherwise: Storage): Storage {
  if (first === undefined) return otherwise;
  return others.length === 0 ? first : mirroredStorage(first, others, () => undefined);
}

/** Where both are below one path, a file's id, initials, the script for pages and uploads are media's as ever. */
function isMedias(request: Request, basePath: string): boolean {
  const { pathname } = new URL(request.url);
  if ([basePath, `${basePath}/`, `${basePath}/${scriptName}`].includes(pathname)) return true;
  const path = pathname.startsWith(`${basePath}/`) ? parseMediaPath(pathname.slice(basePath.length)) : undefined;
  return path !== undefined && (path.kind === "initials" || parseFileId(path.id) !== undefined);
}
