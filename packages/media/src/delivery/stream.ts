import type { ObjectBody } from "../storage/driver.js";

/** Hand an opened object to a response: pulled as the client takes it, closed when it ends or the client goes away. */
export function streamOf(body: ObjectBody): ReadableStream<Uint8Array> {
  const iterator = body.bytes[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
        await body.close();
      },
    },
    { highWaterMark: 0 },
  );
}
