import { describe, expect, it } from "vitest";
import { noDeployment } from "../source-tree.fixture.js";
import { databasesTold, manifest, readApp, sinksTold } from "./reading.fixture.js";

describe("Nest", () => {
  const nest = manifest(["@nestjs/core", "@nestjs/common", "@nestjs/platform-express"], {
    scripts: { start: "nest start", "start:prod": "node dist/main" },
  });
  const main = `import { NestFactory } from "@nestjs/core"; import { AppModule } from "./app.module"; NestFactory.create(AppModule).then((app) => app.listen(1));`;
  const controller = (options: string): string => `
    import { Controller, Post, UploadedFile, UseInterceptors } from "@nestjs/common";
    import { FileInterceptor } from "@nestjs/platform-express";
    import { diskStorage } from "multer";
    import { FilesService } from "./files.service";
    @Controller("files")
    export class FilesController {
      constructor(private readonly files: FilesService) {}
      @Post("up") @UseInterceptors(FileInterceptor("file"${options})) up(@UploadedFile() file: Express.Multer.File) { return this.files.keep(file); }
    }`;
  const service = (body: string): string =>
    `import { Injectable } from "@nestjs/common"; @Injectable() export class FilesService { constructor(private repository: Repository) {} async keep(file: Express.Multer.File) { ${body} } }`;
  const module = (imports: string): string =>
    `import { Module } from "@nestjs/common"; import { MulterModule } from "@nestjs/platform-express"; import { memoryStorage } from "multer"; import { FilesController } from "./files.controller"; import { FilesService } from "./files.service"; @Module({ imports: [${imports}], controllers: [FilesController], providers: [FilesService] }) export class AppModule {}`;

  it("follows what is injected for a token", async () => {
    const reading = await readApp({
      "package.json": nest,
      "src/main.ts": main,
      "src/app.module.ts": `import { Module } from "@nestjs/common"; import { FilesController } from "./files.controller"; import { FilesService } from "./files.service"; import { Folder } from "./folder"; import { STORE } from "./store"; @Module({ controllers: [FilesController], providers: [FilesService, { provide: STORE, useClass: Folder }] }) export class AppModule {}`,
      "src/files.controller.ts": controller(""),
      "src/store.ts": `export const STORE = "store"; export interface Store { keep(file: unknown): void }`,
      "src/folder.ts": `import * as fs from "fs"; export class Folder { keep(file: Express.Multer.File) { fs.writeFileSync("kept/" + file.originalname, file.buffer); } }`,
      "src/files.service.ts": `import { Inject, Injectable } from "@nestjs/common"; import { STORE, type Store } from "./store"; @Injectable() export class FilesService { constructor(@Inject(STORE) private readonly store: Store) {} keep(file: Express.Multer.File) { return this.store.keep(file); } }`,
    });
    expect(sinksTold(reading)).toEqual(["POST /files/up → always: disk kept"]);
  });

  it("reads the interceptor's own storage", async () => {
    const reading = await readApp({
      "package.json": nest,
      "src/main.ts": main,
      "src/app.module.ts": module(""),
      "src/files.controller.ts": controller(`, { storage: diskStorage({ destination: "./uploads" }) }`),
      "src/files.service.ts": service("return this.repository.save({ path: file.path });"),
    });
    expect([reading.framework, ...sinksTold(reading)]).toEqual(["nestjs", "POST /files/up → always: disk uploads"]);
  });

  it("reads the module's registration, and follows bytes into an injected service", async () => {
    const reading = await readApp({
      "package.json": nest,
      "src/main.ts": main,
      "src/app.module.ts": module("MulterModule.register({ storage: memoryStorage() })"),
      "src/files.controller.ts": controller(""),
      "src/files.service.ts": service("const row = this.repository.create({ data: file.buffer }); return this.repository.save(row);"),
    });
    expect(sinksTold(reading)).toEqual(["POST /files/up → always: database a column of bytes"]);
  });

  it("does not count a controller that no live module has", async () => {
    const reading = await readApp({
      "package.json": nest,
      "src/main.ts": main,
      "src/app.module.ts": `import { Module } from "@nestjs/common"; import "./files.controller"; @Module({ controllers: [] }) export class AppModule {}`,
      "src/files.controller.ts": controller(`, { dest: "./uploads" }`),
      "src/files.service.ts": service("return file.path;"),
    });
    expect(sinksTold(reading)).toEqual([]);
  });

  it("opens the database that its module's factory chooses", async () => {
    const factory = `TypeOrmModule.forRootAsync({ useFactory: () => { if (process.env.NODE_ENV === "production") { return { type: "postgres", url: process.env.DATABASE_URL }; } return { type: "sqlite", database: "dev.sqlite" }; } })`;
    const reading = await readApp({
      "package.json": nest,
      "src/main.ts": main,
      "src/app.module.ts": `import { Module } from "@nestjs/common"; import { TypeOrmModule } from "@nestjs/typeorm"; @Module({ imports: [${factory}] }) export class AppModule {}`,
    });
    expect(databasesTold(reading)).toEqual(["NODE_ENV=production: database postgres; always: disk dev.sqlite"]);
  });
});

