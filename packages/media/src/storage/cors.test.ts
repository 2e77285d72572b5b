import { describe, expect, it } from "vitest";
import { planCors } from "./cors.js";
import type { CorsRule } from "./driver.js";

const origin = "https://app.example";
const rule = (changes: Partial<CorsRule> = {}): CorsRule => ({
  origins: [origin],
  methods: ["GET", "HEAD", "POST"],
  headers: ["content-type"],
  exposedHeaders: ["ETag"],
  ...changes,
});

describe("the CORS rules that direct uploads need", () => {
  it("are all missing where there are none", () => {
    const { missing, rules } = planCors([], [origin]);
    expect(missing).toEqual([{ origin, what: ["GET", "HEAD", "POST"] }]);
    expect(rules).toEqual([{ ...rule(), id: "holdfast-uploads", maxAgeSeconds: 3600 }]);
  });

  it.each<[string, Partial<CorsRule>, readonly string[]]>([
    ["no POST", { methods: ["GET", "HEAD", "PUT"] }, ["POST"]],
    ["another origin", { origins: ["https://other.example"] }, ["GET", "HEAD", "POST"]],
    ["another scheme", { origins: ["http://app.example"] }, ["GET", "HEAD", "POST"]],
    ["no header", { headers: [] }, ["POST with content-type"]],
    ["no ETag", { exposedHeaders: ["x-amz-request-id"] }, ["ETag of GET", "ETag of HEAD", "ETag of POST"]],
  ])("are missing in part with %s", (_, changes, what) => {
    expect(planCors([rule(changes)], [origin]).missing).toEqual([{ origin, what }]);
  });

  it.each<[string, Partial<CorsRule>]>([
    ["exactly these", {}],
    ["any origin", { origins: ["*"] }],
    ["origins by a pattern", { origins: ["https://*.example"] }],
    ["any header", { headers: ["*"] }],
    ["headers in another case", { headers: ["Content-Type"], exposedHeaders: ["etag"] }],
  ])("are there with %s, and then nothing changes", (_, changes) => {
    const existing = [rule(changes)];
    const { missing, rules } = planCors(existing, [origin]);
    expect({ missing, isSame: rules === existing }).toEqual({ missing: [], isSame: true });
  });

  it("are judged by the first rule that fits, as a service does", () => {
    const silent = rule({ exposedHeaders: [] });
    expect(planCors([silent, rule()], [origin]).missing).toHaveLength(1);
    expect(planCors([rule(), silent], [origin]).missing).toEqual([]);
  });

  it("are put before others, which are kept, with what they exposed still exposed", () => {
    const others = [
      rule({ id: "cdn", methods: ["GET"], exposedHeaders: ["x-amz-meta-a", "Etag"] }),
      rule({ id: "other", origins: ["https://other.example"] }),
    ];
    const { rules } = planCors(others, [origin]);
    expect(rules.slice(1)).toEqual(others);
    expect(rules[0]).toMatchObject({ id: "holdfast-uploads", exposedHeaders: ["ETag", "x-amz-meta-a"] });
    expect(planCors(rules, [origin]).missing).toEqual([]);
  });

  it("keep the origins that were set before", () => {
    const once = planCors([], [origin]).rules;
    const { missing, rules } = planCors(once, ["https://new.example"]);
    expect(missing.map((one) => one.origin)).toEqual(["https://new.example"]);
    expect(rules).toHaveLength(1);
    expect(rules[0]?.origins).toEqual([origin, "https://new.example"]);
  });
});
