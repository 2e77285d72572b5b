import { describe, expect, it } from "vitest";
import { manifest, readApp, sinksTold } from "./reading.fixture.js";

const express = manifest(["express", "multer"]);

/** An Express app with one upload route, whose storage and handler are given. */
const app = (parts: {
  before?: string;
  storage: string;
  handler?: string;
  files?: Readonly<Record<string, string>>;
}): Promise<readonly string[]> =>
  readApp({
    "package.json": express,
    "server.js": `
      const express = require("express");
      const multer = require("multer");
      const path = require("path");
      const fs = require("fs");
      const app = express();
      ${parts.before ?? ""}
      const upload = multer(${parts.storage});
      app.post("/photos", upload.single("photo"), ${parts.handler ?? `async (req, res) => { await Photo.create({ file: req.file.filename }); res.json({}); }`});
      app.listen(3000);`,
    ...parts.files,
  }).then(sinksTold);

describe("multer", () => {
  it("keeps files where dest says", async () => {
    expect(await app({ storage: `{ dest: "uploads/" }` })).toEqual(["POST /photos → always: disk uploads"]);
  });

  it("keeps files where a destination function answers", async () => {
    const before = `const storage = multer.diskStorage({ destination: (req, file, cb) => cb(null, path.join(__dirname, "public", "img")) });`;
    expect(await app({ before, storage: "{ storage }" })).toEqual(["POST /photos → always: disk public/img"]);
  });

  it("has one row for each way a destination function can answer by the environment", async () => {
    const before = `const storage = multer.diskStorage({ destination(req, file, cb) { if (process.env.UPLOAD_DIR) return cb(null, process.env.UPLOAD_DIR); cb(null, "uploads"); } });`;
    expect(await app({ before, storage: "{ storage }" })).toEqual(["POST /photos → UPLOAD_DIR: disk ${UPLOAD_DIR}; always: disk uploads"]);
  });

  it("counts a path variable with its default", async () => {
    const before = `const dir = process.env.UPLOAD_DIR || "./files";`;
    expect(await app({ before, storage: "{ dest: dir }" })).toEqual(["POST /photos → UPLOAD_DIR: disk ${UPLOAD_DIR}; always: disk files"]);
  });

  it("chooses the engine by a condition, through a factory and another module", async () => {
    const files = {
      "storage.js": `
        const { CloudinaryStorage } = require("multer-storage-cloudinary");
        const multer = require("multer");
        const enabled = Boolean(process.env.CLOUDINARY_CLOUD_NAME);
        const cloud = (folder) => { if (!enabled) return null; return new CloudinaryStorage({ params: { folder } }); };
        module.exports = { pick: (folder) => cloud(folder) || multer.diskStorage({ destination: "uploads/" + folder }) };`,
    };
    const sinks = await app({ before: `const { pick } = require("./storage");`, storage: `{ storage: pick("a") }`, files });
    expect(sinks).toEqual(["POST /photos → not CLOUDINARY_CLOUD_NAME: disk uploads/a; always: cloud cloudinary"]);
  });

  it("knows engines that send files away", async () => {
    expect(await app({ before: `const multerS3 = require("multer-s3");`, storage: `{ storage: multerS3({ bucket: "b" }) }` })).toEqual([
      "POST /photos → always: cloud s3",
    ]);
    expect(
      await app({
        before: `const { GridFsStorage } = require("multer-gridfs-storage");`,
        storage: `{ storage: new GridFsStorage({ url: "" }) }`,
      }),
    ).toEqual(["POST /photos → always: database gridfs"]);
  });

  it("follows an engine that the app wrote itself", async () => {
    const before = `
      class Own { _handleFile(req, file, cb) { const to = fs.createWriteStream("kept/" + file.originalname); file.stream.pipe(to); to.on("finish", () => cb(null, {})); } }`;
    expect(await app({ before, storage: "{ storage: new Own() }" })).toEqual(["POST /photos → always: disk kept"]);
  });
});

