import type { FileRecord } from "../../catalogue/file.js";
import { fail, type HoldfastError, isHoldfastError } from "../../errors.js";
import { geometryOf, type Size } from "../../images/geometry.js";
import { findMediaType } from "../../images/media-type.js";
import type { Transform } from "../../images/transform.js";
import type { Logger } from "../../media.js";
import type { Key } from "../../storage/key.js";
import { typeByName } from "../mount/object-type.js";
import { respondWithProblem } from "../respond.js";
import { draw, type Drawing } from "./drawing.js";
import type { FallbackPicture } from "./media-event.js";
import type { Losses } from "./losses.js";
import { type OwnPicture, readOwnPicture } from "./own-picture.js";
import { type PictureRequest, pictureAskedBy } from "./picture-request.js";

/** What was found out about a request before it failed. */
export interface Found {
  file?: FileRecord;
  /** An object of a mount, of which no row tells. */
  object?: { readonly mount: string; readonly key: Key };
  /** Absent for the original. */
  transform?: Transform;
}

/** Answers what failed. */
export interface Fallback {
  /**
   * Answer a failed request with its status and, where a page asks for a picture, with a picture: never a broken image, and never
   * the wrong status. Everybody else is answered a problem document. Neither is ever stored by a cache, so that the next request
   * is a new try. It never throws.
   */
  answer(request: Request, error: unknown, found?: Found): Promise<Response>;
}

/** What answering failures needs. */
export interface FallbackContext {
  /** What the application shows in place of this. */
  readonly choose: (found: Found) => FallbackPicture | undefined | Promise<FallbackPicture | undefined>;
  readonly losses: Losses;
  /** Whether the storage is another one than the catalogue knows: then what is absent there is not known to be lost. */
  readonly mismatch: () => Promise<HoldfastError | undefined>;
  readonly log: Logger;
}

/** Failures whose answer may be a picture. Others are mistakes in a request, which a picture would hide. */
const pictured: ReadonlySet<number> = new Set([401, 403, 404, 422, 500, 502, 503, 507]);
/** Where nothing is known of the picture's shape. */
const unknownSize: Size = { width: 640, height: 480 };
const avatarSize: Size = { width: 256, height: 256 };
/** The drawing's own pixels are a data: URL; nothing else is loaded, and nothing runs. */
const policy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** Answer the failures of one media instance. */
export function createFallback({ choose, losses, mismatch, log }: FallbackContext): Fallback {
  function tell(request: Request, error: unknown, { file, transform, object }: Found): void {
    if (!isHoldfastError(error)) {
      log.error(`${request.method} ${new URL(request.url).pathname} failed: ${describe(error)}`, error);
    } else if (file !== undefined && error.code === "FILE_LOST") {
      losses.missing(file, transform?.name, error);
    } else if (file !== undefined && error.code === "FILE_DAMAGED") {
      losses.damaged(file, error);
    } else if (file !== undefined && error.code.startsWith("STORAGE_")) {
      losses.unreachable(file, error);
    } else if (object !== undefined && error.code === "OBJECT_NOT_FOUND") {
      losses.objectMissing(object.mount, object.key);
    } else if (error.status >= 500) {
      losses.warn(error.code, `${error.code}: ${error.message}`);
    }
  }

  /** What the application shows in place of this; a choice that fails is none. */
  async function chosenFor(found: Found): Promise<FallbackPicture | OwnPicture | undefined> {
    try {
      const chosen = await choose(found);
      return typeof chosen === "object" && "picture" in chosen ? await readOwnPicture(chosen.picture) : chosen;
    } catch (error) {
      losses.warn(
        "fallback",
        `the fallback of ${found.file?.id ?? found.object?.key ?? "nothing"} failed, and a placeholder is shown: ${String(error)}`,
      );
      return undefined;
    }
  }

  async function pictureOf(request: Request, wanted: PictureRequest, found: Found, isFailed: boolean): Promise<OwnPicture> {
    const { file, transform } = found;
    const chosen = isFailed ? await chosenFor(found) : undefined;
    if (typeof chosen === "object" && "bytes" in chosen) return chosen;
    const drawing = drawingOf(chosen, new URL(request.url).searchParams, isFailed ? file : undefined);
    const size = sizeOf(file, transform, drawing.kind === "initials" ? avatarSize : unknownSize);
    return { type: wanted.type, bytes: draw(drawing, size, wanted.type) };
  }

  return {
    async answer(request, failure, found = {}) {
      const error = isHoldfastError(failure, "FILE_LOST") ? ((await mismatch().catch(outOfReach)) ?? failure) : failure;
      tell(request, error, found);
      const problem = respondWithProblem(request, error);
      const wanted = pictured.has(problem.status) ? pictureAskedBy(request) : undefined;
      // Whether it is the file's own picture that cannot be had, rather than a URL that is wrong or not for this reader.
      const isFailed =
        problem.status >= 500 ||
        problem.status === 422 ||
        isHoldfastError(error, "FILE_LOST") ||
        isHoldfastError(error, "OBJECT_NOT_FOUND");
      if (wanted === undefined || !(wanted.isEmbedded || (isFailed && isImage(found)))) return problem;
      try {
        const picture = await pictureOf(request, wanted, found, isFailed);
        return respondWithPicture(request, problem, picture, isHoldfastError(error) ? error.code : "UNEXPECTED");
      } catch (drawingError) {
        log.error(`no placeholder could be drawn: ${describe(drawingError)}`, drawingError);
        return problem;
      }
    },
  };
}

function respondWithPicture(request: Request, problem: Response, { type, bytes }: OwnPicture, code: string): Response {
  const headers = new Headers(problem.headers);
  headers.set("content-type", type);
  headers.set("content-length", String(bytes.byteLength));
  headers.set("content-disposition", "inline");
  headers.set("content-security-policy", policy);
  headers.set("x-content-type-options", "nosniff");
  headers.set("vary", "Accept, Sec-Fetch-Dest");
  // What the problem document would have said, for programs that were answered a picture.
  headers.set("holdfast-error", code);
  return new Response(request.method === "HEAD" ? null : (bytes as Uint8Array<ArrayBuffer>), { status: problem.status, headers });
}

/** The application decides first, then the URL (`?initials=Ada%20Lovelace&lang=en`), then what the row knows. */
function drawingOf(chosen: FallbackPicture | undefined, query: URLSearchParams, file: FileRecord | undefined): Drawing {
  if (typeof chosen === "object" && "initials" in chosen) return { kind: "initials", name: chosen.initials, locale: chosen.locale };
  const name = query.get("initials");
  if (chosen === undefined && name !== null) return { kind: "initials", name, locale: query.get("lang") ?? undefined };
  return file?.thumbhash === undefined ? { kind: "neutral" } : { kind: "blur", thumbhash: file.thumbhash };
}

/** The size that the picture would have had. */
function sizeOf(file: FileRecord | undefined, transform: Transform | undefined, otherwise: Size): Size {
  if (file?.width === undefined || file.height === undefined) return otherwise;
  const { width, height } = file;
  return transform === undefined ? { width, height } : geometryOf({ width, height }, transform).result;
}

function isImage({ file, object }: Found): boolean {
  if (file !== undefined) return findMediaType(file.type)?.isDecodable === true;
  return object !== undefined && typeByName(object.key)?.type.startsWith("image/") === true;
}

function outOfReach(error: unknown): HoldfastError {
  return isHoldfastError(error) ? error : fail("UNEXPECTED", undefined, { cause: error });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
