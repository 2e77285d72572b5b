import { afterEach, describe, expect, inject, it } from "vitest";
import { newVisitor } from "../../examples/site/src/site.fixture.js";
import { type ExampleApp, startExample } from "../system/example-process.js";
import { sha256Of } from "../system/pictures-made.js";
import { makeCloud } from "./cloud-home.js";

const lab = inject("lab");

/** An example, and who looks at it: where nothing is shown without a log-in, its pages are walked through by who has logged in. */
interface Example {
  readonly name: string;
  readonly pictures: number;
  readonly email: string;
  readonly password: string;
  readonly own: string;
  readonly isClosed?: boolean;
}

const examples: readonly Example[] = [
  { name: "articles", pictures: 30, email: "camille@example.com", password: "une vraie trouvaille", own: "/mine" },
  { name: "lettings", pictures: 24, email: "elodie@example.com", password: "un toit en Californie", own: "/admin/lettings" },
  { name: "crm", pictures: 24, email: "defne@example.com", password: "defterde yerimiz var", own: "/leads", isClosed: true },
];

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

/** A page's text without what is another each time: the token in every form, and until when which address is signed. */
function lasting(text: string): string {
  return text.replaceAll(/name="csrf" value="[^"]*"|expires=\d+&amp;signature=[\w-]+/g, "");
}

async function ask(url: string, cookie: string): Promise<Answered> {
  const headers = { accept: "image/webp,text/html,*/*", "accept-language": "en", ...(cookie === "" ? {} : { cookie }) };
  const response = await fetch(url, { headers, redirect: "manual" });
  const type = response.headers.get("content-type");
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (type?.startsWith("text/html") !== true) return { status: response.status, type, sha256: sha256Of(bytes), links: [] };
  const text = Buffer.from(bytes).toString();
  const named = [...text.matchAll(/(?:href|src)="(\/[^"#]*)"/g)].map(([, path = ""]) => path);
  // Of the sizes that a picture is offered in, one beside its own.
  const offered = [...text.matchAll(/srcset="([^" ]*)/g)].map(([, path = ""]) => path);
  const links = [...named, ...offered].map((path) => path.replaceAll("&amp;", "&")).filter((path) => path.startsWith("/"));
  return { status: response.status, type, sha256: sha256Of(Buffer.from(lasting(text))), links };
}

/** Ask for several paths, a few at a time, as browsers do. */
async function askAll(origin: string, paths: readonly string[], cookie: string): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (let at = 0; at < paths.length; at += 6) {
    answers.push(...(await Promise.all(paths.slice(at, at + 6).map(async (path) => await ask(`${origin}${path}`, cookie)))));
  }
  return answers;
}

/** Ask for every page and picture that can be come to from the first page. */
async function walk(origin: string, cookie: string): Promise<Map<string, Answered>> {
  const answers = new Map<string, Answered>();
  for (let due = ["/", "/nowhere"]; due.length > 0;) {
    const answered = await askAll(origin, due, cookie);
    for (const [at, path] of due.entries()) answers.set(path, answered[at] as Answered);
    due = [...new Set(answered.flatMap(({ links }) => links))].filter((path) => !answers.has(path));
  }
  return answers;
}

describe.runIf(lab !== undefined)("a redeploy of an example on PostgreSQL and a bucket", () => {
  it.each(examples)("leaves every page, every picture and every log-in of $name as it was", { timeout: 240_000 }, async (example) => {
    if (lab === undefined) return;
    const { name, pictures, email, password, own, isClosed = false } = example;
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
    const visitor = newVisitor(first.origin);
    await visitor.get("/log-in");
    expect((await visitor.post("/log-in", { email, password: "wrong" })).status).toBe(422);
    expect((await visitor.post("/log-in", { email, password })).status).toBe(200);
    const ownBefore = await visitor.get(own);
    const cookie = isClosed ? [...visitor.cookies].map(([key, value]) => `${key}=${value}`).join("; ") : "";
    const before = await walk(first.origin, cookie);
    const kept = [...before].filter(([path, { status, type }]) => path.startsWith("/media/") && status === 200 && type === "image/webp");
    expect(kept.length).toBeGreaterThanOrEqual(pictures);
    // Stopping throws its folder away too.
    await first.stop();
    const second = await boot("release-2", false);
    const paths = [...before.keys()];
    const after = await askAll(second.origin, paths, cookie);
    for (const [at, path] of paths.entries()) expect({ path, ...after[at] }).toEqual({ path, ...before.get(path) });
    const ownAfter = await newVisitor(second.origin, visitor.cookies).get(own);
    expect([ownAfter.status, ownAfter.path, lasting(ownAfter.text)]).toEqual([200, own, lasting(ownBefore.text)]);
  });
});
