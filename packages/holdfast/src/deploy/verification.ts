import { claimsPicture } from "./content.js";
import { look, type LookOptions, type SeenBytes, type Sighting } from "./look.js";
import type { PictureUrl } from "./picture-url.js";
import type { RememberedPicture } from "./remembered.js";

/** What became of a picture. Only `gone`, `changed` and `not-a-picture` are findings. */
export type Outcome = "remembered" | "same" | "changed" | "gone" | "not-a-picture" | "could-not-check";

/** One URL, what was remembered of it before, what it answered now, and what follows from the two. */
export interface Verified {
  readonly url: PictureUrl;
  readonly outcome: Outcome;
  /** Continues the outcome's words for people; absent where they say it all. */
  readonly reason: string | undefined;
  readonly before: RememberedPicture | undefined;
  readonly sighting: Sighting;
}

/** So many pictures are looked at together: quick, and no burden for a small instance. */
const concurrency = 4;

/** Look at every URL and judge each, in the order given. Rejects only when `signal` aborts. */
export async function verifyAll(
  urls: readonly PictureUrl[],
  remembered: readonly RememberedPicture[],
  options: LookOptions & { readonly onVerified?: (verified: Verified) => void },
): Promise<readonly Verified[]> {
  const beforeByUrl = new Map(remembered.map((picture) => [picture.url, picture]));
  const results = new Map<PictureUrl, Verified>();
  const queue = [...new Set(urls)];
  const inOrder = [...queue];
  const work = async (): Promise<void> => {
    for (let url = queue.shift(); url !== undefined; url = queue.shift()) {
      const verified = judge(url, beforeByUrl.get(url), await look(url, options));
      results.set(url, verified);
      options.onVerified?.(verified);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return inOrder.flatMap((url) => results.get(url) ?? []);
}

/** Judge one sighting against what was remembered. What could not be reached is never called lost. */
export function judge(url: PictureUrl, before: RememberedPicture | undefined, sighting: Sighting): Verified {
  return { url, before, sighting, ...decide(before, sighting) };
}

/** What to remember of the pictures seen for the first time. */
export function newlyRemembered(verified: readonly Verified[], now: Date): readonly RememberedPicture[] {
  return verified.flatMap(({ url, outcome, sighting }) => {
    if (outcome !== "remembered" || sighting.kind !== "bytes") return [];
    const { httpStatus, sha256, size, contentType, etag, isPicture } = sighting;
    return [{ url, rememberedAt: now.toISOString(), httpStatus, sha256, size, contentType, etag, isPicture }];
  });
}

function decide(before: RememberedPicture | undefined, sighting: Sighting): Pick<Verified, "outcome" | "reason"> {
  switch (sighting.kind) {
    case "absent":
      return { outcome: "gone", reason: `the site answered ${sighting.httpStatus}` };
    case "unknown":
      return { outcome: "could-not-check", reason: sighting.reason };
    case "bytes":
      return before === undefined ? decideFirst(sighting) : compare(before, sighting);
  }
}

function decideFirst(seen: SeenBytes): Pick<Verified, "outcome" | "reason"> {
  if (seen.isWebPage) return { outcome: "not-a-picture", reason: pageReason(seen) };
  if (seen.size === 0) return { outcome: "not-a-picture", reason: "the answer has no bytes" };
  if (claimsPicture(seen.contentType) && !seen.isPicture) {
    return { outcome: "not-a-picture", reason: `it is sent as ${seen.contentType}, and its bytes are something else` };
  }
  return { outcome: "remembered", reason: undefined };
}

function compare(before: RememberedPicture, seen: SeenBytes): Pick<Verified, "outcome" | "reason"> {
  if (seen.sha256 === before.sha256) return { outcome: "same", reason: undefined };
  if (seen.isWebPage) return { outcome: "not-a-picture", reason: pageReason(seen) };
  if (before.isPicture && !seen.isPicture && seen.size > 0) {
    return { outcome: "not-a-picture", reason: `what answers is ${seen.contentType ?? "of no known type"}` };
  }
  const sizes = before.size === seen.size ? `still ${seen.size} bytes, but others` : `${before.size} bytes then, ${seen.size} now`;
  return { outcome: "changed", reason: sizes };
}

function pageReason(seen: SeenBytes): string {
  return `a web page answers, with status ${seen.httpStatus}`;
}