describe("Next", () => {
  const next = manifest(["next"], { scripts: { start: "next start" } });
  const write = `import { writeFile } from "node:fs/promises"; import path from "node:path"; export async function POST(request: Request) { const form = await request.formData(); const file = form.get("file") as File; const bytes = Buffer.from(await file.arrayBuffer()); await writeFile(path.join(process.cwd(), "public/uploads", file.name), bytes); return Response.json({}); }`;

  it("reads route handlers", async () => {
    expect(sinksTold(await readApp({ "package.json": next, "src/app/api/upload/route.ts": write }))).toEqual([
      "POST /api/upload → always: disk public/uploads",
    ]);
  });

  it("reads server actions, their files alone or within a page", async () => {
    const body = `const { put } = await import("@vercel/blob"); const file = form.get("file"); await put(file.name, file, { access: "public" });`;
    const alone = `"use server"; export async function save(form) { ${body} }`;
    const page = `import fs from "fs/promises"; export default function Page() { async function keep(form) { "use server"; const file = form.get("a"); await fs.writeFile("./kept/a", Buffer.from(await file.arrayBuffer())); } return <form action={keep} />; }`;
    const reading = await readApp({ "package.json": next, "app/actions.js": alone, "app/page.jsx": page });
    expect(sinksTold(reading)).toEqual([
      "server action save → always: cloud vercel-blob",
      "server action a server action → always: disk kept/a",
    ]);
  });

  it("follows the paths of tsconfig.json to a client of Supabase", async () => {
    const reading = await readApp({
      "package.json": next,
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } } // with a comment`,
      "src/lib/supabase.ts": `import { createClient } from "@supabase/supabase-js"; export const supabase = createClient(process.env.A!, process.env.B!);`,
      "src/app/api/up/route.ts": `import { supabase } from "@/lib/supabase"; export async function POST(request: Request) { const form = await request.formData(); await supabase.storage.from("a").upload("b", form.get("file")); return Response.json({}); }`,
      "src/app/page.tsx": `import { supabase } from "@/lib/supabase"; export default async function Page() { const { data } = await supabase.from("rows").select(); return <p>{data}</p>; }`,
    });
    expect(sinksTold(reading)).toEqual(["POST /api/up → always: cloud supabase"]);
    expect(databasesTold(reading)).toEqual(["always: database supabase"]);
  });
});

describe("AdonisJS", () => {
  const files = (drive: string): Readonly<Record<string, string>> => ({
    "package.json": manifest(["@adonisjs/core"]),
    "server.js": `require("@adonisjs/core");`,
    "start/routes.js": `const Route = use("Route"); Route.post("/p", "PhotoController.store");`,
    "app/Controllers/Http/PhotoController.js": `class PhotoController { async store({ request }) { const photo = request.file("photo"); ${drive} } } module.exports = PhotoController;`,
    "config/database.js": `const Env = use("Env"); module.exports = { connection: Env.get("DB", "sqlite"), sqlite: { client: "sqlite3", connection: { filename: "db.sqlite" } }, pg: { client: "pg", connection: {} } };`,
  });

  it("follows a file that is moved", async () => {
    const reading = await readApp(files(`await photo.move("public/p", { name: "a" });`));
    expect(sinksTold(reading)).toEqual(["POST /p → always: disk public/p"]);
    expect(databasesTold(reading)).toEqual(["DB=sqlite: disk db.sqlite; DB=pg: database postgres; always: disk db.sqlite"]);
  });

  it("reads the drive's configuration", async () => {
    const config = `const Env = use("Env"); module.exports = { disk: Env.get("DRIVE_DISK", "local"), disks: { local: { driver: "local", root: "tmp/files" }, s3: { driver: "s3" } } };`;
    const reading = await readApp({ ...files(`await photo.moveToDisk("./");`), "config/drive.js": config });
    expect(sinksTold(reading)).toEqual(["POST /p → DRIVE_DISK=local: disk tmp/files; DRIVE_DISK=s3: cloud s3; always: disk tmp/files"]);
  });
});

