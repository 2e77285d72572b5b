import { describe, expect, it } from "vitest";
import { judge } from "../../doctor/judge.js";
import { declaring } from "../reading.fixture.js";
import type { Deployment } from "../model.js";
import { noDeployment } from "../source-tree.fixture.js";
import { startsOf } from "./addresses.js";
import { databasesTold, manifest, readApp } from "./reading.fixture.js";

const reading = async (code: string, more: Readonly<Record<string, string>> = {}, deployment: Deployment = noDeployment) =>
  await readApp(
    {
      "package.json": manifest(["express", "pg", "better-sqlite3"]),
      "server.js": `const { Pool } = require("pg"); const Database = require("better-sqlite3");\n${code}\nrequire("express")().listen(1);`,
      ...more,
    },
    ".",
    deployment,
  );

const file = 'new Database("a.db")';
const server = "new Pool({ connectionString: url })";
const url = "const url = process.env.DATABASE_URL;";

describe("a choice by how an address begins", () => {
  it.each([
    [`${url} const db = url.startsWith("file:") ? ${file} : ${server};`, "DATABASE_URL=file:…: disk a.db; always: database postgres"],
    [
      `${url} const db = new URL(url).protocol === "postgres:" ? ${server} : ${file};`,
      "DATABASE_URL=postgres:…: database postgres; always: disk a.db",
    ],
    [
      `${url} let db; if (url?.startsWith("postgres")) { db = ${server}; } else { db = ${file}; }`,
      "DATABASE_URL=postgres…: database postgres; always: disk a.db",
    ],
    [
      `${url} const db = /^postgres(ql)?:/.test(url) ? ${server} : ${file};`,
      "DATABASE_URL=postgres…: database postgres; always: disk a.db",
    ],
    [`${url} const db = url.match(/^(mysql|mariadb):\\/\\//i) ? ${server} : ${file};`, "DATABASE_URL=mysql…"],
    [`${url} const db = url.includes("sqlite") ? ${file} : ${server};`, "DATABASE_URL=sqlite…: disk a.db; always: database postgres"],
    [
      `function open(url) { if (["postgres:", "postgresql:"].includes(new URL(url).protocol)) { return ${server}; } return ${file}; } open(process.env.DATABASE_URL);`,
      "DATABASE_URL=postgres:…",
    ],
    [
      `${url} let db; switch (url.split(":")[0]) { case "postgres": db = ${server}; break; default: db = ${file}; }`,
      "DATABASE_URL=postgres:…: database postgres; always: disk a.db",
    ],
    // The file that is named is the one that the variable names.
    [
      `${url} const db = url.startsWith("file:") ? new Database(url.slice("file:".length)) : ${server};`,
      "DATABASE_URL=file:…: disk ${DATABASE_URL};",
    ],
  ])("depends on the variable: %s", async (code, told) => {
    const found = databasesTold(await reading(code));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(told);
  });

  it("counts what stands in for the variable", async () => {
    const code = `const url = process.env.DATABASE_URL || "file:./data/a.db"; const db = url.startsWith("file:") ? new Database(url.slice("file:".length)) : ${server};`;
    const found = await reading(code);
    const told = databasesTold(found)[0];
    expect(told).not.toContain("?");
    expect(told).toContain("disk data/a.db");
    const verdict = judge({ root: ".", service: undefined, deployment: noDeployment, readings: [found] }).database;
    expect(verdict).toMatchObject({ answer: "depends", asDeclared: "loses", dependsOn: ["DATABASE_URL"] });
    expect(verdict.depends).toEqual([
      { when: { DATABASE_URL: "file:…" }, answer: "depends", storage: "disk" },
      { when: { DATABASE_URL: "set" }, answer: "keeps", storage: "postgres" },
      { when: {}, answer: "loses", storage: "ephemeral-disk" },
    ]);
  });

  const declared = (deployment: Deployment) => async (code: string) => {
    const readings = [await reading(code, {}, deployment)];
    return judge({ root: ".", service: deployment.services[0], deployment, readings }).database.answer;
  };

  it.each([
    [`${url} const db = url.startsWith("file:") ? ${file} : ${server};`],
    [`${url} const db = url.startsWith("postgres") ? ${server} : ${file};`],
  ])("is decided by the deploy file: %s", async (code) => {
    expect(await declared(declaring({ DATABASE_URL: "postgres://u@h/d" }))(code)).toBe("keeps");
    expect(await declared(declaring({ DATABASE_URL: "file:./a.db" }))(code)).toBe("loses");
    const given = declaring({ DATABASE_URL: "" });
    const services = given.services.map((service) => ({
      ...service,
      variables: service.variables.map((one) => ({ ...one, declared: { kind: "given" } as const })),
    }));
    // What the platform makes of its own database is a server's address.
    expect(await declared({ ...given, services })(code)).toBe("keeps");
  });

  it("never keeps where the platform's database might be another than the one that is asked for", async () => {
    const given = declaring({ DATABASE_URL: "" });
    const services = given.services.map((service) => ({
      ...service,
      variables: service.variables.map((one) => ({ ...one, declared: { kind: "given" } as const })),
    }));
    const code = `${url} const db = url.startsWith("mysql") ? ${server} : ${file};`;
    expect(await declared({ ...given, services })(code)).toBe("depends");
  });

  it("is not understood where nobody can tell whose address it is", async () => {
    const found = await reading(
      `const load = require("./lost"); const url = load(); const db = url.startsWith("file:") ? ${file} : ${server};`,
    );
    const verdict = judge({ root: ".", service: undefined, deployment: noDeployment, readings: [found] }).database;
    expect(verdict.answer).toBe("unknown");
    expect(verdict.notUnderstood[0]?.why).toBe("what kind of database the address names");
  });

  it("follows the address through functions, a package's face and an environment that was checked", async () => {
    const found = await reading("", {
      "server.js":
        'const { env } = require("./env"); const { start } = require("./site"); require("express")().listen(1); start({ databaseUrl: env.DATABASE_URL });',
      "env.js": 'const { cleanEnv, str } = require("envalid"); exports.env = cleanEnv(process.env, { DATABASE_URL: str() });',
      "site/index.ts": 'export { start } from "./start.js";',
      "site/start.ts":
        'import { openDatabase } from "./database.js"; export const start = (settings) => openDatabase(settings.databaseUrl);',
      "site/database.ts":
        'import { Pool } from "pg"; import Database from "better-sqlite3"; export function openDatabase(url) { if (!url.startsWith("file:")) { return new Pool({ connectionString: url }); } return new Database(url.slice(5)); }',
    });
    expect(databasesTold(found)[0]).toContain("DATABASE_URL=file:…");
    // The place that is shown is where the file is opened, not the server.
    expect(found.databases[0]?.at).toEqual({ file: "site/database.ts", line: 1 });
    expect(found.databases[0]?.outcomes.map(({ destination }) => destination.kind)).toContain("disk");
  });
});

describe("a pattern", () => {
  it("says how an address begins, or nothing of use", () => {
    expect(startsOf("^postgres(ql)?:")).toEqual(["postgres"]);
    expect(startsOf("^(postgres|mysql):\\/\\/")).toEqual(["postgres", "mysql"]);
    expect(startsOf("^mongodb(\\+srv)?:\\/\\/")).toEqual(["mongodb"]);
    for (const other of ["postgres", "^image\\/", "^(jpeg|png)$", "^.*sqlite", "^"]) expect(startsOf(other)).toBeUndefined();
  });
});
