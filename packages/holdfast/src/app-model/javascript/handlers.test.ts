import { describe, expect, it } from "vitest";
import { manifest, readApp, sinksTold } from "./reading.fixture.js";

describe("a handler", () => {
  it("is followed through a wrapper of another module that never speaks of files", async () => {
    const reading = await readApp({
      "package.json": manifest(["express", "express-fileupload"]),
      "server.js": `const app = require("express")(); app.use(require("express-fileupload")()); app.use("/api", require("./routes")); app.listen(1);`,
      "errors.js": `const caught = (fn) => (req, res, next) => { Promise.resolve(fn(req, res, next)).catch(next); }; module.exports = { caught };`,
      "routes.js": `const router = require("express").Router(); const { caught } = require("./errors");
        router.post("/avatar", caught(async (req, res) => { await req.files.avatar.mv("./uploads/" + Date.now()); res.json({}); }));
        module.exports = router;`,
    });
    expect(sinksTold(reading)).toEqual(["POST /avatar → always: disk uploads"]);
  });

  it("that takes long to read leaves the others their share", async () => {
    const many = Array.from({ length: 12 }, (_, index) => `if (data.get("${index}")) { total += step(data, total, ${index}); }`).join("\n");
    const steps = Array.from({ length: 400 }, (_, index) => `x = x + String(data.get("${index}") ?? "${index}");`).join("\n");
    const reading = await readApp({
      "package.json": manifest(["next"], { scripts: { start: "next start" } }),
      "app/api/a/route.ts": `import { step } from "@/lib/step";
        export async function POST(request: Request) { const data = await request.formData(); let total = 0; ${many.repeat(8)} return Response.json(total); }`,
      "lib/step.ts": `export const step = (data: FormData, total: number, at: number) => { let x = ""; ${steps} return x.length + total + at; };`,
      "app/api/b/route.ts": `import { writeFile } from "node:fs/promises";
        export async function POST(request: Request) { const file = (await request.formData()).get("file") as File; await writeFile("public/" + file.name, Buffer.from(await file.arrayBuffer())); return Response.json({}); }`,
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }`,
    });
    expect(sinksTold(reading)).toEqual(["POST /api/b → always: disk public"]);
  });
});