describe("Strapi", () => {
  const strapi = manifest(["@strapi/strapi", "pg"], { scripts: { start: "strapi start" } });
  const database = `module.exports = ({ env }) => ({ connection: { client: "postgres", connection: { connectionString: env("DATABASE_URL") } } });`;

  it("keeps no uploads where the plugin is switched off", async () => {
    const reading = await readApp({
      "package.json": strapi,
      "config/env/production/plugins.js": "module.exports = () => ({ upload: { enabled: false } });",
    });
    expect(sinksTold(reading)).toEqual([]);
  });

  it("takes the absence of a provider for the local disk", async () => {
    const reading = await readApp({
      "package.json": strapi,
      "config/plugins.js": `module.exports = { graphql: { enabled: true } };`,
      "config/database.js": database,
    });
    expect(sinksTold(reading)).toEqual(["Strapi's media library → always: disk public/uploads"]);
    expect(databasesTold(reading)).toEqual(["always: database postgres"]);
  });

  it("looks for the provider where its version does, and nowhere else", async () => {
    const inside = "module.exports = { upload: { config: { provider: 'cloudinary' } } };";
    const beside = "module.exports = { upload: { provider: 'cloudinary' } };";
    const of = async (name: string, plugins: string): Promise<readonly string[]> =>
      sinksTold(await readApp({ "package.json": manifest([name], { scripts: { start: "strapi start" } }), "config/plugins.js": plugins }));
    const [cloud, disk] = ["Strapi's media library → always: cloud cloudinary", "Strapi's media library → always: disk public/uploads"];
    expect(await of("@strapi/strapi", inside)).toEqual([cloud]);
    expect(await of("strapi", beside)).toEqual([cloud]);
    expect(await of("@strapi/strapi", beside)).toEqual([disk]);
    expect(await of("strapi", inside)).toEqual([disk]);
  });

  it("merges production's files over the general ones, deeply", async () => {
    const general = `module.exports = () => ({ upload: { config: { provider: "cloudinary" } } });`;
    const reading = await readApp({
      "package.json": strapi,
      "config/plugins.js": general,
      "config/env/production/plugins.js": `module.exports = { email: {} };`,
    });
    expect(sinksTold(reading)).toEqual(["Strapi's media library → always: cloud cloudinary"]);
  });

  it("moves the local provider with the public folder", async () => {
    const reading = await readApp({
      "package.json": strapi,
      "config/env/production/server.ts": `export default ({ env }) => ({ dirs: { public: env("PUBLIC_DIR", "/data/public") } });`,
      "config/plugins.ts": `export default {};`,
    });
    expect(sinksTold(reading)).toEqual(["Strapi's media library → always: disk ${PUBLIC_DIR}/uploads"]);
  });

  it("lets a variable choose the provider and the database", async () => {
    const reading = await readApp({
      "package.json": manifest(["@strapi/strapi", "better-sqlite3"], { scripts: { start: "strapi start" } }),
      "config/plugins.js": `module.exports = ({ env }) => env("S3_BUCKET") ? { upload: { config: { provider: "aws-s3" } } } : {};`,
      "config/database.js": `module.exports = ({ env }) => { const client = env("DATABASE_CLIENT", "sqlite"); return { connection: { client, connection: { filename: ".tmp/data.db" } } }; };`,
    });
    expect(sinksTold(reading)).toEqual(["Strapi's media library → S3_BUCKET: cloud s3; always: disk public/uploads"]);
    expect(databasesTold(reading)).toEqual([
      "DATABASE_CLIENT=sqlite|better-sqlite|better-sqlite3|sqlite3: disk .tmp/data.db; DATABASE_CLIENT: database the database's server; always: disk .tmp/data.db",
    ]);
  });
});

