import type { Media } from "../../media.js";
import type { Storage } from "../../storage/storage.js";
import type { FallbackPicture } from "../fallback/media-event.js";

/** How a path serves objects that are not files of the catalogue. */
export interface MountOptions {
  /** What their keys begin with; nothing outside is ever served. @defaultValue the path without its first slash: `uploads/` */
  readonly prefix?: string;
  /** Where they are: of several the first that has one answers. They are closed by whoever opened them. @defaultValue media's own */
  readonly storage?: Storage | readonly Storage[];
  /** Decide on one request, before anything is looked up. Answers are then for nobody else's cache. @defaultValue everybody may read */
  readonly authorize?: (request: Request, key: string) => boolean | Promise<boolean>;
  /** What a page is shown where nothing is stored under a key. @defaultValue `?initials=` of the URL, else a calm neutral picture */
  readonly fallback?: (key: string) => FallbackPicture | undefined | Promise<FallbackPicture | undefined>;
  /** How long browsers and caches may keep an object, which may be replaced under its name. @defaultValue five minutes */
  readonly maxAgeMs?: number;
}

/** A mounted path. Every adapter takes it in the place of media: `app.use(expressMedia(media.mount("/uploads")))`. */
export type Mount = Pick<Media, "handler" | "basePath">;
