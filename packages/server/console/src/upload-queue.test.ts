import { UploadError, type UploadedFile, type UploadFileOptions } from "@holdfast/media/browser";
import { describe, expect, it } from "vitest";
import { createUploadQueue, type UploadQueue } from "./upload-queue.js";

interface Sending {
  readonly file: File;
  readonly options: UploadFileOptions;
  readonly resolve: (uploaded: UploadedFile) => void;
  readonly reject: (reason: unknown) => void;
}

/** A queue whose uploads are answered by hand. */
function openQueue(parallel = 3): { queue: UploadQueue; sent: Sending[]; stored: string[]; refused: string[] } {
  const sent: Sending[] = [];
  const stored: string[] = [];
  const refused: string[] = [];
  const queue = createUploadQueue({
    url: "/api/v1/files",
    parallel,
    onStored: (uploaded) => stored.push(uploaded.name),
    onRefused: (error) => refused.push(error.code),
    send: (file, options) =>
      new Promise((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(options.signal?.reason));
        sent.push({ file, options, resolve, reject });
      }),
  });
  return { queue, sent, stored, refused };
}

const files = (...names: string[]): File[] => names.map((name) => new File(["0123456789"], name, { type: "image/png" }));

const answer = (name: string): UploadedFile => ({
  id: "0".repeat(26),
  name,
  url: `/media/${"0".repeat(26)}/${name}`,
  sha256: "0".repeat(64),
  size: 10,
  type: "image/png",
  width: 1,
  height: 1,
  state: "stored",
});

const stages = (queue: UploadQueue): string[] => queue.snapshot().map((upload) => upload.stage.kind);
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe("the upload queue", () => {
  it("sends so many at a time, and the next as soon as one is stored", async () => {
    const { queue, sent, stored } = openQueue(2);
    queue.add(files("a.png", "b.png", "c.png"));
    expect(sent.map(({ file }) => file.name)).toEqual(["a.png", "b.png"]);
    expect(stages(queue)).toEqual(["sending", "sending", "waiting"]);
    sent[1]?.resolve(answer("b.png"));
    await turn();
    expect(sent.map(({ file }) => file.name)).toEqual(["a.png", "b.png", "c.png"]);
    expect(stages(queue)).toEqual(["sending", "stored", "sending"]);
    expect(stored).toEqual(["b.png"]);
  });

  it("says that a file is being checked once all its bytes are sent, and not that it is stored", () => {
    const { queue, sent } = openQueue();
    queue.add(files("a.png"));
    sent[0]?.options.onProgress?.({ sentBytes: 4, totalBytes: 10 });
    expect(queue.snapshot()[0]?.stage).toEqual({ kind: "sending", sentBytes: 4 });
    sent[0]?.options.onProgress?.({ sentBytes: 10, totalBytes: 10 });
    expect(queue.snapshot()[0]?.stage).toEqual({ kind: "checking" });
  });

  it("keeps the service's sentence of a refused file, and sends it anew on retry", async () => {
    const { queue, sent, refused } = openQueue();
    queue.add(files("a.png"));
    sent[0]?.reject(new UploadError("IMAGE_BROKEN", '"a.png" is cut short.', { status: 422 }));
    await turn();
    expect(queue.snapshot()[0]?.stage).toEqual({ kind: "failed", detail: '"a.png" is cut short.' });
    expect(refused).toEqual(["IMAGE_BROKEN"]);
    queue.retry(queue.snapshot()[0]?.key ?? 0);
    expect(sent).toHaveLength(2);
    expect(stages(queue)).toEqual(["sending"]);
  });

  it("stops a cancelled upload, forgets it and goes on with the next", async () => {
    const { queue, sent, stored, refused } = openQueue(1);
    queue.add(files("a.png", "b.png"));
    queue.remove(queue.snapshot()[0]?.key ?? 0);
    expect(sent[0]?.options.signal?.aborted).toBe(true);
    await turn();
    expect(queue.snapshot().map((upload) => upload.file.name)).toEqual(["b.png"]);
    expect(sent.map(({ file }) => file.name)).toEqual(["a.png", "b.png"]);
    expect([...stored, ...refused]).toEqual([]);
  });

  it("tells its subscribers of every change, until they leave", () => {
    const { queue } = openQueue();
    let changes = 0;
    const leave = queue.subscribe(() => (changes += 1));
    queue.add(files("a.png"));
    expect(changes).toBeGreaterThan(0);
    leave();
    const before = changes;
    queue.add(files("b.png"));
    expect(changes).toBe(before);
  });
});
