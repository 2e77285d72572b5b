import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readConsolePages } from "./console-pages.js";

const folder = mkdtempSync(join(tmpdir(), "holdfast-console-test-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), "<!doctype html><title>Holdfast</title>");
writeFileSync(join(folder, "assets", "index-abc123.js"), "export {};");
writeFileSync(join(folder, "secret.key"), "not for the web");
const answer = readConsolePages(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const get = (path: string, init?: RequestInit): Response | undefined => answer(new Request(`http://localhost${path}`, init));

it("answers the page at / and asks for it to be checked each time", async () => {
  const page = get("/");
  expect(await page?.text()).toContain("<title>Holdfast</title>");
  expect(page?.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page?.headers.get("cache-control")).toBe("no-cache");
  expect(page?.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(page?.headers.get("content-security-policy")).not.toContain("unsafe");
});

it("answers hashed assets for ever, and 304 to whoever has one", () => {
  const asset = get("/assets/index-abc123.js");
  expect(asset?.headers.get("cache-control")).toContain("immutable");
  const again = get("/assets/index-abc123.js", { headers: { "if-none-match": `"other", W/${asset?.headers.get("etag")}` } });
  expect(again?.status).toBe(304);
  expect(again?.headers.get("content-type")).toBeNull();
});

it("answers HEAD with the length and no body", async () => {
  const head = get("/", { method: "HEAD" });
  expect(head?.headers.get("content-length")).toBe("38");
  expect(await head?.text()).toBe("");
});

it("has nothing for paths it did not read, nor for kinds of files that no console is made of", () => {
  expect(get("/secret.key")).toBeUndefined();
  expect(get("/assets/../../etc/passwd")).toBeUndefined();
  expect(get("/assets/%2e%2e/secret.key")).toBeUndefined();
});

it("takes nothing", () => {
  expect(get("/", { method: "POST" })?.status).toBe(405);
});

it("answers nothing where no console was built", () => {
  expect(readConsolePages(join(folder, "missing"))(new Request("http://localhost/"))).toBeUndefined();
});
