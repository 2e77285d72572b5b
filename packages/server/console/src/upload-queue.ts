import { UploadError } from "@holdfast/media/browser";
import type { UploadedFile, uploadFile } from "@holdfast/media/browser";

/** How far one upload is. `checking`: every byte is sent, and the service has not yet said that they are kept. */
export type UploadStage =
  | { readonly kind: "waiting" }
  | { readonly kind: "sending"; readonly sentBytes: number }
  | { readonly kind: "checking" }
  | { readonly kind: "stored" }
  | { readonly kind: "failed"; readonly detail: string };

export interface Upload {
  readonly key: number;
  readonly file: File;
  readonly stage: UploadStage;
}

/** The uploads of this page, in the order they were added. */
export interface UploadQueue {
  /** The same array until something changes. */
  readonly snapshot: () => readonly Upload[];
  readonly subscribe: (changed: () => void) => () => void;
  readonly add: (files: readonly File[]) => void;
  /** Try a failed upload again. */
  readonly retry: (key: number) => void;
  /** Stop an upload, or take a finished one off the list. */
  readonly remove: (key: number) => void;
}

/** Make a queue that sends `parallel` files at a time. `onStored` hears of each one once it is durable. */
export function createUploadQueue(options: {
  readonly url: string;
  readonly send: typeof uploadFile;
  readonly parallel: number;
  readonly onStored: (uploaded: UploadedFile) => void;
  readonly onRefused: (error: UploadError) => void;
}): UploadQueue {
  let uploads: readonly Upload[] = [];
  let nextKey = 1;
  const listeners = new Set<() => void>();
  const running = new Map<number, AbortController>();

  const publish = (changed: readonly Upload[]): void => {
    uploads = changed;
    for (const listener of listeners) listener();
  };
  const setStage = (key: number, stage: UploadStage): void =>
    publish(uploads.map((upload) => (upload.key === key ? { ...upload, stage } : upload)));

  const pump = (): void => {
    for (const upload of uploads) {
      if (running.size >= options.parallel) return;
      if (upload.stage.kind === "waiting" && !running.has(upload.key)) void run(upload);
    }
  };

  const run = async ({ key, file }: Upload): Promise<void> => {
    const controller = new AbortController();
    running.set(key, controller);
    setStage(key, { kind: "sending", sentBytes: 0 });
    try {
      const uploaded = await options.send(file, {
        url: options.url,
        signal: controller.signal,
        onProgress: ({ sentBytes, totalBytes }) =>
          setStage(key, sentBytes < totalBytes ? { kind: "sending", sentBytes } : { kind: "checking" }),
      });
      setStage(key, { kind: "stored" });
      options.onStored(uploaded);
    } catch (error) {
      // A cancelled upload has left the list already.
      if (!controller.signal.aborted) {
        setStage(key, { kind: "failed", detail: error instanceof Error ? error.message : String(error) });
        if (error instanceof UploadError) options.onRefused(error);
      }
    } finally {
      running.delete(key);
      pump();
    }
  };

  return {
    snapshot: () => uploads,
    subscribe: (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    add: (files) => {
      publish([...uploads, ...files.map((file): Upload => ({ key: nextKey++, file, stage: { kind: "waiting" } }))]);
      pump();
    },
    retry: (key) => {
      if (running.has(key)) return;
      setStage(key, { kind: "waiting" });
      pump();
    },
    remove: (key) => {
      publish(uploads.filter((upload) => upload.key !== key));
      running.get(key)?.abort();
    },
  };
}
