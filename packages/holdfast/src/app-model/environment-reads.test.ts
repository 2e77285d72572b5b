import { describe, expect, it } from "vitest";
import { readCodeFacts } from "./environment-reads.js";
import { treeOf } from "./source-tree.fixture.js";

async function readsOf(files: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const { reads } = await readCodeFacts(treeOf(files), ["."], new Set());
  return reads.map(({ file: _file, line: _line, ...read }) => read);
}

describe("what JavaScript reads of the environment", () => {
  it.each([
    ["process.env.A1", { name: "A1", without: "bare" }],
    ['process.env["A_B"]', { name: "A_B", without: "bare" }],
    ["process.env.A1 ?? 'x'", { name: "A1", without: "default", fallback: "x" }],
    ["process.env.A1 || other()", { name: "A1", without: "default" }],
    ["process.env.A1!", { name: "A1", without: "stops" }],
    ["Number(process.env.A1 ?? 8)", { name: "A1", without: "default", fallback: 8, type: "number" }],
    ["parseInt(process.env.A1)", { name: "A1", without: "bare", type: "integer" }],
    ["new URL(process.env.A1!)", { name: "A1", without: "bare", type: "url" }],
    ["const { A1, B1 = true } = process.env", { name: "A1", without: "bare" }, { name: "B1", without: "default", fallback: true }],
    ["const f = (env) => env.A1", { name: "A1", without: "bare" }],
    ["process.env.lower; other.env.A1; process.env[name]"],
  ])("%s", async (source, ...expected) => {
    expect(await readsOf({ "a.ts": source })).toEqual(expected);
  });

  it("is not looked for in tests, nor in what is no source", async () => {
    expect(
      await readsOf({ "a.test.ts": "process.env.A1", "tests/a.js": "process.env.A1", "node.md": "process.env.A1", "b.js": "((" }),
    ).toEqual([]);
  });
});

describe("what Python reads of the environment", () => {
  it.each([
    ['os.environ["A1"]', { name: "A1", without: "stops" }],
    ['os.environ["A1"] = "x"'],
    ['os.environ.get("A1")', { name: "A1", without: "bare" }],
    ['os.environ.get("A1", "x")', { name: "A1", without: "default", fallback: "x" }],
    ['int(os.getenv("A1", "8"))', { name: "A1", without: "default", fallback: "8", type: "integer" }],
    ['env("A1")', { name: "A1", without: "stops" }],
    ['env.bool("A1", default=False)', { name: "A1", without: "default", fallback: false, type: "boolean" }],
    ["env.db()", { name: "DATABASE_URL", without: "stops", type: "url" }],
    ['config("A1", default=3, cast=int)', { name: "A1", without: "default", fallback: 3, type: "integer" }],
    ["dj_database_url.config(conn_max_age=600)", { name: "DATABASE_URL", type: "url", without: "bare" }],
    ['os.environ.get(f"{x}_A1"); config("lower"); other("A1")'],
  ])("%s", async (source, ...expected) => {
    expect(await readsOf({ "a.py": source })).toEqual(expected);
  });
});

describe("texts of the code", () => {
  it("are found as asked for, and in Django's urls without their first stroke", async () => {
    const wanted = new Set(["/healthz", "/up", "SIGTERM"]);
    const { texts } = await readCodeFacts(
      treeOf({ "a.js": 'process.on("SIGTERM", end)', "urls.py": 'path("healthz/", well)' }),
      ["."],
      wanted,
    );
    expect([...texts].toSorted()).toEqual(["/healthz", "SIGTERM"]);
  });
});
