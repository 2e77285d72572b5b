import { type FileId, type FileRecord, parseFileId } from "../catalogue/file.js";
import { fail, isHoldfastError } from "../errors.js";
import { negotiateFormat, variantFormats } from "../images/formats.js";
import { findMediaType } from "../images/media-type.js";
import type { AskedTransform, KnownTransforms } from "../images/known-transforms.js";
import type { Authorize } from "../media.js";
import type { Storage } from "../storage/storage.js";
import { cacheControlOf, type LetIn } from "./cache-control.js";
import { etagOf } from "./conditions.js";
import type { Found } from "./fallback/fallback.js";
import { initialsContent, nameOfInitials } from "./initials.js";
import type { KnownFiles } from "./known-files.js";
import { confirmOriginal, openOriginal } from "./original-bytes.js";
import type { Redirects } from "./redirect.js";
import { type Content, isDownload, respond, type ResponseBytes } from "./respond.js";
import type { Admission, Signer } from "./signing.js";
import type { ChosenVariant, Variants } from "./variants.js";

/** What delivery needs. */
export interface DeliveryContext {
  readonly files: KnownFiles;
  readonly storage: Storage;
  readonly variants: Variants;
  readonly transforms: KnownTransforms;
  readonly signer: Signer;
  /** Absent where all bytes go through this app. */
  readonly redirects: Redirects | undefined;
  readonly authorize: Authorize | undefined;
}

/** The parts of a URL below the base path: `/<id>/<name>`, `/<id>/<transform>/<name>` or `/initials/<name>.svg`. */
export type MediaPath =
  | { readonly kind: "initials"; readonly name: string }
  | { readonly kind: "original"; readonly id: string }
  | { readonly kind: "variant"; readonly id: string; readonly transform: string };

/** Take a path below the base path apart. The name is for people: it is neither checked nor part of any cache key. */
export function parseMediaPath(path: string): MediaPath | undefined {
  const [id, second, third, ...rest] = path.replace(/^\/+/, "").split("/");
  if (id === undefined || id === "" || second === undefined || second === "" || rest.length > 0) return undefined;
  if (third === undefined) {
    const name = id === "initials" ? nameOfInitials(second) : undefined;
    return name === undefined ? { kind: "original", id } : { kind: "initials", name };
  }
  return third === "" ? undefined : { kind: "variant", id, transform: second };
}

/**
 * Answer a GET or HEAD for an original, a variant or somebody's initials. What is found out on the way is noted in `found`, for
 * whoever answers the failure.
 *
 * @throws FILE_NOT_FOUND, FILE_LOST, FILE_DAMAGED, UNAUTHORIZED, TRANSFORM_UNKNOWN, TRANSFORM_NOT_SIGNED, PARAMETER_INVALID, NOT_AN_IMAGE, RANGE_NOT_SATISFIABLE, OVERLOADED, STORAGE_*
 */
export async function deliver(context: DeliveryContext, request: Request, path: MediaPath, found: Found = {}): Promise<Response> {
  if (path.kind === "initials") return await respond(request, initialsContent(path.name, new URL(request.url).searchParams));
  const id = parseFileId(path.id);
  if (id === undefined) throw fail("FILE_NOT_FOUND", { id: path.id.slice(0, 60) });
  // What nobody may ask for is refused before anything is looked up.
  const variant = path.kind === "variant" ? admitted(context, id, path.transform, request) : undefined;
  const file = await context.files.find(id);
  if (file === undefined) throw fail("FILE_NOT_FOUND", { id });
  return variant === undefined
    ? await deliverOriginal(context, request, file, found)
    : await deliverVariant(context, request, file, variant, found);
}

/** A transform that a URL asks for, and how it was let in: everybody may ask for it, or it is signed. */
interface AdmittedTransform extends AskedTransform {
  readonly admission: Admission | undefined;
}

