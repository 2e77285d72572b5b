import { describe, expect, expectTypeOf, it } from "vitest";
import { readEnv } from "./read-env.js";

const schema = {
  variables: {
    DATABASE_URL: { type: "url", required: true, secret: true },
    MAX_PHOTOS: { type: "integer", default: 10 },
    PLAN: { values: ["free", "paid"], required: true, default: "free" },
    HOSTS: { type: "list" },
    DEBUG: { type: "boolean" },
    BUILD_TOKEN: { phase: "build", required: true },
  },
} as const;

describe("readEnv", () => {
  it("gives each variable the type that its schema says", () => {
    const env = readEnv(schema, {
      env: {
        DATABASE_URL: "postgres://db/x",
        MAX_PHOTOS: "3",
        PLAN: "paid",
        HOSTS: "a.example, b.example",
        DEBUG: "off",
        NODE_ENV: "production",
      },
    });
    expect(env).toEqual({ DATABASE_URL: "postgres://db/x", MAX_PHOTOS: 3, PLAN: "paid", HOSTS: ["a.example", "b.example"], DEBUG: false });
    expectTypeOf(env.DATABASE_URL).toEqualTypeOf<string>();
    expectTypeOf(env.MAX_PHOTOS).toEqualTypeOf<number | undefined>();
    expectTypeOf(env.PLAN).toEqualTypeOf<"free" | "paid">();
    expectTypeOf(env.HOSTS).toEqualTypeOf<readonly string[] | undefined>();
  });

  it("takes defaults in development, and none in production", () => {
    const env = { DATABASE_URL: "postgres://localhost/x" };
    expect(readEnv(schema, { env })).toEqual({ DATABASE_URL: "postgres://localhost/x", MAX_PHOTOS: 10, PLAN: "free" });
    expect(() => readEnv(schema, { env: { ...env, DATABASE_URL: "postgres://db/x", RENDER: "true" } })).toThrow(/PLAN is not set/);
  });

  it("takes a database on this very machine where there is no platform, and on a platform none", () => {
    const env = { NODE_ENV: "production", PLAN: "free", DATABASE_URL: "postgres://u:p@127.0.0.1:5432/x" };
    expect(readEnv(schema, { env }).DATABASE_URL).toBe(env.DATABASE_URL);
    expect(() => readEnv(schema, { env: { ...env, RENDER: "true" } })).toThrow(/DATABASE_URL names this very machine, where Render/);
  });

  it("tells everything that is wrong together, and quotes no value", () => {
    const env = { NODE_ENV: "production", DATABASE_URL: '"postgres://u:hunter2@db/x"', MAX_PHOTOS: "many" };
    const failure = (): unknown => readEnv(schema, { env });
    expect(failure).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    expect(failure).toThrow(/DATABASE_URL has quotes around it[^]*MAX_PHOTOS is not a whole number[^]*PLAN is not set/);
    expect(failure).not.toThrow(/hunter2/);
  });

  it("warns of what does not stop the start", () => {
    const warnings: string[] = [];
    const env = { NODE_ENV: "production", JWT_SECRET: "abcdefgh12" };
    readEnv({ variables: { JWT_SECRET: { required: true } } }, { env, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining("JWT_SECRET is short enough to be guessed.")]);
  });

  it("reads a build's own variables in a build", () => {
    expect(readEnv(schema, { env: { BUILD_TOKEN: "t" }, phase: "build" })).toEqual({ BUILD_TOKEN: "t" });
  });

  it("refuses a default that is not of its own type", () => {
    expect(() => readEnv({ variables: { N: { type: "integer", default: "ten" } } }, { env: {} })).toThrow(
      /The default "ten" is not a whole number/,
    );
  });
});
