import { HTTPException } from "hono/http-exception";

/** How long a sender may be silent. */
const stallMs = 30_000;

/** Read a body block by block, as long as its sender goes on and it does not grow beyond what is allowed. */
export async function* boundedBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  patienceMs: number = stallMs,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  let size = 0;
  let hasEnded = false;
  try {
    for (;;) {
      const block = await withinTime(reader.read(), patienceMs);
      if (block.done) {
        hasEnded = true;
        return;
      }
      size += block.value.byteLength;
      if (size > maxBytes) throw new HTTPException(413, { message: "refused" });
      yield block.value;
    }
  } finally {
    // Not awaited: who is silent does not answer this either.
    if (!hasEnded) reader.cancel().catch(() => undefined);
  }
}

async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HTTPException(408, { message: "refused" })), ms);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