function admitted({ transforms, signer }: DeliveryContext, id: FileId, text: string, request: Request): AdmittedTransform {
  const asked = transforms.find(text) ?? transforms.ask(text);
  const admission = signer.admit({ id, transform: asked.transform.name }, new URL(request.url).searchParams);
  if (!asked.isOpen && admission === undefined) throw fail("TRANSFORM_NOT_SIGNED", { transform: text });
  return { ...asked, admission };
}

async function deliverOriginal(context: DeliveryContext, request: Request, file: FileRecord, found: Found): Promise<Response> {
  const admission = context.signer.admit({ id: file.id }, new URL(request.url).searchParams);
  const letIn = file.visibility === "public" ? "everybody" : await letInBy(context, request, file, admission);
  if (letIn === undefined) throw fail("UNAUTHORIZED", { action: `read the original of ${file.id}` });
  // Noted only now: whoever is not let in is shown nothing of it.
  found.file = file;
  const redirected = await context.redirects?.toOriginal(request, file, letIn);
  if (redirected !== undefined) return redirected;
  // A HEAD opens nothing, and must not promise what a GET would not find.
  if (request.method === "HEAD") await confirmOriginal(context.storage, file);
  const content: Content = {
    type: file.type,
    size: file.size,
    etag: etagOf(file.sha256),
    storedAt: file.storedAt,
    cacheControl: cacheControlOf({ file, letIn, isVariant: false }),
    name: file.name,
    isInline: !isDownload(request) && (findMediaType(file.type)?.isInline ?? false),
    open: async (range) => await openOriginal(context.storage, file, range),
  };
  try {
    return await respond(request, content);
  } catch (error) {
    // Only what is there has a range that can be wrong (RFC 9110 §14.2).
    if (isHoldfastError(error, "RANGE_NOT_SATISFIABLE")) await confirmOriginal(context.storage, file);
    throw error;
  }
}

/** How somebody is let in to what is not for everybody; `undefined` where nobody lets them. */
async function letInBy(
  { authorize }: DeliveryContext,
  request: Request,
  file: FileRecord,
  admission: Admission | undefined,
): Promise<LetIn | undefined> {
  if (admission !== undefined) return admission;
  return authorize !== undefined && (await authorize(request, { kind: "read", file })) ? "authorized" : undefined;
}

async function deliverVariant(
  context: DeliveryContext,
  request: Request,
  file: FileRecord,
  asked: AdmittedTransform,
  found: Found,
): Promise<Response> {
  const { transform, admission } = asked;
  // A file that is confidential is so in every size.
  const letIn = file.visibility === "confidential" ? await letInBy(context, request, file, admission) : (admission ?? "everybody");
  if (letIn === undefined) throw fail("UNAUTHORIZED", { action: `see ${file.id}` });
  found.file = file;
  found.transform = transform;
  if (findMediaType(file.type)?.isDecodable !== true) throw fail("NOT_AN_IMAGE", { id: file.id, type: file.type });
  const choice = negotiateFormat(request.headers.get("accept") ?? undefined, file, transform);
  const redirected = await context.redirects?.toVariant(request, file, transform, choice.format, letIn);
  if (redirected !== undefined) return redirected;
  const content = variantContent(file, await context.variants.get(file, transform, choice), asked, letIn);
  return await respond(request, isDownload(request) ? { ...content, isInline: false } : content);
}

/** Describe a variant of a file as the content it is sent as. */
export function variantContent(
  file: FileRecord,
  { variant: { bytes, etag }, format, isInterim }: ChosenVariant,
  { transform, isFixed }: AskedTransform,
  letIn: LetIn,
): Content {
  const { type, extension } = variantFormats[format];
  return {
    type,
    size: bytes.byteLength,
    etag,
    storedAt: file.storedAt,
    cacheControl: cacheControlOf({ file, letIn, isVariant: true, isFixed, isInterim }),
    name: `${file.name.replace(/\.[^.]*$/, "")}.${extension}`,
    isInline: true,
    ...(transform.format === "auto" ? { vary: "Accept" } : {}),
    open: (range) => (range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)) as ResponseBytes,
  };
}
