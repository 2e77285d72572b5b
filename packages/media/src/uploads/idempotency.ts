import { createHash } from "node:crypto";
import type { FileRecord } from "../catalogue/file.js";
import { fail } from "../errors.js";
import type { Incoming } from "./incoming.js";

const longestKey = 255;

/**
 * Read an idempotency key (draft-ietf-httpapi-idempotency-key-header) as it is kept: a digest together with who sent it, so that
 * one sender's keys are nothing to another, and the catalogue holds neither keys nor credentials.
 *
 * @throws IDEMPOTENCY_KEY_INVALID
 */
export function parseIdempotencyKey(given: string, scope: string): string {
  // The draft has it as a string of structured fields, in quotes; most clients send it bare.
  const key = /^"([^"\\]*)"$/.exec(given)?.[1] ?? given;
  if (key.length === 0 || key.length > longestKey || !/^[\x21-\x7e]+$/.test(key)) {
    throw fail("IDEMPOTENCY_KEY_INVALID", { reason: `it has to be 1 to ${longestKey} visible ASCII characters, a random UUID for one` });
  }
  return createHash("sha256")
    .update(JSON.stringify([scope, key]))
    .digest("hex");
}

/**
 * Read a request's idempotency key, if it has one. Without an owner a sender is told from another by its credentials. Of a form
 * each file has a key of its own, by where it stands in it.
 */
export function idempotencyKeyOf(
  request: Request,
  owner: string | undefined,
  place?: { readonly field: string; readonly number: number },
): { readonly idempotencyKey?: string } {
  const given = request.headers.get("idempotency-key");
  if (given === null) return {};
  const credentials = [request.headers.get("authorization"), request.headers.get("cookie")];
  const sender = owner ?? JSON.stringify(credentials);
  const scope = place === undefined ? sender : JSON.stringify([sender, place.field, place.number]);
  return { idempotencyKey: parseIdempotencyKey(given, scope) };
}

/** What another sending under the same key has to be: the same file. */
export interface Sending {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** Read a sending to its end and forget it, but for what it was. The sender is heard out, so that the answer reaches it. */
export async function readSending({ name, bytes, ended }: Incoming): Promise<Sending> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const block of bytes) {
    hash.update(block);
    size += block.byteLength;
  }
  await ended;
  return { name, size, sha256: hash.digest("hex") };
}

/** Hold a sending against the file that its key was first used for. @throws IDEMPOTENCY_MISMATCH */
export function confirmSame(file: FileRecord, { name, size, sha256 }: Sending): void {
  const gone = file.state === "stored" ? undefined : "that file has been removed since";
  const other = file.name === name ? undefined : `that file was called "${file.name}", and this one is "${name}"`;
  const bytes = file.size === size && file.sha256 === sha256 ? undefined : "the bytes are not the same";
  const reason = gone ?? other ?? bytes;
  if (reason !== undefined) throw fail("IDEMPOTENCY_MISMATCH", { id: file.id, reason });
}
