import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { serve, type ServeOptions } from "./serve.js";

/** A service of a test's own: a real one, on a port of the system's choosing, with its data in a folder of its own. */
export interface ServiceFixture {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly printed: readonly string[];
  /** Send a request to a path of the service. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

export const testToken = "a-token-for-the-tests-0123456789";

/** Start a service; only `env` says what its environment is. */
export async function startService(options: ServeOptions = {}): Promise<ServiceFixture> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-server-test-"));
  const printed: string[] = [];
  const running = await serve({ port: 0, env: {}, cwd: folder, print: (line) => printed.push(line), graceMs: 5_000, ...options }).catch(
    async (error: unknown) => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    },
  );
  return {
    url: running.url,
    port: running.port,
    folder,
    printed,
    fetch: async (path, init) => await fetch(`${running.url}${path}`, init),
    close: async () => {
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Make a JPEG whose bytes depend on its colour. */
export async function picture(red = 200, width = 64, height = 48): Promise<Uint8Array<ArrayBuffer>> {
  const jpeg = await sharp({ create: { width, height, channels: 3, background: { r: red, g: 90, b: 40 } } })
    .jpeg()
    .toBuffer();
  return new Uint8Array(jpeg);
}

/** A form with one field `file`. */
export function form(bytes: Uint8Array<ArrayBuffer>, name: string, type = "image/jpeg"): FormData {
  const data = new FormData();
  data.set("file", new File([bytes], name, { type }));
  return data;
}
