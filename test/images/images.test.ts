import { request } from "node:http";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { newVisitor } from "../../examples/site/src/site.fixture.js";
import { root } from "../house/workspace.js";
import { copyRepository, runInit } from "./made-apps.js";
import { type OwnRegistry, startOwnRegistry } from "./own-registry.js";
import { buildImage, lacksContainers, makeBase, makeVolume, runInContainer, startContainer } from "./container.js";

/** How a picture is uploaded to an example by who has an account of its demo. */
interface Example {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  /** The page whose form it is. */
  readonly form: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** A choice of the form whose first value is taken. */
  readonly choice?: string;
  readonly fileField: string;
  /** Where the picture is seen afterwards. */
  readonly seenAt: string;
}

const examples: readonly Example[] = [
  {
    name: "articles",
    email: "camille@example.com",
    password: "une vraie trouvaille",
    form: "/articles/new",
    action: "/articles",
    fields: { title: "Tabouret", description: "Trois pieds.", price: "12", place: "Nantes" },
    fileField: "photos",
    seenAt: "/mine",
  },
  {
    name: "lettings",
    email: "elodie@example.com",
    password: "un toit en Californie",
    form: "/admin/lettings/new",
    action: "/admin/lettings",
    fields: { title: "Tabouret", description: "Trois murs.", rent: "900", bedrooms: "1" },
    choice: "address",
    fileField: "photos",
    seenAt: "/lettings",
  },
  {
    name: "crm",
    email: "defne@example.com",
    password: "defterde yerimiz var",
    form: "/leads/new",
    action: "/leads",
    fields: { name: "Nehir Kaya", stage: "new", agent: "nobody", focus: "attention" },
    fileField: "photo",
    seenAt: "/leads",
  },
];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A copy of this repository in which `holdfast init` has written an example's files, in place of ours. */
async function initialised(example: string): Promise<string> {
  const copy = await copyRepository();
  cleanups.push(async () => await rm(copy, { recursive: true, force: true }));
  await runInit(copy, [`examples/${example}`, "--force", "--registry", `you/${example}`]);
  return copy;
}

/** Begin to upload: everything but the last half of the file is sent. */
function beginUpload(origin: string, { action, fields, fileField }: Example, headers: Record<string, string>, bytes: Buffer, csrf: string) {
  const boundary = "----holdfast";
  const parts = Object.entries({ csrf, ...fields }).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="${fileField}"; filename="stool.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`;
  const half = Math.floor(bytes.length / 2);
  const sending = request(`${origin}${action}`, {
    method: "POST",
    headers: { ...headers, origin, "content-type": `multipart/form-data; boundary=${boundary}` },
  });
  const answered = new Promise<number>((resolve, reject) => {
    sending.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on("error", reject);
  });
  answered.catch(() => undefined);
  sending.write(Buffer.concat([Buffer.from(parts.join("") + file), bytes.subarray(0, half)]));
  return {
    async finish(): Promise<number> {
      sending.end(Buffer.concat([bytes.subarray(half), Buffer.from(`\r\n--${boundary}--\r\n`)]));
      return await answered;
    },
  };
}

describe.skipIf(lacksContainers)("an example's image", () => {
  let registry: OwnRegistry | undefined;
  beforeAll(async () => {
    await makeBase();
    registry = await startOwnRegistry();
  }, 180_000);
  afterAll(async () => await registry?.close());

  const ways = examples.flatMap((example) => [
    { name: example.name, example, writtenBy: "hand" },
    { name: example.name, example, writtenBy: "holdfast init" },
  ]);

  it.each(ways)(
    "of $name by $writtenBy runs as nobody's root, and finishes an upload under way when it is told to stop",
    async ({ name, example, writtenBy }) => {
      const context = writtenBy === "hand" ? root : await initialised(name);
      expect(existsSync(join(context, `examples/${name}/Dockerfile`))).toBe(true);
      const image = await buildImage({
        name,
        context,
        file: `examples/${name}/Dockerfile`,
        ...(registry === undefined ? {} : { registry: registry.url }),
      });
      const volume = await makeVolume();
      cleanups.push(volume.remove);
      expect(await runInContainer(image, { volume: volume.path }, ["node", "dist/demo.js"])).toContain("demo data: written");

      const first = await startContainer(image, 4290, { volume: volume.path });
      cleanups.push(first.remove);
      expect(await first.user()).toBe("1000");
      const visitor = newVisitor(first.origin);
      await visitor.get("/log-in");
      await visitor.post("/log-in", { email: example.email, password: example.password });
      const { text, status } = await visitor.get(example.form);
      expect(status).toBe(200);
      const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "";
      const { choice } = example;
      const chosen = new RegExp(`name="${choice}"[^]*?<option value="([^"]+)"`).exec(text)?.[1] ?? "";
      const fields = { ...example.fields, ...(choice === undefined ? {} : { [choice]: chosen }) };
      const cookie = [...visitor.cookies].map((pair) => pair.join("=")).join("; ");
      const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
      const bytes = await sharp({ create: { width: 1200, height: 900, channels: 3, background: "#a63", noise } })
        .jpeg()
        .toBuffer();
      const upload = beginUpload(first.origin, { ...example, fields }, { cookie }, bytes, csrf);
      await new Promise((resolve) => setTimeout(resolve, 500));
      await first.terminate();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await expect(fetch(`${first.origin}/healthz`)).rejects.toThrow("fetch failed");
      expect(await upload.finish()).toBe(303);
      expect(await first.ended()).toBe(0);
      expect(await first.log()).not.toMatch(/"level":"error"/);

      const second = await startContainer(image, 4290, { volume: volume.path });
      cleanups.push(second.remove);
      const shown = await newVisitor(second.origin, visitor.cookies).get(example.seenAt);
      const [, src = ""] = /src="([^"]*stool\.jpg[^"]*)"/.exec(shown.text) ?? [];
      const picture = await fetch(`${second.origin}${src.replaceAll("&amp;", "&")}`, { headers: { accept: "image/webp" } });
      expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/webp"]);
      await second.terminate();
      expect(await second.ended()).toBe(0);
    },
  );
});
