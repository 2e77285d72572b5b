import { randomBytes } from "node:crypto";
import { isHoldfastError } from "../errors.js";
import type { Driver } from "../storage/driver.js";
import { type Key, parseKey } from "../storage/key.js";
import { claim, claimBytes, claimEqual, ClauseFailed, sourceOf } from "./clause.js";
import { type ClauseResult, scratchPrefix } from "./contract.js";
import { openScratch } from "./scratch.js";

/** How a look from outside came out: as a clause does, or with a warning. */
export type AccessResult =
  | ClauseResult
  | { readonly clause: string; readonly says: string; readonly ms: number; readonly outcome: "warned"; readonly why: string };

/** What is looked at from outside, and how. */
export interface AccessOptions {
  readonly driver: Driver;
  /** Where the service answers, for comparing clocks; absent where there is no service. */
  readonly address?: string;
  /** The origin of the pages that upload directly: `https://app.example`. Without one no preflight is tried. */
  readonly origin?: string;
  /** Whether objects are meant to be readable by anybody, so that a public URL must be there. @defaultValue whether the driver has one */
  readonly isPublic?: boolean;
  readonly prefix?: string;
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onResult?: (result: AccessResult) => void;
  /** @defaultValue the global one */
  readonly fetch?: typeof fetch;
}

/** What a check answers when it neither passed nor failed. */
type Verdict = { readonly outcome: "warned" | "not offered"; readonly why: string } | undefined;

interface AccessClause {
  readonly id: string;
  readonly says: string;
  check(view: View): Promise<Verdict>;
}

/** What a check looks with. */
interface View extends AccessOptions {
  readonly isPublic: boolean;
  /** Put a small object; its bytes come back. */
  put(): Promise<{ readonly key: Key; readonly bytes: Uint8Array }>;
  get(url: string, init?: RequestInit): Promise<Response>;
}

const answerMs = 15_000;
const minute = 60_000;
const notOffered = (why: string): Verdict => ({ outcome: "not offered", why });

