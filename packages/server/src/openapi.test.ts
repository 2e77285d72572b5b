import { once } from "node:events";
import { rename, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openapi } from "./openapi.js";
import { form, picture, type ServiceFixture, startService, testToken } from "./service.fixture.js";

interface Described {
  readonly content?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Described>>;
}
const methods = ["get", "post", "put", "patch", "delete"] as const;
type PathItem = { readonly [M in (typeof methods)[number]]?: Operation } & { readonly parameters?: Operation["parameters"] };
const document = openapi as unknown as {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
ajv.addFormat("binary", true);
ajv.addKeyword("components");
ajv.addSchema({ $id: "openapi", components: document.components });

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method];
    return operation === undefined
      ? []
      : [{ path, method, operation, parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])] }];
  }),
);

/** Answers that no test can bring about in good time, each with why. An entry whose answer turns up fails. */
const notProvoked: Readonly<Record<string, string>> = {
  "uploadFile 409": "a lease runs out only when the process stands still",
  "uploadFile 507": "needs a full disk",
  "uploadMedia 409": "as uploadFile",
  "uploadMedia 507": "as uploadFile",
  "getOriginal 502": "needs an object that somebody has cut",
  "getVariant 502": "as getOriginal",
  "getVariant 422": "what cannot be decoded is refused at upload",
};
const seen = new Set<string>();

