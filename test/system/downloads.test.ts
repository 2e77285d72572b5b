import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingOf } from "../../bench/src/servers/daemons.js";
import { startCuttingRelay } from "./cutting-relay.js";
import { makeWav } from "./made-media.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

const lacksCurl = missingOf(["curl"]).length > 0 && process.env["CI"] === undefined;
if (lacksCurl) process.stderr.write("Resuming by curl is left out: there is no curl (apt-get install curl).\n");

let folder: ServiceFolder;
let service: ServiceProcess;
let recording: Buffer;
let path: string;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder);
  recording = makeWav(6_000_000);
  const response = await fetch(`${service.origin}/api/v1/files?name=concert.wav`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: Uint8Array.from(recording),
  });
  ({ url: path } = (await response.json()) as { url: string });
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

/** Run curl to its end; answers its exit code. */
async function curl(...args: readonly string[]): Promise<number> {
  return await promisify(execFile)("curl", ["--silent", "--show-error", ...args], { timeout: 30_000 }).then(
    () => 0,
    (error: { code?: number }) => error.code ?? -1,
  );
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.skipIf(lacksCurl)("a download", () => {
  it("that was cut twice is resumed by curl -C -, and is the same byte for byte", async () => {
    const relay = await startCuttingRelay(Number(new URL(service.origin).port), [1_500_000, 2_000_000]);
    const file = join(folder.path, "concert.wav");
    const download = async (): Promise<number> => await curl("-C", "-", "-o", file, `${relay.origin}${path}?download`);
    try {
      // 18: "partial file".
      expect(await download()).toBe(18);
      const first = (await readFile(file)).byteLength;
      expect(first).toBeGreaterThan(1_000_000);
      expect(await download()).toBe(18);
      const second = (await readFile(file)).byteLength;
      expect(second).toBeGreaterThan(first + 1_000_000);
      expect(await download()).toBe(0);
      expect(digest(await readFile(file))).toBe(digest(recording));
      expect(relay.requests.map((request) => /^Range: (.*)\r$/m.exec(request)?.[1])).toEqual([
        undefined,
        `bytes=${first}-`,
        `bytes=${second}-`,
      ]);
    } finally {
      await relay.stop();
    }
  });

  it("that is whole already is not sent again", async () => {
    const file = join(folder.path, "concert.wav");
    expect(await curl("-C", "-", "-o", file, "--fail", `${service.origin}${path}`)).not.toBe(0);
    expect(digest(await readFile(file))).toBe(digest(recording));
  });

  it("takes the file's own name with curl -OJ", async () => {
    await rm(join(folder.path, "concert.wav"));
    expect(await curl("-O", "-J", "--output-dir", folder.path, `${service.origin}${path.replace(/[^/]*$/, "x")}?download`)).toBe(0);
    expect((await readFile(join(folder.path, "concert.wav"))).byteLength).toBe(recording.byteLength);
  });
});
