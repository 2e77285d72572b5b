import { describe, expect, it } from "vitest";
import { databasesTold, manifest, readApp, sinksTold } from "./reading.fixture.js";

const nest = manifest(["@nestjs/core", "@nestjs/common", "@nestjs/platform-express", "@nestjs/config", "@nestjs/typeorm"], {
  scripts: { start: "node dist/main.js" },
});
const main = `import { NestFactory } from "@nestjs/core"; import { AppModule } from "./app.module"; NestFactory.create(AppModule).then((app) => app.listen(3000));`;
const head = `import { Body, Controller, Inject, Module, Post, UploadedFile, UseInterceptors } from "@nestjs/common"; import { FileInterceptor } from "@nestjs/platform-express"; import { ConfigModule, ConfigService } from "@nestjs/config";`;

/** An app whose one controller is injected with `type`, and hands it the file. */
const app = (parts: {
  before: string;
  parameter: string;
  use: string;
  imports?: string;
  providers?: string;
  files?: Record<string, string>;
}) =>
  readApp({
    "package.json": nest,
    "src/main.ts": main,
    "src/app.module.ts": `${head} ${parts.before}
      @Controller("files") class FilesController {
        constructor(${parts.parameter}) {}
        @Post() @UseInterceptors(FileInterceptor("file")) async up(@UploadedFile() file: Express.Multer.File) { return ${parts.use}; }
      }
      @Module({ imports: [${parts.imports ?? ""}], controllers: [FilesController], providers: [${parts.providers ?? ""}] }) export class AppModule {}`,
    ...parts.files,
  });

describe("what Nest injects", () => {
  const classes = `
    import { S3Client, PutObjectCommand } from "@aws-sdk/client-s3"; import * as fs from "fs"; const STORE = Symbol("STORE");
    class Bucket { private client = new S3Client({}); put(file: Express.Multer.File) { return this.client.send(new PutObjectCommand({ Body: file.buffer })); } }
    class Folder { put(file: Express.Multer.File) { fs.writeFileSync("kept/" + file.originalname, file.buffer); } }`;
  const parameter = "@Inject(STORE) private readonly store: unknown";
  const factory = `{ provide: STORE, inject: [ConfigService, Bucket, Folder], useFactory: (config: ConfigService, bucket: Bucket, folder: Folder) => (config.get("STORE") === "s3" ? bucket : folder) }`;

  it("is what a factory makes of what it is given", async () => {
    const reading = await app({ before: classes, parameter, use: "this.store.put(file)", providers: factory });
    expect(sinksTold(reading)).toEqual(["POST /files → STORE=s3: cloud s3; always: disk kept"]);
  });

  it("may be another class or a value", async () => {
    const existing = await app({
      before: classes,
      parameter,
      use: "this.store.put(file)",
      providers: "{ provide: STORE, useExisting: Folder }",
    });
    expect(sinksTold(existing)).toEqual(["POST /files → always: disk kept"]);
    const value = await app({
      before: classes,
      parameter,
      use: "this.store.put(file)",
      providers: "{ provide: STORE, useValue: new Bucket() }",
    });
    expect(sinksTold(value)).toEqual(["POST /files → always: cloud s3"]);
  });

  it("may be a class of a package, which its name tells of", async () => {
    const before = `import { CloudinaryService } from "nestjs-cloudinary";`;
    const reading = await app({ before, parameter: "private readonly cloud: CloudinaryService", use: "this.cloud.uploadFile(file)" });
    expect(sinksTold(reading)).toEqual(["POST /files → always: cloud cloudinary"]);
  });

  it("is not taken for nothing where a package that nobody knows uploads the file", async () => {
    const before = `import { DepotService } from "nestjs-depot";`;
    const reading = await app({ before, parameter: "private readonly depot: DepotService", use: "this.depot.uploadFile(file)" });
    expect(sinksTold(reading)).toEqual(["POST /files → always: unknown"]);
  });
});

describe("Nest's configuration", () => {
  const config = `import { registerAs } from "@nestjs/config"; export default registerAs("database", () => ({ typeorm: { type: process.env.DB_TYPE || "sqlite", database: "app.db" } }));`;

  it("has what a namespace registers", async () => {
    const reading = await app({
      before: `import { TypeOrmModule } from "@nestjs/typeorm"; import database from "./database";`,
      parameter: "",
      use: "file.size",
      imports: `ConfigModule.forRoot({ load: [database] }), TypeOrmModule.forRootAsync({ inject: [ConfigService], useFactory: (config: ConfigService) => config.get("database.typeorm") })`,
      files: { "src/database.ts": config },
    });
    expect(databasesTold(reading)).toEqual(["DB_TYPE: database the database's server; always: disk app.db"]);
  });

  it("has what a file that is loaded answers", async () => {
    const reading = await app({
      before: `import { TypeOrmModule } from "@nestjs/typeorm"; import settings from "./settings";`,
      parameter: "",
      use: "file.size",
      imports: `ConfigModule.forRoot({ load: [settings] }), TypeOrmModule.forRootAsync({ inject: [ConfigService], useFactory: (config: ConfigService) => ({ type: config.get("db.type"), database: "app.db" }) })`,
      files: { "src/settings.ts": `export default () => ({ db: { type: "better-sqlite3" } });` },
    });
    expect(databasesTold(reading)).toEqual(["always: disk app.db"]);
  });
});
