import { describe, expect, it } from "vitest";
import { noDeployment } from "../source-tree.fixture.js";
import { manifest, readApp, sinksTold } from "./reading.fixture.js";

const app = (open: string, dependencies = ["hono", "@holdfast/media"]) => ({
  "package.json": manifest(dependencies, { scripts: { start: "tsx server.ts" } }),
  "server.ts": `import { Hono } from "hono"; ${open} export default new Hono();`,
});
const opens = (options = "") =>
  app(`import { openMedia, s3Storage, diskStorage } from "@holdfast/media"; const media = await openMedia(${options});`);

describe("an app that keeps its uploads with Holdfast", () => {
  const allowed = "MEDIA_ALLOW_EPHEMERAL=1 and not AWS_STORAGE_BUCKET_NAME and not CLOUDINARY_URL: disk holdfast-data/media";
  const clouds = [
    "AWS_STORAGE_BUCKET_NAME and CLOUDINARY_URL: fails",
    "CLOUDINARY_URL and not AWS_STORAGE_BUCKET_NAME: cloud cloudinary",
    "AWS_STORAGE_BUCKET_NAME and not CLOUDINARY_URL: cloud s3",
  ];
  const refused = ["disk at holdfast-data/media: disk holdfast-data/media", "always: fails"];

  it("lets the environment decide, and refuses a disk that does not last rather than lose anything on it", async () => {
    const [sink] = sinksTold(await readApp(opens()));
    expect(sink).toBe(`uploads with Holdfast → ${[allowed, ...clouds, ...refused].join("; ")}`);
  });

  it("counts the names that are declared", async () => {
    const variable = { name: "BUCKET_NAME", declared: { kind: "given" }, file: "fly.toml", line: 3 } as const;
    const [sink] = sinksTold(await readApp(opens(), ".", { ...noDeployment, dotenv: [variable] }));
    expect(sink).toContain("BUCKET_NAME and not CLOUDINARY_URL: cloud s3");
  });

  it("goes where the code says", async () => {
    expect(sinksTold(await readApp(opens(`{ storage: s3Storage({ bucket: "b" }) }`)))).toEqual([
      "uploads with Holdfast → always: cloud s3; always: fails",
    ]);
    expect(sinksTold(await readApp(opens(`{ storage: diskStorage("/data/media") }`)))).toEqual([
      "uploads with Holdfast → MEDIA_ALLOW_EPHEMERAL=1: disk /data/media; disk at /data/media: disk /data/media; always: fails",
    ]);
  });

  it("is known through a package of the same workspace, and where only its types are named", async () => {
    const workspace = {
      ...app(`import { services } from "@shop/base"; services();`),
      "packages/base/package.json": `{ "name": "@shop/base", "main": "src/index.js" }`,
      "packages/base/src/index.js": `import { openMedia } from "@holdfast/media"; export const services = async () => await openMedia({ limits: {} });`,
    };
    const through = await readApp(workspace);
    expect(through.sinks.map(({ at }) => at)).toEqual([{ file: "packages/base/src/index.js", line: 1 }]);
    const typed = await readApp(app(`import type { Media } from "@holdfast/media";`));
    expect(typed.sinks.map(({ label }) => label)).toEqual(["uploads with Holdfast"]);
  });

  it("is none where the package is only among the dependencies", async () => {
    expect(sinksTold(await readApp(app("")))).toEqual([]);
  });
});
