import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";

const connections = 4_096;
/** Far above what waiting connections take, far below what a decode for each of them would. */
const maxGrownBytes = 512 * 1024 * 1024;

let folder: ServiceFolder;
let service: ServiceProcess;
let port: number;
/** Files whose variants nobody has asked for. */
const cold: string[] = [];
let hot: string;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder);
  port = Number(new URL(service.origin).port);
  const kept = async (n: number): Promise<string> => {
    const noise = { type: "gaussian", mean: 100 + n, sigma: 30 } as const;
    const bytes = await sharp({ create: { width: 1200, height: 900, channels: 3, background: "#000", noise } })
      .jpeg()
      .toBuffer();
    const body = Uint8Array.from(bytes);
    const response = await fetch(`${service.origin}/api/v1/files?name=a.jpg`, {
      method: "POST",
      headers: { "content-type": "image/jpeg" },
      body,
    });
    return ((await response.json()) as { id: string }).id;
  };
  for (let n = 0; n < 32; n += 1) cold.push(await kept(n));
  hot = `/media/${cold[0] ?? ""}/w64/a.jpg`;
  await (await fetch(service.origin + hot)).arrayBuffer();
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

async function opened(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Ask on a connection of its own and answer the head of what came, or what happened instead. */
async function ask(socket: Socket, path: string, accept = "image/webp"): Promise<string> {
  return await new Promise((resolve) => {
    let head = "";
    const timer = setTimeout(() => resolve("nothing within 60 seconds"), 60_000);
    const end = (what: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(what);
    };
    socket.on("data", (block: Buffer) => {
      head += block.toString("latin1");
      if (head.includes("\r\n\r\n")) end(head.slice(0, head.indexOf("\r\n\r\n")));
    });
    socket.once("close", () => end("closed without an answer"));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`);
  });
}

/** What is true now, by Linux' own word. */
async function residentBytes(): Promise<number> {
  const text = await (await fetch(`${service.origin}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

describe(`${connections} connections at once`, () => {
  it("are each answered: with the picture, or with 503 and when to come back; and memory stays within bounds", async () => {
    const before = await residentBytes();
    const sockets: Socket[] = [];
    // In batches: the system's queue of connections that nobody has accepted yet is short.
    for (let n = 0; n < connections - 16; n += 64)
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(64, connections - 16 - n) }, opened))));
    const widths = [128, 256, 320, 512, 640, 800, 1024];
    // Half of them ask for what is at hand; the other half for four hundred variants that have to be made, more than may wait.
    const answers = await Promise.all(
      sockets.map(async (socket, n) => {
        const isHot = n % 2 === 0;
        const at = n >> 1;
        const path = `/media/${cold[at % cold.length] ?? ""}/w${widths[(at >> 5) % widths.length] ?? 128}/a.jpg`;
        return [isHot, await ask(socket, isHot ? hot : path, isHot || (at >> 8) % 2 === 0 ? "image/webp" : "image/jpeg")] as const;
      }),
    );
    const statusOf = (head: string): string => /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? head;
    const statuses = new Set(answers.map(([, head]) => statusOf(head)));
    expect([...statuses].filter((status) => status !== "200" && status !== "503")).toEqual([]);
    expect(statuses).toContain("503");
    for (const [, head] of answers) if (statusOf(head) === "503") expect(head).toMatch(/^retry-after: \d+\r?$/im);
    // What is at hand does not wait behind what is made.
    expect(answers.filter(([isHot, head]) => isHot && statusOf(head) !== "200")).toEqual([]);
    expect((await residentBytes()) - before).toBeLessThan(maxGrownBytes);
    expect((await fetch(service.origin + hot)).status).toBe(200);
  });

  it("that say nothing leave no room for more: those are told, and taken once there is room", async () => {
    const silent: Socket[] = [];
    for (let n = 0; n < connections; n += 64) silent.push(...(await Promise.all(Array.from({ length: 64 }, opened))));
    for (let waited = 0; waited < 5_000; waited += 100) {
      const head = await ask(await opened(), "/healthz");
      if (head.startsWith("HTTP/1.1 503 ")) {
        expect(head).toMatch(/^Retry-After: 5\r$/m);
        break;
      }
      await sleep(100);
      expect(waited).toBeLessThan(4_000);
    }
    for (const socket of silent) socket.destroy();
    await sleep(200);
    expect(await ask(await opened(), "/healthz")).toMatch(/^HTTP\/1\.1 200 /);
  });
});
