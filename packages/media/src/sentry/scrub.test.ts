import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createScrubber, routeOf } from "./scrub.js";

const env = {
  HOLDFAST_TOKEN: "correct-horse-battery",
  CLOUDINARY_URL: "cloudinary://874837483274837:a676b67565c6767a6767d6767f676fe1@demo",
  DATABASE_URL: "postgres://app:s3cr%2Ft!pw@db.internal:5432/app",
  SMTP_PASSWORD: "two words",
  PWD: "/srv/app",
  NODE_ENV: "production",
};
const { words, code } = createScrubber(env, ["mentioned-by-the-app"]);

describe("words", () => {
  it.each([
    ["the environment's secrets, by the names of variables", "token correct-horse-battery was refused", "token [secret] was refused"],
    ["those in URLs, decoded", "s3cr/t!pw did not fit", "[secret] did not fit"],
    ["those that the app mentions", "mentioned-by-the-app!", "[secret]!"],
    ["secrets with spaces", "two words", "[secret]"],
    ["in base64", `seen ${Buffer.from("correct-horse-battery").toString("base64")}`, "seen [secret]"],
    ["logins of any URL", "redis://:hunter2@cache:6379/0 is away", "redis://[secret]@cache:6379/0 is away"],
    ["queries", "GET /f?signature=abc&e=1 failed", "GET /f?[query] failed"],
    ["headers", "Authorization: Basic dXNlcjpwYXNz", "Authorization: [secret]"],
    ["fields by their names", 'body was {"password":"hunter2","n":1}', 'body was {"password":[secret],"n":1}'],
    ["bearer tokens", "sent Bearer abcdef123456", "sent Bearer [secret]"],
    ["tokens by their looks", "rnd_0123456789abcdef and AKIAIOSFODNN7EXAMPLE", "[secret] and [secret]"],
    ["e-mails", "no user élise.o'neil+x@mail.example.fr here", "no user élise.o'[e-mail] here"],
    ["quoted values", `key value "Anna's cat" is taken, and 'l'été.jpg' too`, `key value "…" is taken, and '…' too`],
    ["names of files", "cat of anna.HEIC cannot be read", "cat of [file] cannot be read"],
    ["paths of data", "ENOENT: /data/media/anna/passport", "ENOENT: [path]"],
    ["addresses", "198.51.100.7 and 2001:db8:0:1:2:3:4:5 were refused by 10.0.0.3", "[address] and [address] were refused by 10.0.0.3"],
  ])("lose %s", (_, given, told) => expect(words(given)).toBe(told));

  it.each([
    "Cannot read properties of undefined (reading 'length')",
    'duplicate key value violates unique constraint "users_email_key"',
    "connect ECONNREFUSED 127.0.0.1:5432",
    "Cannot find module './dist/app.js' imported from node_modules/hono/dist/index.js".replace("'./dist/app.js'", "dist/app.js"),
    "Unexpected token } in JSON at position 17",
    "can't reach it, don't ask",
    "image/webp is no type of ours",
  ])("keep what helps: %s", (text) => expect(words(text)).toBe(text));

  it("never let a secret through, whatever is around it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), fc.string({ maxLength: 60 }), (before, after) => {
        const told = words(`${before}correct-horse-battery${after}`) + code(`${before}correct-horse-battery${after}`);
        expect(told).not.toContain("correct-horse-battery");
      }),
    );
  });

  it("are taken out of a long text in no time", () => {
    const long = [
      "a/".repeat(40_000),
      "a@".repeat(40_000),
      '"'.repeat(80_000),
      "x".repeat(90_000),
      "a:".repeat(40_000),
      "https://".repeat(10_000),
      "token=".repeat(15_000),
    ];
    const began = performance.now();
    for (const text of long) expect(words(text).length).toBeLessThanOrEqual(2000);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

it("code keeps its own strings, and loses secrets", () => {
  const line = `const url = "https://example.org/a/b"; const key = "correct-horse-battery";`;
  expect(code(line)).toBe(`const url = "https://example.org/a/b"; const key = "[secret]";`);
});

it("of a path only a program's own words are told", () => {
  expect(routeOf("/articles/17/edit?x=1")).toBe("/articles/…/edit");
  expect(routeOf("/media/01m7xvd3a0eb88zgqcxxff6rw2/w320/anna.jpg")).toBe("/media/…/…/…");
  expect(routeOf("/api/v1/files")).toBe("/api/v1/files");
  expect(routeOf("/Anna")).toBe("/…");
});