describe("Payload", () => {
  const payload = manifest(["payload", "next"], { scripts: { start: "next start" } });
  const config = (plugins: string, collections = "[Media]"): string => `
    import { buildConfig } from "payload"; import { s3Storage } from "@payloadcms/storage-s3"; import { payloadCloudPlugin } from "@payloadcms/payload-cloud"; import { postgresAdapter } from "@payloadcms/db-postgres";
    const Media = { slug: "media", upload: { staticDir: "media" }, fields: [] };
    export default buildConfig({ collections: ${collections}, plugins: ${plugins}, db: postgresAdapter({ pool: {} }) });`;

  it("keeps an upload collection on the disk where no plugin takes it", async () => {
    const reading = await readApp({ "package.json": payload, "src/payload.config.ts": config("[payloadCloudPlugin()]") });
    expect(sinksTold(reading)).toEqual(["the collection media → always: disk media"]);
    expect(databasesTold(reading)).toEqual(["always: database postgres"]);
  });

  it("counts a plugin that is there under a condition", async () => {
    const reading = await readApp({
      "package.json": payload,
      "src/payload.config.ts": config(`[...(process.env.S3_BUCKET ? [s3Storage({ collections: { media: true } })] : [])]`),
    });
    expect(sinksTold(reading)).toEqual(["the collection media → S3_BUCKET: cloud s3; always: disk media"]);
  });

  it("does not count a collection that is not registered", async () => {
    expect(sinksTold(await readApp({ "package.json": payload, "src/payload.config.ts": config("[]", "[]") }))).toEqual([]);
  });
});

describe("Directus, Ghost and Keystone", () => {
  it("takes Directus's silence on storage for the local disk", async () => {
    const reading = await readApp({
      "package.json": manifest(["directus"], { scripts: { start: "directus start" } }),
      "directus.config.js": `module.exports = { STORAGE_LOCAL_ROOT: "files" };`,
    });
    expect(sinksTold(reading)).toEqual(["Directus's file library → always: disk files"]);
  });

  it("asks what Directus's variables say where some are declared", async () => {
    const at = { file: "render.yaml", line: 1 };
    const service = {
      name: "a",
      platform: "render",
      kind: "web" as const,
      at,
      root: ".",
      containerRoot: undefined,
      phases: [],
      variables: [{ ...at, name: "STORAGE_S3_DRIVER", declared: { kind: "value" as const, value: "s3" } }],
      disks: [],
    };
    const reading = await readApp({ "package.json": manifest(["directus"]) }, ".", { ...noDeployment, services: [service] });
    expect(sinksTold(reading)[0]).toContain("STORAGE_S3_DRIVER=s3|gcs|azure|cloudinary|supabase: cloud remote storage");
  });

  it("reads Ghost's settings, written at the start or before", async () => {
    const make = `const fs = require("fs"); let storage = {}; if (process.env.S3_KEY) { storage = { active: "s3" }; }
      fs.writeFileSync("config.production.json", JSON.stringify({ url: process.env.URL, storage, database: { client: "mysql" } }));`;
    const reading = await readApp({ "package.json": manifest(["ghost"]), "bin/config.js": make, "server.js": `require("ghost");` });
    expect(sinksTold(reading)).toEqual(["Ghost's images → S3_KEY: cloud s3; always: disk content/images"]);
    expect(databasesTold(reading)).toEqual(["always: database mysql"]);
  });

  it("joins Keystone's fields with the storages they name", async () => {
    const reading = await readApp({
      "package.json": manifest(["@keystone-6/core"], { scripts: { start: "keystone start" } }),
      "keystone.ts": `import { config } from "@keystone-6/core"; import { lists } from "./schema"; export default config({ db: { provider: "sqlite", url: "file:./app.db" }, lists, storage: { pictures: { kind: "local", type: "image", storagePath: "public/pictures" } } });`,
      "schema.ts": `import { list } from "@keystone-6/core"; import { image } from "@keystone-6/core/fields"; export const lists = { Post: list({ fields: { picture: image({ storage: "pictures" }) } }) };`,
    });
    expect(sinksTold(reading)).toEqual(["a field of schema.ts → always: disk public/pictures"]);
    expect(databasesTold(reading)).toEqual(["always: disk app.db"]);
  });
});
