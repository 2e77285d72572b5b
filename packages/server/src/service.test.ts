import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { form, picture, type ServiceFixture, startService, testToken } from "./service.fixture.js";

interface FileBody {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
}

const post = (body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers,
});
const jpeg = { "content-type": "image/jpeg" };

async function codeOf(response: Response): Promise<string> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const problem = (await response.json()) as { code: string; status: number };
  expect(problem.status).toBe(response.status);
  return problem.code;
}

describe("an open service on loopback", () => {
  let service: ServiceFixture;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(async () => await service.close());

  it("keeps a raw upload and answers it byte for byte", async () => {
    const bytes = await picture();
    const created = await service.fetch("/api/v1/files?name=first.jpg", post(bytes, jpeg));
    expect(created.status).toBe(201);
    const file = (await created.json()) as FileBody;
    expect(created.headers.get("location")).toBe(`/api/v1/files/${file.id}`);
    expect(file).toMatchObject({ name: "first.jpg", size: bytes.byteLength, type: "image/jpeg", width: 64, height: 48, state: "stored" });
    expect(new Uint8Array(await (await service.fetch(file.url)).arrayBuffer())).toEqual(bytes);
    expect(await (await service.fetch(`/api/v1/files/${file.id}`)).json()).toEqual(file);
    const variant = await service.fetch(`/media/${file.id}/w320/first.jpg`);
    expect([variant.status, variant.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
  });

  it("keeps an upload from a form, under a name with any characters", async () => {
    const created = await service.fetch("/api/v1/files", post(form(await picture(10), "mon été 📷 100%.jpg")));
    const file = (await created.json()) as FileBody;
    expect(file.name).toBe("mon été 📷 100%.jpg");
    expect((await service.fetch(file.url)).status).toBe(200);
  });

  it("lists newest first, page by page, each file once", async () => {
    for (let n = 0; n < 3; n += 1) await service.fetch(`/api/v1/files?name=page-${n}.jpg`, post(await picture(n), jpeg));
    const names: string[] = [];
    let after: string | null = "";
    for (let pages = 0; after !== null && pages < 20; pages += 1) {
      const page = (await (await service.fetch(`/api/v1/files?limit=2${after === "" ? "" : `&after=${after}`}`)).json()) as {
        files: FileBody[];
        next: string | null;
      };
      expect(page.files.length).toBeLessThanOrEqual(2);
      names.push(...page.files.map(({ name }) => name));
      after = page.next;
    }
    expect(after).toBeNull();
    expect(names.slice(0, 3)).toEqual(["page-2.jpg", "page-1.jpg", "page-0.jpg"]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(["limit=0", "limit=201", "limit=ten", "limit=", "limit=1.5", "after=nonsense"])("refuses %s", async (query) => {
    const response = await service.fetch(`/api/v1/files?${query}`);
    expect(response.status).toBe(400);
    expect(await codeOf(response)).toBe("PARAMETER_INVALID");
  });

  it("moves a file to the trash, from where it is not served", async () => {
    const file = (await (await service.fetch("/api/v1/files?name=gone.jpg", post(await picture(99), jpeg))).json()) as FileBody;
    expect((await service.fetch(`/api/v1/files/${file.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await codeOf(await service.fetch(`/api/v1/files/${file.id}`, { method: "DELETE" }))).toBe("FILE_NOT_FOUND");
    expect(await codeOf(await service.fetch(`/api/v1/files/${file.id}`))).toBe("FILE_NOT_FOUND");
    expect((await service.fetch(file.url)).status).toBe(404);
  });

  it.each([
    ["GET", "/api/v1/nothing", 404, "ROUTE_NOT_FOUND"],
    ["GET", "/nothing", 404, "ROUTE_NOT_FOUND"],
    ["GET", "/media", 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/media/nobody/knows.jpg", 404, "FILE_NOT_FOUND"],
    ["GET", "/api/v1/files/%zz", 400, "PARAMETER_INVALID"],
    ["GET", "/api/v1/files/..%2f..%2fetc", 404, "FILE_NOT_FOUND"],
    ["PUT", "/api/v1/files", 405, "METHOD_NOT_ALLOWED"],
    ["POST", "/healthz", 405, "METHOD_NOT_ALLOWED"],
    ["OPTIONS", "/api/v1/files", 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/api/v1/redeploy/other/pictures/0", 404, "ROUTE_NOT_FOUND"],
    ["GET", "/api/v1/redeploy/plain/pictures/0", 404, "ROUTE_NOT_FOUND"],
  ])("answers %s %s with the problem %i %s", async (method, path, status, code) => {
    const response = await service.fetch(path, { method });
    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
  });

  it("names the methods there are, and answers HEAD as it answers GET", async () => {
    expect((await service.fetch("/api/v1/files", { method: "DELETE" })).headers.get("allow")).toBe("GET, HEAD, POST");
    const head = await service.fetch("/api/v1/files", { method: "HEAD" });
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([200, "application/json", ""]);
    const missing = await service.fetch("/api/v1/nothing", { method: "HEAD" });
    expect([missing.status, missing.headers.get("content-type"), await missing.text()]).toEqual([404, "application/problem+json", ""]);
  });

  it.each([
    ["a text in a picture's clothes", "?name=note.jpg", "just text", jpeg, 415],
    ["nothing at all", "?name=empty.jpg", "", jpeg, 400],
    ["JSON", "?name=a.jpg", "{}", { "content-type": "application/json" }, 415],
    ["no name", "", "x", jpeg, 400],
  ])("refuses %s and lists nothing of it", async (_, query, body, headers, status) => {
    const before = await (await service.fetch("/api/v1/files")).json();
    const response = await service.fetch(`/api/v1/files${query}`, post(body, headers));
    expect(response.status).toBe(status);
    expect(await codeOf(response)).toMatch(/^[A-Z_]+$/);
    expect(await (await service.fetch("/api/v1/files")).json()).toEqual(before);
  });

  it("is up and ready", async () => {
    expect(await (await service.fetch("/healthz")).json()).toEqual({ status: "up" });
    expect(await (await service.fetch("/readyz")).json()).toEqual({ status: "ready" });
  });

  it("refuses another site's page over HTTP as well", async () => {
    const response = await service.fetch("/api/v1/files?name=a.jpg", post(await picture(), { ...jpeg, origin: "https://evil.example" }));
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe("FORBIDDEN");
  });
});

describe("a service with a token", () => {
  let service: ServiceFixture;
  const bearer = { authorization: `Bearer ${testToken}` };
  beforeAll(async () => {
    service = await startService({ env: { HOLDFAST_TOKEN: testToken } });
  });
  afterAll(async () => await service.close());

  it.each([
    ["GET", "/api/v1/files"],
    ["POST", "/api/v1/files?name=a.jpg"],
    ["DELETE", "/api/v1/files/01m7xvd3a0eb88zgqcxxff6rw2"],
    ["GET", "/api/v1/redeploy"],
    ["POST", "/api/v1/redeploy"],
    ["GET", "/api/v1/nothing"],
    ["GET", "/%61pi/v1/files"],
    ["POST", "/media"],
  ])("answers %s %s only with the token", async (method, path) => {
    const response = await service.fetch(path, { method });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(await codeOf(response)).toBe("UNAUTHORIZED");
  });

  it("keeps originals private and shows variants to everybody", async () => {
    const created = await service.fetch("/api/v1/files?name=mine.jpg", post(await picture(), { ...jpeg, ...bearer }));
    const file = (await created.json()) as FileBody;
    expect((await service.fetch(file.url)).status).toBe(401);
    expect((await service.fetch(file.url, { headers: bearer })).status).toBe(200);
    expect((await service.fetch(`/media/${file.id}/w320/mine.jpg`)).status).toBe(200);
  });

  it("signs a page in and out", async () => {
    expect(await (await service.fetch("/api/v1/session")).json()).toEqual({ needsToken: true, isSignedIn: false, redeploy: true });
    const signedIn = await service.fetch("/api/v1/session", post(JSON.stringify({ token: testToken })));
    expect(signedIn.status).toBe(204);
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect(cookie).not.toContain(testToken);
    expect((await service.fetch("/api/v1/files", { headers: { cookie } })).status).toBe(200);
    expect(await (await service.fetch("/api/v1/session", { headers: { cookie } })).json()).toMatchObject({ isSignedIn: true });
    const signedOut = await service.fetch("/api/v1/session", { method: "DELETE", headers: { cookie } });
    expect(signedOut.headers.get("set-cookie")).toContain("Max-Age=0");
  });

  it.each(["", "[]", '{"token": 1}', "{", `{"token": "${"x".repeat(5000)}"}`])("cannot use the sign-in %j", async (body) => {
    expect(await codeOf(await service.fetch("/api/v1/session", post(body)))).toBe("BODY_INVALID");
  });

  it("refuses sign-ins for a while after ten that failed, even several at a time", async () => {
    const attempts = await Promise.all(
      Array.from({ length: 30 }, async () => (await service.fetch("/api/v1/session", post('{"token": "a-wrong-token-0123"}'))).status),
    );
    expect(attempts.filter((status) => status === 401)).toHaveLength(10);
    expect(attempts.filter((status) => status === 429)).toHaveLength(20);
    const refused = await service.fetch("/api/v1/session", post(JSON.stringify({ token: testToken })));
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await codeOf(refused)).toBe("SIGN_IN_LIMITED");
    expect((await service.fetch("/api/v1/files", { headers: bearer })).status).toBe(200);
  });
});