describe("what a handler does with a file", () => {
  it("sends what is in memory to a cloud", async () => {
    const before = `const cloudinary = require("cloudinary").v2;
      const send = (buffer) => new Promise((resolve, reject) => { const stream = cloudinary.uploader.upload_stream({}, (e, r) => e ? reject(e) : resolve(r)); stream.end(buffer); });`;
    expect(
      await app({
        before,
        storage: "{ storage: multer.memoryStorage() }",
        handler: "async (req, res) => { const r = await send(req.file.buffer); res.json(r.secure_url); }",
      }),
    ).toEqual(["POST /photos → always: cloud cloudinary"]);
  });

  it("does not take a stop on the disk for a loss", async () => {
    const before = `const cloudinary = require("cloudinary").v2;`;
    const handler = `async (req, res) => { const r = await cloudinary.uploader.upload(req.file.path); fs.unlinkSync(req.file.path); await Photo.create({ url: r.secure_url }); res.json({}); }`;
    expect(await app({ before, storage: `{ dest: "tmp/" }`, handler })).toEqual(["POST /photos → always: cloud cloudinary"]);
  });

  it("takes a compressed copy beside a deleted original for a loss", async () => {
    const before = `const sharp = require("sharp");`;
    const handler = `async (req, res) => { const out = "public/small/" + req.file.filename; await sharp(req.file.path).resize(200).toFile(out); fs.unlinkSync(req.file.path); await Photo.create({ out }); res.json({}); }`;
    expect(await app({ before, storage: `{ dest: "tmp/" }`, handler })).toEqual(["POST /photos → always: disk public/small"]);
  });

  it("tells a cloud that fails into a local path", async () => {
    const before = `const cloudinary = require("cloudinary").v2; cloudinary.config({ api_key: process.env.CLOUDINARY_API_KEY });`;
    const handler = `async (req, res) => { let url; try { const r = await cloudinary.uploader.upload(req.file.path); url = r.secure_url; } catch (error) { url = "/uploads/" + req.file.filename; await Photo.create({ url }); } res.json({ url }); }`;
    const sinks = await app({ before, storage: `{ dest: "uploads/" }`, handler });
    expect(sinks).toEqual(["POST /photos → CLOUDINARY_API_KEY: cloud cloudinary; always: disk uploads"]);
  });

  it("follows bytes through modules, conditions and an image library", async () => {
    const files = {
      "drivers/index.js": `module.exports = process.env.STORAGE === "s3" ? require("./s3") : require("./local");`,
      "drivers/s3.js": `const { S3Client, PutObjectCommand } = require("@aws-sdk/client-s3"); const s3 = new S3Client({}); exports.put = (key, body) => s3.send(new PutObjectCommand({ Key: key, Body: body }));`,
      "drivers/local.js": `const fs = require("fs/promises"); const path = require("path"); exports.put = async (key, body) => { await fs.writeFile(path.join(__dirname, "../data", key), body); };`,
    };
    const before = `const driver = require("./drivers"); const sharp = require("sharp");`;
    const handler = `async (req, res) => { const small = await sharp(req.file.path).webp().toBuffer(); await driver.put(req.file.originalname, small); await fs.promises.unlink(req.file.path); res.json({}); }`;
    expect(await app({ before, storage: "{ storage: multer.diskStorage({}) }", handler, files })).toEqual([
      "POST /photos → STORAGE=s3: cloud s3; always: disk data",
    ]);
  });

  it("does not count what is only read", async () => {
    const before = `const xlsx = require("xlsx");`;
    expect(
      await app({
        before,
        storage: `{ dest: "uploads/" }`,
        handler: `async (req, res) => { const book = xlsx.readFile(req.file.path); await Row.insertMany(xlsx.utils.sheet_to_json(book)); res.json({}); }`,
      }),
    ).toEqual([]);
    expect(
      await app({
        before,
        storage: "{ storage: multer.memoryStorage() }",
        handler: "async (req, res) => { xlsx.read(req.file.buffer); res.json({}); }",
      }),
    ).toEqual([]);
  });

  it("finds bytes that go into a record", async () => {
    expect(
      await app({
        storage: "{ storage: multer.memoryStorage() }",
        handler: "async (req, res) => { await Photo.create({ data: req.file.buffer }); res.json({}); }",
      }),
    ).toEqual(["POST /photos → always: database a column of bytes"]);
  });

  it("says that it could not follow what it could not follow", async () => {
    expect(
      await app({
        before: `const bridge = globalThis.bridge();`,
        storage: "{ storage: multer.memoryStorage() }",
        handler: "async (req, res) => { await somewhere.push2(req.file.buffer); res.json({}); }",
      }),
    ).toEqual(["POST /photos → always: unknown"]);
  });
});