/** The operation a path belongs to: fixed paths before those with parameters. */
function operationOf(method: string, path: string): Operation {
  const wanted = method === "HEAD" ? "get" : method.toLowerCase();
  const matches = operations.filter(
    (each) => each.method === wanted && new RegExp(`^${each.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(path),
  );
  matches.sort((a, b) => a.path.split("{").length - b.path.split("{").length);
  const [match] = matches;
  if (match === undefined) throw new Error(`${method} ${path} is not described`);
  return match.operation;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Send a request and hold its answer against the document: the status, the headers, the media type, every field. */
async function ask(
  service: ServiceFixture,
  method: string,
  target: string,
  options: { readonly headers?: Record<string, string>; readonly body?: Uint8Array | string; readonly isLeftOpen?: boolean } = {},
): Promise<Answer> {
  const sent = request(`${service.url}${target}`, { method, headers: { ...options.headers } });
  if (options.isLeftOpen === true) sent.write(options.body ?? "");
  else sent.end(options.body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer: Answer = { status: response.statusCode ?? 0, body: await buffer(response), headers: response.headers };
  sent.destroy();
  const operation = operationOf(method, target.split("?")[0] ?? "");
  const what = `${operation.operationId} ${answer.status}`;
  const described = operation.responses[String(answer.status)];
  if (described === undefined) throw new Error(`${what} is not described: ${answer.body.toString().slice(0, 300)}`);
  seen.add(what);
  for (const [name, { required }] of Object.entries(described.headers ?? {})) {
    if (required === true && answer.headers[name.toLowerCase()] === undefined) throw new Error(`${what} lacks the header ${name}`);
  }
  checkBody(what, described, answer, method);
  return answer;
}

function checkBody(what: string, { content }: Described, answer: Answer, method: string): void {
  if (content === undefined) {
    if (answer.body.byteLength > 0) throw new Error(`${what} has a body that is not described`);
    return;
  }
  const type = String(answer.headers["content-type"]).split(";")[0] ?? "";
  const described = Object.keys(content).find((each) => each === type || each === "*/*" || each === `${type.split("/")[0]}/*`);
  if (described === undefined) throw new Error(`${what} is ${type}, which is not described`);
  if (method === "HEAD" || !/[/+]json$/.test(type)) return;
  const pointer = ["paths", ...pathOfOperation(what), "responses", String(answer.status), "content", described, "schema"];
  const validate = ajv.compile(absolute(at(openapi, pointer)));
  if (!validate(JSON.parse(answer.body.toString())))
    throw new Error(`${what}: ${ajv.errorsText(validate.errors)} in ${answer.body.toString()}`);
}

function pathOfOperation(what: string): [string, string] {
  const found = operations.find(({ operation }) => operation.operationId === what.split(" ")[0]);
  if (found === undefined) throw new Error(`no operation ${what}`);
  return [found.path, found.method];
}

function at(value: unknown, pointer: readonly string[]): object {
  const found = pointer.reduce<unknown>((inner, name) => (inner as Readonly<Record<string, unknown>>)[name], value);
  if (typeof found !== "object" || found === null) throw new Error(`nothing at ${pointer.join("/")}`);
  return found;
}

/** References inside the document, seen from outside of it. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components')) as object;
}

describe("the OpenAPI document", () => {
  it("has schemas that are JSON Schema 2020-12, and references that lead somewhere", () => {
    for (const name of Object.keys(document.components.schemas)) expect(ajv.getSchema(`openapi#/components/schemas/${name}`)).toBeDefined();
    const references = [...JSON.stringify(openapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, pointer = ""]) => pointer.split("/"));
    expect(references.length).toBeGreaterThan(20);
    for (const pointer of references) expect(at(openapi, pointer)).toBeDefined();
  });

  it("declares each parameter of a path, and gives each operation a name of its own", () => {
    for (const { path, parameters } of operations) {
      const declared = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`);
      expect(declared.toSorted()).toEqual([...(path.match(/\{\w+\}/g) ?? [])].toSorted());
    }
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
  });
});

describe("the answers of a real service", { timeout: 60_000 }, () => {
  let open: ServiceFixture;
  let closed: ServiceFixture;
  const jpeg = { "content-type": "image/jpeg" };
  const bearer = { authorization: `Bearer ${testToken}` };
  const evil = { host: "evil.example" };
  const unknownId = "01m7xvd3a0eb88zgqcxxff6rw2";

  beforeAll(async () => {
    open = await startService({ media: { limits: { stallTimeoutMs: 300, maxBytes: 100_000 } } });
    closed = await startService({ env: { HOLDFAST_TOKEN: testToken } });
  });
  afterAll(async () => await Promise.all([open.close(), closed.close()]));

  it.each(["/api/v1/files", "/media"])("to uploads at %s are as described", async (path) => {
    const bytes = await picture(1);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: bytes })).status).toBe(201);
    const multipart = new Response(form(await picture(2), "b.jpg"));
    const type = multipart.headers.get("content-type") ?? "";
    const body = new Uint8Array(await multipart.arrayBuffer());
    expect((await ask(open, "POST", path, { headers: { "content-type": type }, body })).status).toBe(201);
    const pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
    const document_ = await ask(open, "POST", `${path}?name=c.pdf`, { headers: { "content-type": "application/pdf" }, body: pdf });
    expect(document_.status).toBe(201);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: jpeg })).status).toBe(400);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: { ...jpeg, ...evil }, body: bytes })).status).toBe(403);
    expect((await ask(closed, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: bytes })).status).toBe(401);
    const stalled = { headers: { ...jpeg, "content-length": "50000" }, body: bytes.subarray(0, 200), isLeftOpen: true };
    expect((await ask(open, "POST", `${path}?name=a.jpg`, stalled)).status).toBe(408);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: new Uint8Array(100_001) })).status).toBe(413);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: "text" })).status).toBe(415);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: bytes.subarray(0, bytes.byteLength / 2) })).status).toBe(
      422,
    );
  });

  it.each(["/api/v1/files", "/media"])("to an upload sent twice to %s are one file's, as described", async (path) => {
    const bytes = await picture(7);
    const headers = { ...jpeg, "idempotency-key": `key of ${path}`.replaceAll(" ", "-") };
    const first = await ask(open, "POST", `${path}?name=a.jpg`, { headers, body: bytes });
    const second = await ask(open, "POST", `${path}?name=a.jpg`, { headers, body: bytes });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect([first, second].map((answer) => answer.headers["idempotent-replayed"])).toEqual([undefined, "true"]);
    expect(second.headers.location).toBe(first.headers.location);
    expect(JSON.parse(second.body.toString())).toEqual(JSON.parse(first.body.toString()));
    expect((await ask(open, "POST", `${path}?name=b.jpg`, { headers, body: bytes })).status).toBe(422);
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers, body: await picture(8) })).status).toBe(422);
    const unusable = { ...jpeg, "idempotency-key": "x".repeat(300) };
    expect((await ask(open, "POST", `${path}?name=a.jpg`, { headers: unusable, body: bytes })).status).toBe(400);
  });

  it("about files are as described", async () => {
    const created = await ask(open, "POST", "/api/v1/files?name=a.jpg", { headers: jpeg, body: await picture(3) });
    const { id } = JSON.parse(created.body.toString()) as { id: string };
    expect((await ask(open, "GET", "/api/v1/files?limit=1")).status).toBe(200);
    expect((await ask(open, "GET", `/api/v1/files?limit=200&after=${id}`)).status).toBe(200);
    expect((await ask(open, "HEAD", "/api/v1/files")).status).toBe(200);
    expect((await ask(open, "GET", "/api/v1/files?limit=x")).status).toBe(400);
    expect((await ask(open, "GET", `/api/v1/files/${id}`)).status).toBe(200);
    for (const method of ["GET", "DELETE"]) {
      expect((await ask(open, method, `/api/v1/files/${unknownId}`)).status).toBe(404);
      expect((await ask(open, method, `/api/v1/files/${id}`, { headers: evil })).status).toBe(403);
      expect((await ask(closed, method, `/api/v1/files/${id}`)).status).toBe(401);
    }
    expect((await ask(open, "GET", "/api/v1/files", { headers: evil })).status).toBe(403);
    expect((await ask(closed, "GET", "/api/v1/files")).status).toBe(401);
    expect((await ask(open, "DELETE", `/api/v1/files/${id}`)).status).toBe(204);
  });

  it("with bytes are as described", async () => {
    const created = await ask(closed, "POST", "/api/v1/files?name=a.jpg", { headers: { ...jpeg, ...bearer }, body: await picture(4) });
    const { id } = JSON.parse(created.body.toString()) as { id: string };
    for (const path of [`/media/${id}/a.jpg`, `/media/${id}/w320/a.jpg`]) {
      const { headers } = await ask(closed, "GET", path, { headers: bearer });
      expect((await ask(closed, "HEAD", path, { headers: bearer })).status).toBe(200);
      expect((await ask(closed, "GET", path, { headers: { ...bearer, range: "bytes=0-9" } })).body.byteLength).toBe(10);
      expect((await ask(closed, "GET", path, { headers: { ...bearer, "if-none-match": String(headers["etag"]) } })).status).toBe(304);
      expect((await ask(closed, "GET", path, { headers: { ...bearer, range: "bytes=9999999-" } })).status).toBe(416);
      expect((await ask(closed, "GET", path, { headers: { ...bearer, "if-match": '"another"' } })).status).toBe(412);
      expect((await ask(open, "GET", path, { headers: evil })).status).toBe(403);
      expect((await ask(open, "GET", path)).status).toBe(404);
    }
    expect((await ask(closed, "GET", `/media/${id}/a.jpg`)).status).toBe(401);
    expect((await ask(closed, "GET", `/media/${id}/w7/a.jpg`)).status).toBe(403);
    expect((await ask(closed, "GET", `/media/${id}/large/a.jpg`)).status).toBe(404);
    const initials = await ask(closed, "GET", "/media/initials/Ada.svg");
    expect(initials.status).toBe(200);
    const tag = { "if-none-match": String(initials.headers["etag"]) };
    expect((await ask(closed, "GET", "/media/initials/Ada.svg", { headers: tag })).status).toBe(304);
    expect((await ask(open, "GET", "/media/initials/Ada.svg", { headers: evil })).status).toBe(403);
  });

  it("about the session are as described", async () => {
    const signIn = (token: string): { body: string } => ({ body: JSON.stringify({ token }) });
    expect((await ask(open, "GET", "/api/v1/session")).status).toBe(200);
    expect((await ask(closed, "POST", "/api/v1/session", signIn(testToken))).status).toBe(204);
    expect((await ask(closed, "POST", "/api/v1/session", { body: "{" })).status).toBe(400);
    for (let n = 0; n < 10; n += 1) expect((await ask(closed, "POST", "/api/v1/session", signIn("wrong"))).status).toBe(401);
    expect((await ask(closed, "POST", "/api/v1/session", signIn(testToken))).status).toBe(429);
    expect((await ask(closed, "DELETE", "/api/v1/session")).status).toBe(204);
    for (const method of ["GET", "POST", "DELETE"])
      expect((await ask(open, method, "/api/v1/session", { headers: evil })).status).toBe(403);
  });

  it("of the redeploy demonstration are as described", async () => {
    const without = await startService({ redeployDemo: false });
    for (const method of ["GET", "POST"]) {
      expect((await ask(without, method, "/api/v1/redeploy")).status).toBe(404);
      expect((await ask(open, method, "/api/v1/redeploy", { headers: evil })).status).toBe(403);
      expect((await ask(closed, method, "/api/v1/redeploy")).status).toBe(401);
    }
    expect((await ask(without, "POST", "/api/v1/files?name=a.jpg", { headers: jpeg, body: await picture(6) })).status).toBe(201);
    await without.close();

    expect((await ask(open, "GET", "/api/v1/redeploy")).status).toBe(200);
    expect((await ask(open, "POST", "/api/v1/files?name=a.jpg", { headers: jpeg, body: await picture(5) })).status).toBe(201);
    expect((await ask(open, "POST", "/api/v1/redeploy")).status).toBe(202);
    expect((await ask(open, "POST", "/api/v1/redeploy")).status).toBe(409);
    type Status = { readonly state: string; readonly plain: { readonly pid: number | null } };
    let status: Status;
    do {
      await new Promise((resolve) => setTimeout(resolve, 20));
      status = JSON.parse((await ask(open, "GET", "/api/v1/redeploy")).body.toString()) as Status;
    } while (status.state !== "done" && status.state !== "failed");
    expect(status.state).toBe("done");
    const picturePath = (side: string): string => `/api/v1/redeploy/${side}/pictures/0`;
    expect((await ask(open, "GET", picturePath("holdfast"))).status).toBe(200);
    expect((await ask(open, "GET", picturePath("plain"))).status).toBe(404);
    expect((await ask(open, "GET", "/api/v1/redeploy/other/pictures/0")).status).toBe(404);
    expect((await ask(open, "GET", picturePath("plain"), { headers: evil })).status).toBe(403);
    expect((await ask(closed, "GET", picturePath("plain"))).status).toBe(401);
    process.kill(status.plain.pid ?? 0, "SIGKILL");
    while (status.plain.pid !== null) status = JSON.parse((await ask(open, "GET", "/api/v1/redeploy")).body.toString()) as Status;
    expect((await ask(open, "GET", picturePath("plain"))).status).toBe(503);
  });

  it("about itself are as described, also while its storage is away", async () => {
    for (const path of ["/healthz", "/readyz", "/api/v1/openapi.json"]) {
      expect((await ask(open, "GET", path)).status).toBe(200);
      expect((await ask(open, "GET", path, { headers: evil })).status).toBe(403);
    }
    expect((await ask(open, "GET", "/metrics")).status).toBe(200);
    expect((await ask(open, "GET", "/metrics", { headers: evil })).status).toBe(403);
    expect((await ask(closed, "GET", "/metrics")).status).toBe(401);
    const away = await startService();
    const created = await ask(away, "POST", "/api/v1/files?name=a.jpg", { headers: jpeg, body: await picture(7) });
    const { id } = JSON.parse(created.body.toString()) as { id: string };
    const root = join(away.folder, "holdfast-data", "media");
    await rename(root, `${root}-away`);
    expect((await ask(away, "GET", "/readyz")).status).toBe(503);
    expect((await ask(away, "GET", `/media/${id}/a.jpg`)).status).toBe(503);
    expect((await ask(away, "GET", `/media/${id}/w320/a.jpg`)).status).toBe(503);
    for (const path of ["/api/v1/files", "/media"]) {
      expect((await ask(away, "POST", `${path}?name=a.jpg`, { headers: jpeg, body: await picture(8) })).status).toBe(503);
    }
    await rm(`${root}-away`, { recursive: true });
    await away.close();
  });

  it("leave nothing described that was never answered", () => {
    const described = operations.flatMap(({ operation }) =>
      Object.keys(operation.responses).map((status) => `${operation.operationId} ${status}`),
    );
    expect(described.filter((each) => !seen.has(each)).toSorted()).toEqual(Object.keys(notProvoked).toSorted());
  });
});
