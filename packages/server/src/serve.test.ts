import { once } from "node:events";
import { rename } from "node:fs/promises";
import { connect } from "node:net";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { picture, type ServiceFixture, startService, testToken } from "./service.fixture.js";
import type { ServeOptions } from "./serve.js";

async function started(options: ServeOptions = {}): Promise<ServiceFixture> {
  const service = await startService(options);
  onTestFinished(service.close);
  return service;
}

/** Send text over a bare connection and read until the other side ends it. */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const block of socket) answer += String(block);
  return answer;
}

describe("starting", () => {
  it("says the storage, the catalogue, who has access, the address and how to check one's own app, each once", async () => {
    const { printed, url } = await started();
    const once_ = (pattern: RegExp): number => printed.filter((line) => pattern.test(line)).length;
    expect(once_(/^media storage: disk \(/)).toBe(1);
    expect(once_(/^catalogue: SQLite \(/)).toBe(1);
    expect(once_(/^access: open, to this computer only$/)).toBe(1);
    expect(printed).toContain(`Holdfast is ready: ${url}`);
    expect(printed.at(-1)).toContain("npx holdfast verify https://");
  });

  it("refuses to listen for everybody without a token, and says how to make one", async () => {
    const refused = startService({ host: "0.0.0.0" });
    await expect(refused).rejects.toMatchObject({ code: "TOKEN_REQUIRED" });
    await expect(refused).rejects.toThrow("export HOLDFAST_TOKEN=$(openssl rand -hex 32)");
  });

  it("refuses a hosting platform without a token, for it would listen for everybody", async () => {
    await expect(startService({ env: { RENDER: "true" } })).rejects.toMatchObject({ code: "TOKEN_REQUIRED" });
  });

  it("listens for everybody with a token, without the redeploy demonstration, and never prints the token", async () => {
    const service = await started({ host: "0.0.0.0", env: { HOLDFAST_TOKEN: testToken } });
    expect(await (await service.fetch("/api/v1/session")).json()).toEqual({ needsToken: true, isSignedIn: false, redeploy: false });
    const redeploy = await service.fetch("/api/v1/redeploy", { headers: { authorization: `Bearer ${testToken}` } });
    expect(redeploy.status).toBe(404);
    expect(service.printed.join("\n")).not.toContain(testToken);
  });

  it("offers no redeploy demonstration where it is not wanted", async () => {
    const service = await started({ redeployDemo: false });
    expect(await (await service.fetch("/api/v1/session")).json()).toMatchObject({ redeploy: false });
  });

  it("says that the port is taken, also by another service with the same data", async () => {
    const first = await started();
    await expect(startService({ port: first.port, cwd: first.folder })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      details: { port: first.port },
    });
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startService({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use`);
  });

  it("says that an address is not one of this machine", async () => {
    await expect(startService({ host: "no-such-host.invalid" })).rejects.toMatchObject({ code: "ADDRESS_UNUSABLE" });
    await expect(startService({ host: "192.0.2.1", env: { HOLDFAST_TOKEN: testToken } })).rejects.toMatchObject({
      code: "ADDRESS_UNUSABLE",
    });
  });

  it("listens no more when media cannot be opened", async () => {
    const free = await startService();
    await free.close();
    await expect(startService({ port: free.port, env: { MEDIA_ROOT: "" } })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await expect(sendRaw(free.port, "GET / HTTP/1.1\r\n\r\n")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

describe("while it runs", () => {
  it("is not ready once its storage is away", async () => {
    const service = await started();
    const root = join(service.folder, "holdfast-data", "media");
    expect((await service.fetch("/readyz")).status).toBe(200);
    await rename(root, `${root}-away`);
    // What was found out is believed for a second, however many ask.
    expect((await service.fetch("/readyz")).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const response = await service.fetch("/readyz");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "STORAGE_UNREACHABLE", part: "storage" });
    expect((await service.fetch("/healthz")).status).toBe(200);
  });

  it("answers by the names of this computer only", async () => {
    const { port } = await started();
    const ask = async (host: string): Promise<string> =>
      await sendRaw(port, `GET /api/v1/files HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await ask("localhost:4100")).toMatch(/^HTTP\/1\.1 200 /);
    const rebound = await ask("evil.example");
    expect(rebound).toMatch(/^HTTP\/1\.1 403 /);
    expect(rebound).toContain('"code":"FORBIDDEN"');
  });

  it.each([
    ["what is not HTTP", "NONSENSE\r\n\r\n"],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n"],
    ["headers without end", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
  ])("answers %s with a problem document", async (_, text) => {
    const answer = await sendRaw((await started()).port, text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.toLowerCase()).toContain("content-type: application/problem+json");
    expect(answer).toContain('"code":"REQUEST_MALFORMED"');
  });

  it("turns an upload away without waiting for its body", async () => {
    const { port } = await started({ env: { HOLDFAST_TOKEN: testToken } });
    const upload = request({
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/api/v1/files?name=a.jpg",
      headers: { "content-length": 1e9 },
    });
    upload.on("error", () => undefined); // the connection ends before the body was sent
    upload.flushHeaders();
    const [response] = (await once(upload, "response")) as [{ statusCode?: number }];
    expect(response.statusCode).toBe(401);
    upload.destroy();
  });
});

describe("closing", () => {
  it("lets a running upload finish, and takes no other", async () => {
    const bytes = await picture();
    const service = await startService();
    const upload = request(`${service.url}/api/v1/files?name=slow.jpg`, {
      method: "POST",
      headers: { "content-type": "image/jpeg", "content-length": bytes.byteLength },
    });
    const answered = once(upload, "response") as Promise<[{ statusCode?: number; headers: Record<string, string> }]>;
    upload.write(bytes.subarray(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closed = service.close();
    await expect(sendRaw(service.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    upload.end(bytes.subarray(100));
    expect((await answered)[0].statusCode).toBe(201);
    await closed;
  });

  it("does not wait for an upload beyond the grace", async () => {
    const service = await startService({ graceMs: 200 });
    const upload = request(`${service.url}/api/v1/files?name=slow.jpg`, { method: "POST", headers: { "content-length": 1000 } });
    const failed = once(upload, "error");
    upload.write("x");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const startedAt = Date.now();
    await service.close();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    await failed;
  });

  it("does not wait for connections that are only kept open", async () => {
    const service = await startService();
    await (await service.fetch("/healthz")).text();
    const startedAt = Date.now();
    await Promise.all([service.close(), service.close()]);
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });
});