/** What the contract cannot see: the storage as a browser meets it over HTTP, and its clock. */
export const accessClauses: readonly AccessClause[] = [
  {
    id: "access-signed",
    says: "A signed URL reads its object over HTTP.",
    async check({ driver, put, get }) {
      if (driver.signing === undefined) return notOffered(`${driver.name} does not offer signing`);
      const { key, bytes } = await put();
      const answer = await get(await driver.signing.signRead(key, { expiresInMs: minute }));
      claimEqual("status", answer.status, 200);
      claimBytes("the object", new Uint8Array(await answer.arrayBuffer()), bytes);
      return undefined;
    },
  },
  {
    id: "access-private",
    says: "Without a signature nobody reads an object.",
    async check({ driver, isPublic, put, get }) {
      if (driver.signing === undefined) return notOffered(`${driver.name} does not offer signing`);
      if (isPublic) return notOffered("objects are meant to be public here");
      const { key } = await put();
      const signed = new URL(await driver.signing.signRead(key, { expiresInMs: minute }));
      const answer = await get(signed.origin + signed.pathname);
      await answer.arrayBuffer();
      claim(`anybody reads it (${answer.status}): originals carry places and names, so make the bucket private`, answer.status >= 400);
      return undefined;
    },
  },
  {
    id: "access-public",
    says: "The public URL of an object reads it over HTTP.",
    async check({ driver, isPublic, put, get }) {
      if (!isPublic) return notOffered("no custom domain is set");
      if (driver.publicUrl === undefined) throw new ClauseFailed("objects have no public URL: set AWS_S3_CUSTOM_DOMAIN");
      const { key, bytes } = await put();
      const answer = await get(driver.publicUrl(key));
      claimEqual("status", answer.status, 200);
      claimBytes("the object", new Uint8Array(await answer.arrayBuffer()), bytes);
      return undefined;
    },
  },
  {
    id: "cors-preflight",
    says: "A page of the origin may send its upload to the storage, as the browser asks beforehand.",
    async check({ driver, origin, prefix = "", get }) {
      if (origin === undefined) return notOffered("no --origin was given");
      if (driver.directUpload === undefined) return notOffered(`${driver.name} does not offer directUpload`);
      const options = { expiresInMs: minute, maxBytes: 1000, contentType: "image/jpeg" };
      const { url } = await driver.directUpload.prepare(parseKey(`${prefix}preflight.jpg`), options);
      const headers = { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type" };
      const answer = await get(url, { method: "OPTIONS", headers });
      await answer.arrayBuffer();
      const allowed = (name: string): string => answer.headers.get(`access-control-allow-${name}`) ?? "";
      const remedy = `holdfast storage cors --origin ${origin} --apply`;
      claim(`the preflight was answered ${answer.status}; set the rules with ${remedy}`, answer.ok);
      claim(`the origin "${allowed("origin")}" is allowed, not ${origin}`, ["*", origin].includes(allowed("origin")));
      claim(`POST is not among the methods "${allowed("methods")}"`, /\bPOST\b|\*/.test(allowed("methods")));
      claim(`content-type is not among the headers "${allowed("headers")}"`, /\bcontent-type\b|\*/i.test(allowed("headers")));
      return undefined;
    },
  },
  {
    id: "clock",
    says: "This machine's clock and the service's agree: within a minute, and never more than five apart.",
    async check({ address, get }) {
      if (address === undefined) return notOffered("there is no service with a clock of its own");
      const askedAt = Date.now();
      const answer = await get(address, { method: "HEAD", redirect: "manual" });
      await answer.arrayBuffer();
      const theirs = Date.parse(answer.headers.get("date") ?? "");
      if (Number.isNaN(theirs)) return notOffered("the service's answer has no Date");
      const apartMs = (askedAt + Date.now()) / 2 - theirs;
      const apart = `this clock is ${Math.round(Math.abs(apartMs) / 1000)} s ${apartMs > 0 ? "ahead of" : "behind"} the service's`;
      claim(`${apart}, and signed requests are about to be refused: set the clock by NTP`, Math.abs(apartMs) <= 5 * minute);
      return Math.abs(apartMs) > minute ? { outcome: "warned", why: `${apart}; set the clock by NTP` } : undefined;
    },
  },
];

/** Look at a storage from outside, as a browser does. What was written is removed; it rejects when the signal ends it. */
export async function checkAccess(options: AccessOptions): Promise<readonly AccessResult[]> {
  const { only, signal, onResult, fetch: request = fetch } = options;
  const prefix = options.prefix ?? scratchPrefix();
  const scratch = openScratch(options.driver, signal);
  let count = 0;
  const view: View = {
    ...options,
    driver: scratch.driver,
    prefix,
    isPublic: options.isPublic ?? options.driver.publicUrl !== undefined,
    async put() {
      const [key, bytes] = [parseKey(`${prefix}${(count += 1)}/picture.jpg`), randomBytes(1000)];
      await scratch.driver.put(key, sourceOf(bytes), { contentType: "image/jpeg" });
      return { key, bytes };
    },
    get: async (url, init) =>
      await request(url, { ...init, signal: AbortSignal.any([AbortSignal.timeout(answerMs), ...(signal === undefined ? [] : [signal])]) }),
  };
  const results: AccessResult[] = [];
  try {
    for (const clause of accessClauses) {
      if (only !== undefined && !only.includes(clause.id)) continue;
      const result = await checkOne(clause, view);
      signal?.throwIfAborted();
      results.push(result);
      onResult?.(result);
    }
  } finally {
    await scratch.clean(prefix);
  }
  return results;
}

async function checkOne({ id, says, check }: AccessClause, view: View): Promise<AccessResult> {
  const startedAt = performance.now();
  const about = (): { clause: string; says: string; ms: number } => ({ clause: id, says, ms: Math.round(performance.now() - startedAt) });
  try {
    const verdict = await check(view);
    return verdict === undefined ? { ...about(), outcome: "passed" } : { ...about(), ...verdict };
  } catch (error) {
    if (isHoldfastError(error)) return { ...about(), outcome: "failed", why: error.message, code: error.code };
    if (error instanceof ClauseFailed) return { ...about(), outcome: "failed", why: error.message };
    // fetch tells the reason in its cause only. No answer is no finding.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {
      ...about(),
      outcome: "failed",
      why: `no answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      code: "STORAGE_UNREACHABLE",
    };
  }
}
