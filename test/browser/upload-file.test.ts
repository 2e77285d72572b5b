import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { UploadError, UploadProgress } from "@holdfast/media/browser";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacksChromium, launchChromium, openPage } from "./chromium.js";

type BrowserPart = typeof import("@holdfast/media/browser");

/** What a page learns of one upload. */
interface Outcome {
  readonly progress: UploadProgress[];
  readonly uploaded?: unknown;
  readonly error?: { readonly name: string } & Pick<UploadError, "message" | "code" | "status" | "problem">;
}

/** What a server got of one upload. */
interface Arrival {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly headers: IncomingMessage["headers"];
}

const file = { id: "0".repeat(26), url: "/media/x/y.png", name: "y.png", size: 3, width: null };
const problem = {
  type: "urn:holdfast:error:UPLOAD_EMPTY",
  title: "The file is empty",
  status: 400,
  detail: '"y.png" has no bytes.',
  code: "UPLOAD_EMPTY",
};

describe.skipIf(lacksChromium)("uploadFile in a page", () => {
  const arrivals: Arrival[] = [];
  const cut: string[] = [];
  let browser: Browser;
  let server: Server;
  let origin: string;
  let page: Page;

  beforeAll(async () => {
    server = createServer((request, response) => void answer(request, response, arrivals, cut));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The test's server has no port.");
    origin = `http://127.0.0.1:${address.port}`;
    browser = await launchChromium();
    ({ page } = await openPage(browser, origin));
    await page.waitForFunction(() => Reflect.has(globalThis, "holdfast"));
  });
  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Upload so many bytes to a path of the test's server, and cancel after so many are sent. */
  const send = async (path: string, bytes = 3, cancelAfter?: number): Promise<Outcome> =>
    await page.evaluate(
      async ([url, size, last]) => {
        const { uploadFile, UploadError: Refusal } = Reflect.get(globalThis, "holdfast") as BrowserPart;
        const controller = new AbortController();
        const progress: UploadProgress[] = [];
        if (last === -1) controller.abort(new Error("cancelled"));
        try {
          const uploaded = await uploadFile(new File([new Uint8Array(size)], "y.png", { type: "image/png" }), {
            url,
            headers: { authorization: "Bearer of good news" },
            signal: controller.signal,
            onProgress: (step) => {
              progress.push(step);
              if (last !== undefined && step.sentBytes > last) controller.abort(new Error("cancelled"));
            },
          });
          return { progress, uploaded };
        } catch (error) {
          if (error instanceof Refusal) {
            const { name, message, code, status } = error;
            return { progress, error: { name, message, code, status, problem: error.problem } };
          }
          return { progress, error: { name: "Error", message: String(error), code: "", status: undefined, problem: undefined } };
        }
      },
      [path, bytes, cancelAfter] as const,
    );

  it("sends the file as a form does, with the headers given, and resolves with the answer", async () => {
    expect(await send("/stores")).toMatchObject({ uploaded: file });
    expect(arrivals.at(-1)).toMatchObject({ name: "y.png", type: "image/png", size: 3, headers: { authorization: "Bearer of good news" } });
  });

  it("reports bytes of the file, rising to all of them, once each", async () => {
    const { progress } = await send("/stores", 3_000_000);
    const sent = progress.map(({ sentBytes }) => sentBytes);
    expect(sent).toEqual([...new Set(sent)].sort((one, other) => one - other));
    expect(progress.at(-1)).toEqual({ sentBytes: 3_000_000, totalBytes: 3_000_000 });
  });

  it("rejects with the service's problem document", async () => {
    const { error } = await send("/refuses");
    expect(error).toMatchObject({ name: "UploadError", code: "UPLOAD_EMPTY", status: 400, message: '"y.png" has no bytes.', problem });
  });

  it("does not take another server's page for an answer, whatever its status", async () => {
    for (const [path, status] of [
      ["/gateway", 502],
      ["/", 200],
    ] as const) {
      const { error } = await send(path);
      expect(error).toMatchObject({ code: "UPLOAD_MISDIRECTED", status });
      expect(error?.message).toContain(`status ${status}`);
    }
  });

  it("says that nothing is known when the connection ends without an answer", async () => {
    expect((await send("/hangs-up")).error).toMatchObject({ code: "UPLOAD_UNANSWERED", status: undefined, problem: undefined });
  });

  it("stops when cancelled, rejects with the reason given, and the server sees the end", async () => {
    const { error } = await send("/never-answers", 200_000_000, 0);
    expect(error).toMatchObject({ name: "Error", message: "Error: cancelled" });
    await expect.poll(() => cut).toEqual(["/never-answers"]);
  });

  it("sends nothing when it was cancelled before", async () => {
    const before = arrivals.length;
    expect((await send("/stores", 3, -1)).error?.message).toBe("Error: cancelled");
    expect(arrivals).toHaveLength(before);
  });
});

/** A server of each temper, and the page with the built browser part. */
async function answer(request: IncomingMessage, response: ServerResponse, arrivals: Arrival[], cut: string[]): Promise<void> {
  const path = request.url ?? "/";
  if (path.startsWith("/browser/")) {
    const built = fileURLToPath(new URL(`../../packages/media/dist${path}`, import.meta.url));
    response.setHeader("content-type", "text/javascript");
    response.end(await readFile(built));
  } else if (path === "/hangs-up") {
    request.destroy();
  } else if (path === "/never-answers") {
    request.resume();
    response.once("close", () => cut.push(path));
  } else {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (path === "/stores") arrivals.push(await read(request, Buffer.concat(chunks)));
    const [status, type, body] = answers[path] ?? answers["/"] ?? [404, "text/plain", ""];
    response.writeHead(status, { "content-type": type });
    response.end(body);
  }
}

const answers: Readonly<Record<string, readonly [status: number, type: string, body: string]>> = {
  "/": [
    200,
    "text/html",
    '<!doctype html><title>Upload</title><script type="module">import * as it from "/browser/index.js"; globalThis.holdfast = it;</script>',
  ],
  "/stores": [201, "application/json", JSON.stringify(file)],
  "/refuses": [400, "application/problem+json", JSON.stringify(problem)],
  "/gateway": [502, "text/html", "<h1>Bad Gateway</h1>"],
};

async function read({ headers }: IncomingMessage, body: Buffer): Promise<Arrival> {
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": headers["content-type"] ?? "" } }).formData();
  const sent = form.get("file");
  if (sent === null || typeof sent === "string") throw new Error("The form has no file.");
  return { name: sent.name, type: sent.type, size: sent.size, headers };
}
