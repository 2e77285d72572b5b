import { afterEach, describe, expect, inject, it } from "vitest";
import { newVisitor } from "../../examples/site/src/site.fixture.js";
import { type ExampleApp, startExample } from "../system/example-process.js";
import { sha256Of } from "../system/pictures-made.js";
import { makeCloud } from "./cloud-home.js";

const lab = inject("lab");
const examples = [
  { name: "articles", pictures: 30, email: "camille@example.com", password: "une vraie trouvaille", own: "/mine" },
] as const;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** What a URL answers: enough to tell that it is the very same. */
interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly sha256: string;
  /** The paths that a page leads to. */
  readonly links: readonly string[];
}

async function ask(url: string): Promise<Answered> {
  const response = await fetch(url, { headers: { accept: "image/webp,text/html,*/*", "accept-language": "en" }, redirect: "manual" });
  const type = response.headers.get("content-type");
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (type?.startsWith("text/html") !== true) return { status: response.status, type, sha256: sha256Of(bytes), links: [] };
  // Each visitor has a token of their own in every form.
  const text = Buffer.from(bytes)
    .toString()
    .replaceAll(/name="csrf" value="[^"]*"/g, "");
  const named = [...text.matchAll(/(?:href|src)="(\/[^"#]*)"/g)].map(([, path = ""]) => path);
  // Of the sizes that a picture is offered in, one beside its own.
  const offered = [...text.matchAll(/srcset="([^" ]*)/g)].map(([, path = ""]) => path);
  const links = [...named, ...offered].map((path) => path.replaceAll("&amp;", "&")).filter((path) => path.startsWith("/"));
  return { status: response.status, type, sha256: sha256Of(Buffer.from(text)), links };
}

/** Ask for every page and picture that can be come to from the first page. */
async function walk(origin: string): Promise<Map<string, Answered>> {
  const answers = new Map<string, Answered>();
  const due = ["/", "/nowhere"];
  for (let path = due.shift(); path !== undefined; path = due.shift()) {
    if (answers.has(path)) continue;
    const answered = await ask(`${origin}${path}`);
    answers.set(path, answered);
    due.push(...answered.links);
  }
  return answers;
}

describe.runIf(lab !== undefined)("a redeploy of an example on PostgreSQL and a bucket", () => {
  it.each(examples)("leaves every page, every picture and every log-in of $name as it was", { timeout: 240_000 }, async (example) => {
    if (lab === undefined) return;
    const { name, pictures, email, password, own } = example;
    const cloud = await makeCloud(lab);
    cleanups.push(cloud.remove);
    const { MEDIA_DATABASE_URL: database = "", ...bucket } = cloud.env;
    const env = { ...bucket, DATABASE_URL: database, NODE_ENV: "production", HOST: "127.0.0.1" };
    const boot = async (release: string, isSeeded: boolean): Promise<ExampleApp> => {
      const app = await startExample(name, { ...env, HOLDFAST_RELEASE: release }, isSeeded);
      cleanups.push(app.stop);
      return app;
    };
    const first = await boot("release-1", true);
    const before = await walk(first.origin);
    const kept = [...before].filter(([path, { status, type }]) => path.startsWith("/media/") && status === 200 && type === "image/webp");
    expect(kept.length).toBeGreaterThanOrEqual(pictures);
    const visitor = newVisitor(first.origin);
    await visitor.get("/log-in");
    expect((await visitor.post("/log-in", { email, password: "wrong" })).status).toBe(422);
    expect((await visitor.post("/log-in", { email, password })).status).toBe(200);
    const ownBefore = await visitor.get(own);
    // Stopping throws its folder away too.
    await first.stop();
    const second = await boot("release-2", false);
    for (const [path, answered] of before) expect({ path, ...(await ask(`${second.origin}${path}`)) }).toEqual({ path, ...answered });
    const ownAfter = await newVisitor(second.origin, visitor.cookies).get(own);
    expect([ownAfter.status, ownAfter.path, ownAfter.text]).toEqual([200, own, ownBefore.text]);
  });
});
