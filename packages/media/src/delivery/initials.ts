import { createHash } from "node:crypto";
import { avatarSvg } from "../images/avatar.js";
import { etagOf } from "./conditions.js";
import type { Content } from "./respond.js";

/** A name and a language change seldom, how we draw them now and then. */
const cacheForAWeek = "public, max-age=604800";
const avatarSide = 256;
/** When how they are drawn was last changed: an avatar has no other date. */
const drawnSince = Date.UTC(2026, 10, 28);

/**
 * Draw the avatar that a URL spells: `/initials/Ada%20Lovelace.svg`, with `?lang=tr` for names that are upper-cased as in Turkish.
 * It depends on nothing but the URL, so everybody may have it and caches may keep it.
 */
export function initialsContent(name: string, query: URLSearchParams): Content {
  const locale = query.get("lang") ?? undefined;
  const bytes = Buffer.from(avatarSvg(name, { width: avatarSide, ...(locale === undefined ? {} : { locale }) }));
  return {
    type: "image/svg+xml",
    size: bytes.byteLength,
    etag: etagOf(createHash("sha256").update(bytes).digest("hex")),
    storedAt: drawnSince,
    cacheControl: cacheForAWeek,
    name: "initials.svg",
    isInline: true,
    open: (range) => (range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)),
  };
}

/** Read the name out of the last part of a path; what is malformed is nobody's name. */
export function nameOfInitials(part: string): string | undefined {
  if (!/\.svg$/i.test(part)) return undefined;
  try {
    return decodeURIComponent(part.slice(0, -4));
  } catch {
    return "";
  }
}
