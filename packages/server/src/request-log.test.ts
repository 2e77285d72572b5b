import type { AnsweredRequest } from "./http-server.js";
import { describe, expect, it } from "vitest";
import { requestContext, requestIdOf } from "./request-context.js";
import { kindOf, pathForLog } from "./request-kind.js";
import { openLog, type ServiceLog } from "./request-log.js";

function log(isReadable: boolean): { readonly log: ServiceLog; readonly lines: string[] } {
  const lines: string[] = [];
  return { log: openLog("info", { isReadable, output: { write: (line) => void lines.push(line) } }), lines };
}

const answered: AnsweredRequest = {
  requestId: "from-the-proxy-1",
  method: "GET",
  path: "/media/01m7xvd3a0eb88zgqcxxff6rw2/w320/Ada's passport.jpg",
  status: 200,
  ms: 12.3456,
  bytes: 20_000,
  isAborted: false,
};

describe("the log", () => {
  it("has one line of JSON for a request, without a file's name", () => {
    const { log: opened, lines } = log(false);
    opened.request(answered, "/media");
    const { time, ...line } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(time).toBeTypeOf("number");
    expect(line).toEqual({
      level: 30,
      requestId: "from-the-proxy-1",
      method: "GET",
      path: "/media/01m7xvd3a0eb88zgqcxxff6rw2/w320/…",
      status: 200,
      ms: 12.3,
      bytes: 20_000,
      msg: "request",
    });
  });

  it("carries the request's id in whatever is logged while it is answered", () => {
    const { log: opened, lines } = log(false);
    requestContext.run({ method: "GET", path: "/", requestId: "abc" }, () => opened.logger.warn("the storage is slow"));
    opened.logger.warn("something else");
    expect(lines.map((line) => (JSON.parse(line) as { requestId?: string }).requestId)).toEqual(["abc", undefined]);
  });

  it("is readable in a terminal", () => {
    const { log: opened, lines } = log(true);
    opened.request(answered, "/media");
    opened.logger.error("the disk is full");
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d info {2}GET \/media\/01m7xvd3a0eb88zgqcxxff6rw2\/w320\/… 200 12\.3 ms 20000 bytes {2}\[from-the\]\n$/,
    );
    expect(lines[1]).toMatch(/^\d\d:\d\d:\d\d error {2}the disk is full\n$/);
  });
});

describe("a request's id", () => {
  it("is the one that the proxy gave", () => {
    expect(requestIdOf("8f2c:1-A")).toBe("8f2c:1-A");
  });

  it.each([undefined, "", "with a space", 'a"b', "x".repeat(129), "line\nbreak", ["a", "b"]])("is a new one for %j", (given) => {
    expect(requestIdOf(given)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("what a request is about", () => {
  it.each([
    ["GET", "/media/01m7/a.jpg", "original", "/media/01m7/…"],
    ["GET", "/media/01m7/w320/a.jpg", "variant", "/media/01m7/w320/…"],
    ["GET", "/media/initials/Ada%20Lovelace.svg", "initials", "/media/initials/…"],
    ["POST", "/media", "upload", "/media"],
    ["POST", "/api/v1/files", "upload", "/api/v1/files"],
    ["GET", "/api/v1/files", "api", "/api/v1/files"],
    ["GET", "/healthz", "health", "/healthz"],
    ["GET", "/metrics", "metrics", "/metrics"],
    ["GET", "/wp-admin/anything", "page", "/wp-admin/anything"],
  ])("is told in a few words: %s %s is %s, logged as %s", (method, path, kind, logged) => {
    expect([kindOf(method, path, "/media"), pathForLog(path, "/media")]).toEqual([kind, logged]);
  });
});
