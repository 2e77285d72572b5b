import { isDownload } from "../respond.js";
import type { DrawingType } from "./drawing.js";

/** What somebody who asks for a picture takes instead of it. */
export interface PictureRequest {
  readonly type: DrawingType;
  /** Whether a page embeds it, or so it seems: then even what is not known to be a picture is best shown as one. */
  readonly isEmbedded: boolean;
}

/**
 * Tell whether a picture is an answer to a request, and which: to what browsers send for an `<img>`, and to whoever names an image
 * type in Accept; not to who names JSON or only says that anything will do. A program learns more from a problem document, and so
 * does whoever asked for a download.
 */
export function pictureAskedBy(request: Request): PictureRequest | undefined {
  if (request.method !== "GET" && request.method !== "HEAD") return undefined;
  if (isDownload(request)) return undefined;
  const destination = request.headers.get("sec-fetch-dest");
  // Every browser that says so shows SVG.
  if (destination === "image") return { type: "image/svg+xml", isEmbedded: true };
  const accepted = acceptedTypes(request.headers.get("accept") ?? "");
  const names = [...accepted];
  if (!names.some((name) => name.startsWith("image/")) || names.some((name) => /[/+]json$/.test(name))) return undefined;
  const isNavigation = accepted.has("text/html");
  const isEmbedded = destination === null && !isNavigation;
  // Chromium does not name SVG when it navigates, and shows it all the same.
  if (accepted.has("image/svg+xml") || isNavigation) return { type: "image/svg+xml", isEmbedded };
  const takesPng = ["image/png", "image/*", "*/*"].some((name) => accepted.has(name));
  return takesPng ? { type: "image/png", isEmbedded } : undefined;
}

/** The types that an Accept names and does not refuse (RFC 9110 §12.5.1). */
function acceptedTypes(accept: string): Set<string> {
  const types = new Set<string>();
  for (const entry of accept.toLowerCase().split(",")) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    if (name !== "" && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))) types.add(name);
  }
  return types;
}
