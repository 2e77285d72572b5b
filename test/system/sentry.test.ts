import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SentEvent, type SentFrame, type SentryDouble, startSentry } from "../doubles/sentry.js";
import { startExample } from "./example-process.js";
import { makePictures, randomFrom } from "./pictures-made.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const token = "the-token-of-the-house-8341";
const databasePassword = "Kn0w/n@by-nobody";
const secrets = {
  HOLDFAST_TOKEN: token,
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzKEY",
  REPORTS_DATABASE_URL: `postgres://reports:${encodeURIComponent(databasePassword)}@db.example.org/reports`,
};
/** No envelope may hold any of it, in any spelling. */
const untold = [
  token,
  Buffer.from(token).toString("base64"),
  secrets.AWS_SECRET_ACCESS_KEY,
  databasePassword,
  encodeURIComponent(databasePassword),
  "c2lnbmF0dXJl",
  "feedc0de",
  "anna",
  "été",
  "passport",
  "example.org/originals",
  "203.0.113.77",
  "holiday",
  "a-visitor-asks",
];

const fault = [
  `no way to open "KEY" (l'été d'Anna.jpg) of anna.martin@example.org at /data/anna/passport-scan.png from 203.0.113.77: ` +
    `Authorization: Bearer ${token}\nCookie: holdfast_session=1799999999.c2lnbmF0dXJl\n` +
    `https://bucket.example.org/KEY?X-Amz-Signature=feedc0de&X-Amz-Expires=600 as ${secrets.AWS_SECRET_ACCESS_KEY}`,
  `could not connect to ${secrets.REPORTS_DATABASE_URL} (password "${databasePassword}") for key KEY`,
];

interface Service {
  readonly origin: string;
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly log: () => string;
  readonly exitCode: Promise<number | null>;
}

let folder: string;
let sentry: SentryDouble;
let running: Service[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-sentry-"));
  sentry = await startSentry();
  running = [];
});

