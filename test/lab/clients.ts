import { setTimeout as sleep } from "node:timers/promises";
import type { FileJson } from "@holdfast/media";
import { type MadePicture, type Random, sha256Of, withComment } from "../system/pictures-made.js";
import { listAll } from "../system/kill-verdict.js";

/** One upload that a client means to get through, however often it must be sent. */
export interface Errand {
  /** Used once, so that two listed files of one name are a duplicate. */
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
  readonly isTrickled: boolean;
  /** The file's id, once it was acknowledged. */
  id: string | undefined;
}

/** What clients meant to send, over the life of one database and bucket. */
export interface Errands {
  readonly all: Errand[];
  /** Answers that no honest service gives. */
  readonly wrong: string[];
}

/** Begin to remember. */
export function newErrands(): Errands {
  return { all: [], wrong: [] };
}

/** Think of one more upload. */
export function newErrand(errands: Errands, random: Random, pictures: readonly MadePicture[]): Errand {
  const picture = random.pick(pictures.filter(({ type }) => type === "image/jpeg"));
  const name = `${errands.all.length}-${random.between(0, 2 ** 31)}.jpeg`;
  const bytes = withComment(picture.bytes, name);
  const errand = { name, type: picture.type, bytes, sha256: sha256Of(bytes), isTrickled: random.next() < 0.25, id: undefined };
  errands.all.push(errand);
  return errand;
}

/**
 * Send an errand to an instance, under its idempotency key. True when it was acknowledged; false when the instance went away
 * or asked to come back. What was acknowledged before must be acknowledged as the same file again.
 */
export async function send(origin: string, errand: Errand, errands: Errands): Promise<boolean> {
  try {
    const response = await fetch(`${origin}/api/v1/files?name=${encodeURIComponent(errand.name)}`, {
      method: "POST",
      headers: { "content-type": errand.type, "idempotency-key": errand.name },
      ...(errand.isTrickled ? { body: trickle(errand.bytes), duplex: "half" as const } : { body: errand.bytes }),
    });
    const text = await response.text();
    if (response.status === 201 || response.status === 200) {
      const id = (response.headers.get("location") ?? "").split("/").at(-1) ?? "";
      if (errand.id !== undefined && errand.id !== id) errands.wrong.push(`${errand.name} was acknowledged as ${errand.id} and as ${id}`);
      errand.id = id;
      return true;
    }
    if (response.status !== 409 && response.status !== 503) errands.wrong.push(`${errand.name} was answered ${response.status}: ${text}`);
  } catch {
    // The instance has been killed, or stopped.
  }
  return false;
}

/** What each errand came to: lost, duplicated or not whole, a sentence each. `originOf` names an instance that is up. */
export async function checkErrands(origin: string, { all }: Errands): Promise<string[]> {
  const listed = await listAll(origin);
  const problems: string[] = [];
  const byName = new Map<string, FileJson[]>();
  for (const file of listed) byName.set(file.name, [...(byName.get(file.name) ?? []), file]);
  for (const { name, id, sha256, bytes } of all) {
    const files = byName.get(name) ?? [];
    byName.delete(name);
    if (files.length > 1) problems.push(`duplicate: ${name} is listed ${files.length} times`);
    if (id !== undefined && !files.some((file) => file.id === id)) problems.push(`lost: ${name} was acknowledged and is not listed`);
    for (const file of files) {
      if (file.sha256 !== sha256 || file.size !== bytes.byteLength) problems.push(`wrong: the row of ${name} is not of what was sent`);
    }
  }
  for (const name of byName.keys()) problems.push(`wrong: ${name} is listed, and nobody sent it`);
  const waiting = [...listed];
  const check = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const response = await fetch(origin + file.url);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 200) problems.push(`lost: the bytes of ${file.name} are answered ${response.status}`);
      else if (sha256Of(bytes) !== file.sha256) problems.push(`lost: the bytes of ${file.name} are not those sent`);
    }
  };
  await Promise.all([check(), check(), check(), check()]);
  return problems;
}

/** The bytes in blocks, with a pause before each. */
function trickle(bytes: Uint8Array<ArrayBuffer>, blocks = 8, pauseMs = 20): ReadableStream<Uint8Array<ArrayBuffer>> {
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
