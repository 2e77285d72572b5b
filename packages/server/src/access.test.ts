import { describe, expect, it } from "vitest";
import { createAccess, isLoopbackAddress } from "./access.js";
import { testToken } from "./service.fixture.js";

const at = (url: string, headers: Record<string, string> = {}, method = "GET"): Request => new Request(url, { method, headers });

describe("without a token", () => {
  const access = createAccess(undefined);

  it.each(["http://localhost:4100/", "http://127.0.0.1/", "http://[::1]:80/", "http://127.8.9.1:4100/"])("answers to %s", (url) => {
    expect(access.refusalOf(at(url))).toBeUndefined();
  });

  it.each(["http://evil.example/", "http://localhost.evil.example/", "http://127.0.0.1.evil.example/", "http://192.168.1.4:4100/"])(
    "does not answer to %s, which another web site may have pointed here",
    (url) => {
      expect(access.refusalOf(at(url))?.code).toBe("FORBIDDEN");
    },
  );

  it.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "http://localhost:3000" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site", origin: "http://localhost:4100" }],
  ])("refuses to change anything for another site's page: %j", (headers) => {
    expect(access.refusalOf(at("http://localhost:4100/", headers, "POST"))?.code).toBe("FORBIDDEN");
    expect(access.refusalOf(at("http://localhost:4100/", headers, "DELETE"))?.code).toBe("FORBIDDEN");
    expect(access.refusalOf(at("http://localhost:4100/", headers, "GET"))).toBeUndefined();
  });

  it.each([[{ origin: "http://localhost:4100", "sec-fetch-site": "same-origin" }], [{ "sec-fetch-site": "none" }], [{}]])(
    "lets its own page and programs change things: %j",
    (headers) => {
      expect(access.refusalOf(at("http://localhost:4100/", headers, "POST"))).toBeUndefined();
    },
  );

  it("welcomes the names of this computer, and no other", () => {
    for (const host of ["localhost:4100", "127.0.0.1", "[::1]:80"]) expect(access.isWelcome(host)).toBe(true);
    for (const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example:80",
      "localhost:80@evil.example",
      "",
      undefined,
    ]) {
      expect(access.isWelcome(host)).toBe(false);
    }
  });

  it("needs no sign-in, and nobody counts as signed in", () => {
    expect(access.isAllowed(at("http://localhost/"))).toBe(true);
    expect(access.isSignedIn(at("http://localhost/"))).toBe(false);
  });
});

describe("with a token", () => {
  let clock = Date.UTC(2026, 0, 1);
  const access = createAccess(testToken, () => clock);
  const home = "https://media.example/";
  const sessionOf = (setCookie: string): string => setCookie.split(";")[0] ?? "";

  it("welcomes any well-formed name", () => {
    for (const host of ["media.example", "media.example:8443", "127.0.0.1:4100"]) expect(access.isWelcome(host)).toBe(true);
    for (const host of ["media example", "a/b", "media.example:x", "user@media.example", undefined])
      expect(access.isWelcome(host)).toBe(false);
  });

  it("lets in whoever sends it, and nobody else", () => {
    expect(access.isAllowed(at(home, { authorization: `Bearer ${testToken}` }))).toBe(true);
    expect(access.isAllowed(at(home, { authorization: `bearer ${testToken}` }))).toBe(true);
    expect(access.isAllowed(at(home, { authorization: `Bearer ${testToken}x` }))).toBe(false);
    expect(access.isAllowed(at(home, { authorization: testToken }))).toBe(false);
    expect(access.isAllowed(at(home))).toBe(false);
  });

  it("keeps a session for twelve hours", () => {
    const cookie = sessionOf(access.sessionCookie(at(home)));
    expect(access.isSignedIn(at(home, { cookie: `other=1; ${cookie}` }))).toBe(true);
    clock += 12 * 3600 * 1000 - 1000;
    expect(access.isSignedIn(at(home, { cookie }))).toBe(true);
    clock += 1000;
    expect(access.isSignedIn(at(home, { cookie }))).toBe(false);
  });

  it("believes no session that was changed or that another token made", () => {
    const cookie = sessionOf(access.sessionCookie(at(home)));
    const [name, value = ""] = cookie.split("=");
    const [expires, signature] = value.split(".");
    expect(access.isSignedIn(at(home, { cookie: `${name}=${Number(expires) + 1}.${signature}` }))).toBe(false);
    expect(access.isSignedIn(at(home, { cookie: `${name}=${expires}.` }))).toBe(false);
    expect(access.isSignedIn(at(home, { cookie: `${name}=${expires}` }))).toBe(false);
    expect(createAccess("another-token-0123456789", () => clock).isSignedIn(at(home, { cookie }))).toBe(false);
  });

  it("hides the session from scripts and other sites, and sends it over https only where the visitor came by https", () => {
    expect(access.sessionCookie(at(home))).toMatch(/; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/);
    expect(access.sessionCookie(at("http://media.internal/", { "x-forwarded-proto": "https" }))).toMatch(/; Secure$/);
    expect(access.sessionCookie(at("http://localhost/"))).not.toContain("Secure");
    expect(access.expiredCookie(at(home))).toContain("Max-Age=0");
  });

  it("answers to any name, and still refuses another site's page that rides on a session", () => {
    const { cookie, origin } = { cookie: sessionOf(access.sessionCookie(at(home))), origin: "https://evil.example" };
    expect(access.refusalOf(at(home, { cookie }, "POST"))).toBeUndefined();
    expect(access.refusalOf(at(home, { cookie, origin }, "POST"))?.code).toBe("FORBIDDEN");
    expect(access.refusalOf(at(home, { authorization: `Bearer ${testToken}`, origin }, "POST"))).toBeUndefined();
  });

  it("knows its own page behind a proxy that passes another Host", () => {
    const headers = { origin: "https://media.example", "x-forwarded-host": "media.example" };
    expect(access.refusalOf(at("http://10.0.0.4:4100/", headers, "POST"))).toBeUndefined();
  });
});

it("tells loopback addresses from others", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].every(isLoopbackAddress)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::ffff:10.0.0.1"].some(isLoopbackAddress)).toBe(false);
});