describe("which routes count", () => {
  const route = `
    const router = require("express").Router();
    const multer = require("multer");
    router.post("/a", multer({ dest: "uploads/" }).single("a"), (req, res) => res.json(req.file.filename));
    module.exports = router;`;

  it("counts a router that is mounted, wherever it is", async () => {
    const reading = await readApp({
      "package.json": express,
      "server.js": `const app = require("express")(); require("./routes")(app); app.listen(1);`,
      "routes/index.js": `module.exports = (app) => { app.use("/x", require("./a")); };`,
      "routes/a.js": route,
    });
    expect(sinksTold(reading)).toEqual(["POST /a → always: disk uploads"]);
  });

  it("does not count a router that is imported and never mounted, nor one in a comment", async () => {
    const reading = await readApp({
      "package.json": express,
      "server.js": `const app = require("express")(); const a = require("./a"); // app.use("/x", a);\n app.listen(1);`,
      "a.js": route,
    });
    expect(sinksTold(reading)).toEqual([]);
  });

  it("does not count a file that nothing loads", async () => {
    const reading = await readApp({
      "package.json": express,
      "server.js": `const app = require("express")(); app.listen(1);`,
      "old/a.js": route,
    });
    expect(sinksTold(reading)).toEqual([]);
  });

  it("does not count a write behind a parser that is switched off", async () => {
    const server = `const app = require("express")(); const fs = require("fs"); // app.use(require("multer")().any());
      app.post("/a", (req, res) => { fs.writeFileSync("uploads/" + req.files[0].originalname, req.files[0].buffer); res.json({}); }); app.listen(1);`;
    const reading = await readApp({ "package.json": express, "server.js": server });
    expect(sinksTold(reading)).toEqual([]);
    expect(reading.observations.map(({ name }) => name)).toEqual(["upload-without-parser"]);
  });

  it("reads controllers that are classes, with what their constructors make", async () => {
    const reading = await readApp({
      "package.json": manifest(["express", "multer"], { scripts: { start: "node dist/main.js" } }),
      "src/main.ts": `import { Server } from "./server"; new Server().start();`,
      "src/server.ts": `import express from "express"; import routes from "./routes"; export class Server { private app = express(); constructor() { this.app.use("/api", routes); } start() { this.app.listen(1); } }`,
      "src/routes.ts": `import { Router } from "express"; import multer from "multer"; import { Photos } from "./photos"; const photos = new Photos("pictures"); const router = Router(); router.post("/p", multer({ storage: multer.memoryStorage() }).single("p"), photos.create.bind(photos)); export default router;`,
      "src/photos.ts": `import fs from "node:fs/promises"; export class Photos { constructor(private readonly folder: string) {} create = async (req: Request, res: Response) => { await this.save(req.file); }; private async save(file: File) { await fs.writeFile(\`\${this.folder}/\${file.originalname}\`, file.buffer); } }`,
    });
    expect(sinksTold(reading)).toEqual(["POST /p → always: disk pictures"]);
  });
});

describe("what is handed to the code that makes routes", () => {
  const routes = `module.exports = (upload) => { const router = require("express").Router(); router.put("/me", upload.single("a"), (req, res) => res.json(req.file.path)); return router; };`;
  const server = (calls: string): string =>
    `const express = require("express"); const multer = require("multer"); const routes = require("./routes"); const app = express();\n${calls}\napp.listen(1);`;

  it("is what the one who calls it passes", async () => {
    const reading = await readApp({
      "package.json": manifest(["express", "multer"]),
      "server.js": server(`app.use("/p", routes(multer({ dest: "uploads" })));`),
      "routes.js": routes,
    });
    expect(sinksTold(reading)).toEqual(["PUT /me → always: disk uploads"]);
  });

  it("is never all clear where one of several calls loses", async () => {
    const reading = await readApp({
      "package.json": manifest(["express", "multer"]),
      "server.js": server(
        `app.use("/p", routes(multer({ storage: multer.memoryStorage() }))); app.use("/q", routes(multer({ dest: "uploads" })));`,
      ),
      "routes.js": routes,
    });
    expect(sinksTold(reading).join()).toContain("disk uploads");
  });
});

