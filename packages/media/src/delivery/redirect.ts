import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRecord } from "../catalogue/file.js";
import { findVariant } from "../catalogue/variants.js";
import { type VariantFormat, variantFormats } from "../images/formats.js";
import { findMediaType } from "../images/media-type.js";
import type { Transform } from "../images/transform.js";
import type { Key } from "../storage/key.js";
import type { Storage } from "../storage/storage.js";
import type { LetIn } from "./cache-control.js";
import { contentDisposition, isDownload } from "./respond.js";

/** How bytes go out: through this app, or from the storage itself, to whose own URL a reader is sent. */
export type DeliveryMode = "proxy" | "redirect";

/** The longest that a signed URL is good for. */
const longestMs = 60 * 60_000;
/** The same where `authorize` let somebody in, who may not be let in next time. */
const authorizedMs = 5 * 60_000;

/** Sends readers to the storage's own URLs. */
export interface Redirects {
  /** To the original. `undefined` where it has to be proxied. @throws STORAGE_* */
  toOriginal(request: Request, file: FileRecord, letIn: LetIn): Promise<Response | undefined>;
  /** To a variant that is stored. `undefined` where it has to be made first, or proxied. @throws STORAGE_* */
  toVariant(request: Request, file: FileRecord, transform: Transform, format: VariantFormat, letIn: LetIn): Promise<Response | undefined>;
}

/** What a reader is sent to. */
interface Target {
  readonly key: Key;
  readonly size: number;
  readonly type: string;
  readonly name: string;
  readonly isInline: boolean;
  /** Whether everybody may read it, so that shared caches may keep the way to it. */
  readonly isForEverybody: boolean;
  readonly letIn: LetIn;
  readonly vary?: "Accept";
}

/**
 * Send readers to where the bytes are: to the storage's public URL where everybody may read, else to one that is signed, told to
 * answer with our own type and disposition. The way there is kept for half as long as it is good for. It is given only for what the
 * storage has; what is absent or damaged is proxied, so that another storage or a placeholder answers.
 */
export function createRedirects({ catalogue, storage }: { readonly catalogue: Catalogue; readonly storage: Storage }): Redirects {
  const { driver } = storage;

  async function redirect(request: Request, target: Target): Promise<Response | undefined> {
    const { key, size, type, name, isInline, isForEverybody, letIn } = target;
    // Of the driver itself: what only a mirror has, only a mirror can serve.
    if ((driver.signing ?? driver.publicUrl) === undefined || (await driver.stat(key))?.size !== size) return undefined;
    const isShown = isInline && !isDownload(request);
    const goodForMs = lifetimeOf(letIn);
    // At a public URL the storage answers as it likes, which is harmless for what may be shown in place.
    const isPublic = driver.publicUrl !== undefined && isForEverybody && isShown;
    if (!isPublic && driver.signing === undefined) return undefined;
    const keptBy = isForEverybody ? "public" : "private";
    const location = isPublic
      ? driver.publicUrl?.(key)
      : await driver.signing?.signRead(key, {
          expiresInMs: goodForMs,
          method: request.method === "HEAD" ? "HEAD" : "GET",
          contentType: type,
          contentDisposition: contentDisposition(name, isShown),
          // What was noted with the object is for whoever may always read it.
          cacheControl: `${keptBy}, max-age=${Math.floor(goodForMs / 1000)}`,
        });
    if (location === undefined) return undefined;
    const maxAge = Math.floor(goodForMs / 2000);
    return new Response(null, {
      status: 302,
      headers: {
        location,
        "cache-control": `${keptBy}, max-age=${maxAge}`,
        "x-content-type-options": "nosniff",
        ...(target.vary === undefined ? {} : { vary: target.vary }),
      },
    });
  }

  return {
    toOriginal: async (request, file, letIn) =>
      await redirect(request, {
        key: file.key,
        size: file.size,
        type: file.type,
        name: file.name,
        isInline: findMediaType(file.type)?.isInline ?? false,
        isForEverybody: file.visibility === "public",
        letIn,
      }),
    async toVariant(request, file, transform, format, letIn) {
      if ((driver.signing ?? driver.publicUrl) === undefined) return undefined;
      const variant = await findVariant(catalogue, { fileId: file.id, transform: transform.name, format });
      if (variant === undefined) return undefined;
      const { type, extension } = variantFormats[format];
      return await redirect(request, {
        key: variant.key,
        size: variant.size,
        type,
        name: `${file.name.replace(/\.[^.]*$/, "")}.${extension}`,
        isInline: true,
        isForEverybody: file.visibility !== "confidential",
        letIn,
        ...(transform.format === "auto" ? { vary: "Accept" } : {}),
      });
    },
  };
}

/** No longer than what let the reader in is good for. */
function lifetimeOf(letIn: LetIn): number {
  if (letIn === "authorized") return authorizedMs;
  if (letIn === "everybody" || letIn.expiresAt === undefined) return longestMs;
  return Math.max(1000, Math.min(longestMs, letIn.expiresAt - Date.now()));
}