afterEach(async () => {
  for (const { child, exitCode } of running) {
    child.kill("SIGKILL");
    await exitCode;
  }
  await sentry.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<Service> {
  const child = fork(fileURLToPath(new URL("sentry-child.mjs", import.meta.url)), [], {
    cwd: root,
    execArgv: [],
    env: {
      PATH: process.env["PATH"] ?? "",
      ...secrets,
      FAULT: JSON.stringify(fault),
      MEDIA_ROOT: join(folder, "anna's pictures"),
      MEDIA_DATABASE_URL: `file:${join(folder, "catalogue.db")}`,
      SENTRY_DSN: sentry.dsn,
      RENDER_GIT_COMMIT: "3f2a1b9c",
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const exitCode = once(child, "exit").then(([code]) => code as number | null);
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.on("message", (message: { port?: number; line?: string }) => {
      if (message.line !== undefined) lines.push(message.line);
      if (message.port !== undefined) resolve(message.port);
    });
    void exitCode.then(() => reject(new Error(log)));
  });
  const service: Service = { origin: `http://127.0.0.1:${port}`, child, lines, log: () => log, exitCode };
  running.push(service);
  return service;
}

const headers = { authorization: `Bearer ${token}`, cookie: "holdfast_session=1799999999.c2lnbmF0dXJl" };

/** Upload a picture, then ask for it from a storage that fails; answers how long that took. */
async function fail({ origin, child }: Service): Promise<{ readonly status: number; readonly ms: number; readonly requestId: string }> {
  const [picture] = await makePictures(randomFrom(7));
  if (picture === undefined) throw new Error("There is no picture.");
  const name = "Anna holiday.jpg";
  const uploaded = await fetch(`${origin}/api/v1/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { ...headers, "content-type": picture.type },
    body: picture.bytes,
  });
  const { url } = (await uploaded.json()) as { url: string };
  child.send("fail");
  const began = performance.now();
  const answer = await fetch(`${origin}${url}?e=a-visitor-asks`, { headers });
  await answer.arrayBuffer();
  return { status: answer.status, ms: performance.now() - began, requestId: answer.headers.get("x-request-id") ?? "" };
}

async function arrived(count: number): Promise<readonly SentEvent[]> {
  await expect.poll(() => [sentry.events.length, ...sentry.complaints], { timeout: 10_000 }).toEqual([count]);
  for (const envelope of sentry.envelopes) for (const secret of untold) expect(envelope.toLowerCase()).not.toContain(secret.toLowerCase());
  return sentry.events;
}

function framesOf(event: SentEvent | undefined, exception = -1): readonly SentFrame[] {
  return event?.exception?.values.at(exception)?.stacktrace?.frames ?? [];
}

/** Whether a frame shows the line of a TypeScript file that is really there. */
function isTrue({ filename, lineno = 0, context_line: line }: SentFrame): boolean {
  const path = join(root, filename);
  return existsSync(path) && readFileSync(path, "utf8").split("\n")[lineno - 1]?.slice(0, 300) === line;
}

describe("an error of the service", () => {
  it("arrives with its release and its place in TypeScript, and tells nothing of anybody", async () => {
    const service = await start();
    expect(service.lines).toContain(`errors: to ${new URL(sentry.dsn).host}, project 42, as release 3f2a1b9c in development`);
    const { status, requestId } = await fail(service);
    expect(status).toBeGreaterThanOrEqual(500);
    const [event] = await arrived(1);
    expect(event).toMatchObject({ level: "error", release: "3f2a1b9c", environment: "development", transaction: "GET /media/…/…" });
    expect(event?.tags).toMatchObject({ request_id: requestId });
    // Inside out: the cause first, then what it led to.
    expect(event?.exception?.values.map(({ type }) => type)).toEqual(["Error", "TypeError"]);
    const typed = framesOf(event).filter(({ filename }) => filename.endsWith(".ts"));
    expect(typed.length).toBeGreaterThan(3);
    expect(typed.filter((frame) => !isTrue(frame))).toEqual([]);
    expect(typed.map(({ filename }) => filename)).toContain("packages/media/src/delivery/routes.ts");
    expect(framesOf(event).at(-1)).toMatchObject({ filename: "test/system/sentry-child.mjs", in_app: true });
    // The log, which stays with the service, says it too.
    expect(service.log()).toContain("no way to open");
  });

  it("is reported when nothing catches it, before the service ends as Node would have", async () => {
    for (const [how, type] of [
      ["crash", "RangeError"],
      ["reject", "TypeError"],
    ] as const) {
      const service = await start();
      sentry.events.length = 0;
      service.child.send(how);
      expect(await service.exitCode).toBe(1);
      const [event] = await arrived(1);
      expect(event?.exception?.values[0]).toMatchObject({ type, mechanism: { handled: false } });
      expect(service.log()).toContain(type);
    }
  });
});

describe("a Sentry that is not well", () => {
  it("costs no answer", async () => {
    const service = await start();
    await fail(service);
    for (const misdeed of ["stall", "dribble", "drop", "500", "limit"] as const) {
      sentry.misdeed = misdeed;
      const { requests } = sentry;
      const { status, ms } = await fail(service);
      expect([misdeed, status >= 500, ms < 3000]).toEqual([misdeed, true, true]);
      await expect.poll(() => sentry.requests, { timeout: 5000 }).toBeGreaterThan(requests);
    }
    await sentry.stop();
    const { status, ms } = await fail(service);
    expect([status >= 500, ms < 3000]).toEqual([true, true]);
    expect((await fetch(`${service.origin}/healthz`)).status).toBe(200);
  });

  it("holds up the end for two seconds at most", async () => {
    sentry.misdeed = "stall";
    const service = await start();
    await fail(service);
    const closing = once(service.child, "message") as Promise<[{ closedAfterMs: number }]>;
    service.child.send("close");
    const [{ closedAfterMs }] = await closing;
    // A server that says nothing is given up after five seconds only.
    expect(closedAfterMs).toBeLessThan(4500);
    expect(await service.exitCode).toBe(0);
  });
});

it("of a storm of errors, the first twenty are sent", async () => {
  const began = performance.now();
  const service = await start();
  await fail(service);
  const [picture] = await makePictures(randomFrom(8));
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const answer = await fetch(`${service.origin}/api/v1/files?name=${index}.jpg`, {
        method: "POST",
        headers: { ...headers, "content-type": picture?.type ?? "" },
        body: picture?.bytes ?? null,
      });
      const { url } = (await answer.json()) as { url?: string };
      if (url !== undefined) await (await fetch(service.origin + url, { headers })).arrayBuffer();
    }),
  );
  service.child.send("close");
  await service.exitCode;
  expect(sentry.events.length).toBeGreaterThanOrEqual(15);
  // One more for every three seconds that it took.
  expect(sentry.events.length).toBeLessThanOrEqual(21 + (performance.now() - began) / 3000);
});

it("without SENTRY_DSN nothing is loaded, and with one that is wrong the service says so and runs on", async () => {
  const off = await start({ SENTRY_DSN: "" });
  expect(off.lines.filter((line) => line.startsWith("errors:"))).toEqual([]);
  const wrong = await start({ SENTRY_DSN: `"${sentry.dsn}"`, MEDIA_DATABASE_URL: `file:${join(folder, "other.db")}` });
  const said = wrong.lines.find((line) => line.startsWith("errors:"));
  expect(said).toContain("ONLY IN THE LOG, for SENTRY_DSN cannot be used: it has quotes around it");
  expect(said).not.toContain("b0bacafe");
  expect((await fetch(`${wrong.origin}/healthz`)).status).toBe(200);
});

describe("an error of an application", () => {
  it("arrives from where it was thrown in TypeScript, and its page tells only its number", async () => {
    const app = await startExample("lettings", { ...secrets, SENTRY_DSN: sentry.dsn, RENDER_GIT_COMMIT: "3f2a1b9c" }, false);
    try {
      const answer = await fetch(`${app.origin}/sentry-debug/?name=anna`, { headers });
      expect(answer.status).toBe(500);
      const requestId = answer.headers.get("x-request-id") ?? "";
      expect(await answer.text()).toContain(requestId);
      const [event] = await arrived(1);
      expect(event).toMatchObject({ level: "error", release: "3f2a1b9c", tags: { request_id: requestId } });
      const thrown = framesOf(event).at(-1);
      expect(thrown?.filename).toMatch(/examples\/lettings\/src\/app\.tsx$/);
      expect(thrown?.context_line).toContain('throw new Error("This failure was asked for")');
    } finally {
      await app.stop();
    }
  });
});