it("goes on behind a switch whose every case breaks out of it", async () => {
  const reading = await readApp({
    "package.json": manifest(["express", "multer"]),
    "server.js": `const app = require("express")(); const fs = require("fs"); const upload = require("multer")();
      app.post("/a", upload.single("a"), (req, res) => {
        let folder; switch (req.body.kind) { case "x": folder = "x"; break; default: folder = "y"; break; }
        fs.writeFileSync("uploads/" + req.file.originalname, req.file.buffer); res.end(folder);
      });
      app.listen(1);`,
  });
  expect(sinksTold(reading)).toEqual(["POST /a → always: disk uploads"]);
});

describe("other parsers and servers", () => {
  it("follows express-fileupload's mv", async () => {
    const server = `const app = require("express")(); app.use(require("express-fileupload")());
      app.post("/a", (req, res) => { const { photo } = req.files; photo.mv(__dirname + "/public/" + photo.name, () => res.send("ok")); }); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": manifest(["express", "express-fileupload"]), "server.js": server }))).toEqual([
      "POST /a → always: disk public",
    ]);
  });

  it("follows formidable's folder and what is renamed out of it", async () => {
    const server = `const http = require("http"); const formidable = require("formidable"); const fs = require("fs");
      http.createServer((req, res) => { const form = new formidable.IncomingForm(); form.parse(req, (err, fields, files) => { fs.rename(files.photo.filepath, "pictures/" + files.photo.originalFilename, () => res.end()); }); }).listen(1);`;
    expect(sinksTold(await readApp({ "package.json": manifest(["formidable"]), "server.js": server }))).toEqual([
      "the server's request handler → always: disk pictures",
    ]);
  });

  it("follows busboy's streams", async () => {
    const server = `const app = require("express")(); const busboy = require("busboy"); const fs = require("fs"); const path = require("path");
      app.post("/a", (req, res) => { const bb = busboy({ headers: req.headers }); bb.on("file", (name, file, info) => { file.pipe(fs.createWriteStream(path.join("in", info.filename))); }); req.pipe(bb); }); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": manifest(["express", "busboy"]), "server.js": server }))).toEqual([
      "POST /a → always: disk in",
    ]);
  });

  it("finds pictures that come as base64 in JSON", async () => {
    const server = `import Fastify from "fastify"; import fs from "node:fs/promises"; const app = Fastify();
      app.post("/a", async (request) => { const data = request.body.image.split(",")[1]; await fs.writeFile(\`./img/\${Date.now()}.png\`, Buffer.from(data, "base64")); }); app.listen({ port: 1 });`;
    expect(sinksTold(await readApp({ "package.json": manifest(["fastify"]), "server.js": server }))).toEqual([
      "POST /a → always: disk img",
    ]);
  });

  it("follows Hono's forms and Bun's writes", async () => {
    const server = `import { Hono } from "hono"; const app = new Hono();
      app.post("/a", async (c) => { const body = await c.req.formData(); const file = body.get("file"); await Bun.write("./up/" + file.name, file); return c.text("ok"); }); export default app;`;
    expect(
      sinksTold(await readApp({ "package.json": manifest(["hono"], { scripts: { start: "bun run server.js" } }), "server.js": server })),
    ).toEqual(["POST /a → always: disk up"]);
  });

  it("counts the right to upload that a server signs", async () => {
    const server = `const app = require("express")(); const cloudinary = require("cloudinary").v2;
      app.get("/sign", (req, res) => res.json(cloudinary.utils.api_sign_request({ timestamp: 1 }, process.env.SECRET))); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": manifest(["express", "cloudinary"]), "server.js": server }))).toEqual([
      "GET /sign → always: cloud cloudinary",
    ]);
  });

  it("counts what a page sends to a service itself, and only then", async () => {
    const server = `const app = require("express")(); app.listen(1);`;
    const page = `export const send = (file) => { const form = new FormData(); form.append("file", file); return fetch("https://api.cloudinary.com/v1_1/x/image/upload", { method: "POST", body: form }); };`;
    expect(sinksTold(await readApp({ "package.json": express, "server.js": server, "client/src/send.js": page }))).toEqual([
      "the browser, to Cloudinary → always: cloud cloudinary",
    ]);
    expect(
      sinksTold(
        await readApp({
          "package.json": express,
          "server.js": server,
          "client/src/send.js": `// fetch("https://api.cloudinary.com/v1_1/x/image/upload")`,
        }),
      ),
    ).toEqual([]);
  });

  it("gives no reading for a page's own package", async () => {
    await expect(
      readApp({
        "package.json": manifest(["react"], { devDependencies: { vite: "1.0.0" }, scripts: { start: "vite" } }),
        "src/main.jsx": "export const a = 1;",
      }),
    ).rejects.toThrow("no app");
  });
});

