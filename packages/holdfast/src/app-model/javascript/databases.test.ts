import { describe, expect, it } from "vitest";
import { databasesTold, manifest, readApp } from "./reading.fixture.js";

/** The databases of an Express app with this code before its listener. */
const opened = async (
  code: string,
  dependencies: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> =>
  databasesTold(
    await readApp({
      "package.json": manifest(["express", ...dependencies]),
      "server.js": `const app = require("express")(); const path = require("path"); const fs = require("fs");\n${code}\napp.listen(1);`,
      ...files,
    }),
  );

describe("databases", () => {
  it("knows servers by their clients", async () => {
    expect(await opened(`require("mongoose").connect(process.env.MONGO_URL || "mongodb://localhost/a");`)).toEqual([
      "always: database mongodb",
    ]);
    expect(await opened(`const { Pool } = require("pg"); new Pool({ connectionString: process.env.DATABASE_URL });`)).toEqual([
      "always: database postgres",
    ]);
    expect(await opened(`const mysql = require("mysql2/promise"); mysql.createPool({ host: process.env.DB_HOST });`)).toEqual([
      "always: database mysql",
    ]);
  });

  it("finds SQLite files beside the code", async () => {
    expect(
      await opened(`const Database = require("better-sqlite3"); new Database(process.env.DB_PATH || path.join(__dirname, "app.db"));`),
    ).toEqual(["DB_PATH: disk ${DB_PATH}; always: disk app.db"]);
    expect(await opened(`const sqlite3 = require("sqlite3").verbose(); new sqlite3.Database("./data/a.sqlite");`)).toEqual([
      "always: disk data/a.sqlite",
    ]);
    expect(await opened(`const { open } = require("sqlite"); open({ filename: "a.db" });`)).toEqual(["always: disk a.db"]);
  });

  it("says where a file goes when a disk is looked for at run time", async () => {
    const code = `const Database = require("better-sqlite3"); let folder; if (fs.existsSync("/data")) { folder = "/data"; } else { folder = path.join(__dirname, "data"); } new Database(path.join(folder, "a.db"));`;
    expect(await opened(code)).toEqual(["not disk at /data: disk data/a.db; always: disk /data/a.db"]);
  });

  it("sees what was assigned before in a fallback", async () => {
    const code = `const { Pool } = require("pg"); let url = process.env.DATABASE_URL; if (!url) { url = "file:./demo.db"; } new Pool({ connectionString: url });`;
    expect(await opened(code)).toEqual(["not DATABASE_URL: disk demo.db; always: database postgres"]);
  });

  it("reads dialects of Sequelize and knex, and configuration picked by NODE_ENV", async () => {
    const config = `module.exports = { development: { dialect: "sqlite", storage: "dev.sqlite" }, production: { dialect: "postgres", host: "h" } };`;
    const code = `const { Sequelize } = require("sequelize"); const config = require("./config")[process.env.NODE_ENV || "development"]; new Sequelize(config);`;
    expect(await opened(code, [], { "config.js": config })).toEqual([
      "NODE_ENV=development: disk dev.sqlite; NODE_ENV=production: database postgres; NODE_ENV: fails; always: disk dev.sqlite",
    ]);
    expect(await opened(`require("knex")({ client: "better-sqlite3", connection: { filename: "./k.db" } });`)).toEqual([
      "always: disk k.db",
    ]);
  });

  it("joins two clients under opposite conditions into one table", async () => {
    const code = `if (process.env.DATABASE_URL) { const { Pool } = require("pg"); new Pool(); } else { const Database = require("better-sqlite3"); new Database("a.db"); }`;
    expect(await opened(code)).toEqual(["DATABASE_URL: database postgres; always: disk a.db"]);
  });

  it("reads Prisma's schema, without its comments, and rewrites of it", async () => {
    const code = `const { PrismaClient } = require("@prisma/client"); new PrismaClient();`;
    const schema = (provider: string, url: string): string =>
      `// provider = "mysql"\ndatasource db {\n  provider = "${provider}"\n  url = ${url}\n}\n`;
    expect(await opened(code, [], { "prisma/schema.prisma": schema("postgresql", `env("DATABASE_URL")`) })).toEqual([
      "always: database postgres",
    ]);
    expect(await opened(code, [], { "prisma/schema.prisma": schema("sqlite", `"file:./dev.db"`) })).toEqual(["always: disk prisma/dev.db"]);
    expect(await opened(code, [], { "prisma/schema.prisma": schema("sqlite", `env("DATABASE_URL")`) })).toEqual([
      "always: disk ${DATABASE_URL}",
    ]);
    expect(
      await opened(code, [], {
        "prisma/schema.prisma": schema("sqlite", `"file:./dev.db"`),
        "build.sh": `sed -i 's/"sqlite"/"postgresql"/' prisma/schema.prisma`,
      }),
    ).toEqual(["always: database postgres"]);
  });

  it("finds a client that is kept, so that it is made once", async () => {
    const cached = `let cached = global.mongo; if (!cached) { cached = global.mongo = { promise: null }; }
      async function connect() { if (!cached.promise) { cached.promise = require("mongoose").connect(process.env.MONGO_URL); } return cached.promise; }`;
    expect(await opened(cached)).toEqual(["always: database mongodb"]);
    const kept = `const { Pool } = require("pg"); const held = globalThis; const pool = held.pool ?? new Pool(); if (process.env.NODE_ENV !== "production") held.pool = pool;`;
    expect(await opened(kept)).toEqual(["always: database postgres"]);
    // What is assigned is an address here, not what is opened: the variable decides.
    const address = `let file = process.env.DB_FILE; if (!file) { file = "a.db"; } new (require("better-sqlite3"))(file);`;
    expect(await opened(address)).toEqual(["not DB_FILE: disk a.db; always: disk ${DB_FILE}"]);
  });

  it("finds Prisma's client behind a class of the app's own, as Nest has it", async () => {
    const schema = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n';
    const service = `const { PrismaClient } = require("@prisma/client"); class PrismaService extends PrismaClient { async onModuleInit() { await this.$connect(); } } new PrismaService();`;
    expect(await opened(service, [], { "prisma/schema.prisma": schema })).toEqual(["always: database postgres"]);
  });

  it("counts files of JSON that are used as a database", async () => {
    expect(await opened(`const { JSONFilePreset } = require("lowdb/node"); JSONFilePreset("db.json", {});`)).toEqual([
      "always: disk db.json",
    ]);
    expect(await opened(`const Datastore = require("nedb"); new Datastore({ filename: "data/a.db" });`)).toEqual([
      "always: disk data/a.db",
    ]);
    const store = `const file = path.join(__dirname, "users.json"); const all = () => JSON.parse(fs.readFileSync(file, "utf8")); app.post("/u", (req, res) => { const users = all(); users.push(req.body); fs.writeFileSync(file, JSON.stringify(users)); res.json({}); });`;
    expect(await opened(store)).toEqual(["always: disk users.json"]);
  });

  it("does not count a database kept in memory, nor one that only a script opens", async () => {
    expect(await opened(`const Database = require("better-sqlite3"); new Database(":memory:");`)).toEqual([]);
    expect(
      await opened("", ["better-sqlite3"], { "scripts/old.js": `const Database = require("better-sqlite3"); new Database("a.db");` }),
    ).toEqual([]);
  });
});
