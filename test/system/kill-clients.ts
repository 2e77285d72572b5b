import { setTimeout as sleep } from "node:timers/promises";
import { type MadePicture, type Random, sha256Of, withComment } from "./pictures-made.js";
import type { ServiceProcess } from "./service-process.js";

/** What was sent under a name. */
export interface Sent {
  readonly size: number;
  readonly sha256: string;
}

/** What clients remember of one folder over all its boots. */
export interface Ledger {
  /** By name; each name is used once. */
  readonly sent: Map<string, Sent>;
  /** By id: everything that was answered with 201. */
  readonly acknowledged: Map<string, Sent & { readonly name: string }>;
}

/** Begin to remember. */
export function newLedger(): Ledger {
  return { sent: new Map(), acknowledged: new Map() };
}

const mostUploads = 6;
/** Answers that an honest service may give under load, or while it closes. */
const mayBeRefused: ReadonlySet<number> = new Set([409, 503]);

/**
 * Upload pictures one after the other until the service is gone: as forms and raw, at once and trickling, and now and
 * then ask for a variant of what was just stored. Every 201 is noted the moment its headers are there.
 */
export async function upload(
  { origin }: ServiceProcess,
  random: Random,
  pictures: readonly MadePicture[],
  ledger: Ledger,
  names: Set<string>,
  wrong: string[],
): Promise<void> {
  for (let count = 0; count < mostUploads; count += 1) {
    const picture = random.pick(pictures);
    const name = `${ledger.sent.size}-${random.between(0, 2 ** 31)}-${picture.name}`;
    const bytes = picture.type === "image/jpeg" ? withComment(picture.bytes, name) : picture.bytes;
    const sent: Sent = { size: bytes.byteLength, sha256: sha256Of(bytes) };
    ledger.sent.set(name, sent);
    names.add(name);
    try {
      const response = await send(origin, random, name, picture.type, bytes);
      if (response.status === 201) {
        const id = (response.headers.get("location") ?? "").split("/").at(-1) ?? "";
        ledger.acknowledged.set(id, { ...sent, name });
        if (random.next() < 0.3) await drain(await fetch(`${origin}/media/${id}/${random.pick(["w64", "w320", "full"])}/x`));
      } else if (!mayBeRefused.has(response.status)) {
        wrong.push(`${name} was answered ${response.status}: ${await response.text()}`);
      }
      await drain(response);
    } catch {
      return; // The service has been killed.
    }
  }
}

async function send(origin: string, random: Random, name: string, type: string, bytes: Uint8Array<ArrayBuffer>): Promise<Response> {
  const kind = random.next();
  if (kind < 0.4) {
    const form = new FormData();
    form.set("file", new File([bytes], name, { type }));
    return await fetch(`${origin}/api/v1/files`, { method: "POST", body: form });
  }
  const url = `${origin}/api/v1/files?name=${encodeURIComponent(name)}`;
  const headers = { "content-type": type };
  if (kind < 0.75) return await fetch(url, { method: "POST", headers, body: bytes });
  const body = trickle(bytes, random.between(3, 12), random.between(1, 30));
  return await fetch(url, { method: "POST", headers, body, duplex: "half" });
}

/** The bytes in so many blocks, with a pause before each. */
function trickle(bytes: Uint8Array<ArrayBuffer>, blocks: number, pauseMs: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const length = Math.ceil(bytes.byteLength / blocks);
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await sleep(pauseMs);
      controller.enqueue(bytes.subarray(at, at + length));
      at += length;
      if (at >= bytes.byteLength) controller.close();
    },
  });
}

async function drain(response: Response): Promise<void> {
  if (!response.bodyUsed) await response.arrayBuffer();
}