describe("what is easily mistaken", () => {
  it("does not count a parser in front of a request without a body", async () => {
    const server = `const app = require("express")(); const upload = require("multer")({ dest: "up" }); app.get("/a", upload.single("a"), (req, res) => res.json([])); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": express, "server.js": server }))).toEqual([]);
  });

  it("follows a file that is passed on upon the request", async () => {
    const server = `const app = require("express")(); const upload = require("multer")({ storage: require("multer").memoryStorage() }); const { put } = require("@vercel/blob");
      const carry = (req, res, next) => { req.body.picture = req.file; next(); };
      app.post("/a", upload.single("a"), carry, async (req, res) => { const { picture } = req.body; await put(picture.originalname, picture.buffer); res.json({}); }); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": express, "server.js": server }))).toEqual(["POST /a → always: cloud vercel-blob"]);
  });

  it("follows a handler through a long list of checks", async () => {
    const checks = Array.from(
      { length: 12 },
      (_, index) => `if (!req.body.a${index} || !req.body.b${index} || !req.body.c${index}) return res.status(400).end();`,
    ).join("\n");
    const server = `const app = require("express")(); const upload = require("multer")({ storage: require("multer").memoryStorage() }); const cloudinary = require("cloudinary").v2;
      app.post("/a", upload.single("a"), async (req, res) => { ${checks} await cloudinary.uploader.upload("data:image/png;base64," + req.file.buffer.toString("base64")); res.json({}); }); app.listen(1);`;
    expect(sinksTold(await readApp({ "package.json": express, "server.js": server }))).toEqual(["POST /a → always: cloud cloudinary"]);
  });

  it("keeps what a variable names below an own folder within the app", async () => {
    const server = `const app = require("express")(); const path = require("path"); const upload = require("multer")({ dest: path.join(__dirname, "..", process.env.UPLOAD_DIR || "up") }); app.post("/a", upload.single("a"), (req, res) => res.json(req.file.filename)); app.listen(1);`;
    const reading = await readApp({
      "package.json": manifest(["express", "multer"], { scripts: { start: "node src/server.js" } }),
      "src/server.js": server,
    });
    expect(sinksTold(reading)).toEqual(["POST /a → UPLOAD_DIR: disk .; always: disk up"]);
  });
});

describe("what is seen in passing", () => {
  const server = `const app = require("express")(); const upload = require("./upload"); app.post("/a", upload.single("a"), (req, res) => res.json(req.file.filename)); app.listen(1);`;

  it("tells of a cloud that is commented out", async () => {
    const upload = `const multer = require("multer");\n/*\n const storage = new CloudinaryStorage({});\n*/\nmodule.exports = multer({ dest: "up" });`;
    const reading = await readApp({ "package.json": express, "server.js": server, "upload.js": upload });
    expect(sinksTold(reading)).toEqual(["POST /a → always: disk up"]);
    expect(reading.observations.find(({ name }) => name === "cloud-in-dead-code")).toEqual({
      name: "cloud-in-dead-code",
      file: "upload.js",
      line: 3,
      details: { service: "cloudinary" },
    });
  });

  it("says so where code that speaks of uploads cannot be parsed", async () => {
    const reading = await readApp({
      "package.json": express,
      "server.js": server,
      "upload.js": `const multer = require("multer"; module.exports = multer(`,
    });
    expect(reading.notUnderstood.map(({ file }) => file)).toEqual(["upload.js"]);
  });
});
