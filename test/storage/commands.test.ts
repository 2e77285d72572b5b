import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { GetBucketCorsCommand, ListObjectsV2Command, PutBucketCorsCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { chosenRows, refusedRows } from "../../packages/media/src/storage/choose.fixture.js";
import { s3Providers } from "../../packages/media/src/storage/quirks.js";
import { startCloudinaryDouble } from "../doubles/cloudinary.js";
import { type Ran, repository, run, start } from "../packed/packages.js";
import { clientOf, makeBucket, present } from "./bucket.js";
import type { S3Server } from "../../bench/src/servers/daemons.js";

type Env = Readonly<Record<string, string>>;

const bin = join(repository, "packages/holdfast/dist/bin.js");
const { radosgw, swift } = inject("servers");
let work: string;
let count = 0;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "holdfast-commands-"));
});
afterAll(async () => {
  await rm(work, { recursive: true, force: true });
});

/** An empty folder of a project in which the packages of this repository are installed. */
async function makeProject(): Promise<string> {
  const folder = join(work, String((count += 1)));
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), "{}");
  return folder;
}

async function holdfast(args: readonly string[], env: Env, cwd: string): Promise<Ran> {
  const ran = await run(process.execPath, [bin, ...args], { cwd, env });
  expect(ran.stderr, "no stack trace for a user's mistake").not.toMatch(/^\s+at /m);
  return ran;
}

/** Run the service until it says where its storage is and that it is ready, or until it refuses. */
async function serve(env: Env, cwd: string): Promise<Ran> {
  const running = start(process.execPath, [bin, "serve", "--port", "0", "--host", "127.0.0.1", "--no-redeploy-demo"], { cwd, env });
  const deadline = Date.now() + 60_000;
  while (!running.stdout().includes("Holdfast is ready") && running.child.exitCode === null && Date.now() < deadline) await sleep(20);
  if (running.child.exitCode === null) running.child.kill("SIGTERM");
  const timer = setTimeout(() => running.child.kill("SIGKILL"), 15_000);
  const exitCode = await running.ended;
  clearTimeout(timer);
  return { exitCode, stdout: running.stdout(), stderr: running.stderr() };
}

/** A new bucket, and the variables that ask for it by plain names. */
async function bucketOn(server: S3Server | undefined): Promise<{ server: S3Server; bucket: string; env: Env }> {
  const here = present(server);
  const { bucket, endpoint, region } = await makeBucket(here);
  const { accessKeyId, secretAccessKey } = here.credentials;
  const env = {
    S3_BUCKET: bucket,
    S3_ENDPOINT: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return { server: here, bucket, env };
}

async function keysIn(server: S3Server, bucket: string): Promise<readonly string[]> {
  const client = clientOf(server);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  client.destroy();
  return Contents.map(({ Key = "" }) => Key);
}

/** Run tasks a few at a time. */
async function inTurn<T, R>(items: readonly T[], work1: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += 3) results.push(...(await Promise.all(items.slice(at, at + 3).map(work1))));
  return results;
}

describe("the service, at its start", () => {
  const disks = chosenRows.filter(([, , told]) => told.startsWith("disk /app/"));

  it("says which folder it took and why, for each row of the table", async () => {
    expect(disks.length).toBeGreaterThan(3);
    const lines = await inTurn(disks, async ([, env]) => {
      const cwd = await makeProject();
      const { stdout } = await serve(definedOnly(env), cwd);
      return (/^media storage: .*$/m.exec(stdout)?.[0] ?? stdout).replace(cwd, "/app");
    });
    const expected = disks.map(([, , told]) => {
      const [, root = "", by = ""] = /^disk (\S+) by (\w+)$/.exec(told) ?? [];
      return expect.stringMatching(new RegExp(`^media storage: disk \\(${root}\\), chosen by ${by}, durability (disk|ephemeral)$`));
    });
    expect(lines).toEqual(expected);
  });

  it("refuses each row that is refused with its sentence and exit code 2, and makes no folder instead", async () => {
    const outcomes = await inTurn(refusedRows, async ([name, env, expected]) => {
      const cwd = await makeProject();
      const { exitCode, stdout, stderr } = await serve(definedOnly(env), cwd);
      const sentences = stderr.replace(/^holdfast: (- )?/, "").replace(/\nSee: [^]*$/, "");
      const isSaid = expected.test(sentences) || sentences;
      return { name, exitCode, isSaid, stdout, hasFolder: existsSync(join(cwd, "holdfast-data")) };
    });
    expect(outcomes).toEqual(refusedRows.map(([name]) => ({ name, exitCode: 2, isSaid: true, stdout: "", hasFolder: false })));
  });
});

describe.skipIf(radosgw === undefined)("the service, at its start, on radosgw", () => {
  const names: readonly (readonly [string, (env: Env) => Env, string])[] = [
    ["S3_BUCKET", (env) => env, "S3_BUCKET"],
    [
      "Django's names",
      ({ S3_BUCKET = "", S3_ENDPOINT = "", AWS_REGION = "", ...keys }) => ({
        ...keys,
        AWS_STORAGE_BUCKET_NAME: S3_BUCKET,
        AWS_S3_ENDPOINT_URL: S3_ENDPOINT,
        AWS_S3_REGION_NAME: AWS_REGION,
      }),
      "AWS_STORAGE_BUCKET_NAME",
    ],
    [
      "Fly's and Tigris' names",
      ({ S3_BUCKET = "", S3_ENDPOINT = "", AWS_REGION: _, ...keys }) => ({
        ...keys,
        BUCKET_NAME: S3_BUCKET,
        AWS_ENDPOINT_URL_S3: S3_ENDPOINT,
        AWS_REGION: "auto",
      }),
      "BUCKET_NAME",
    ],
    [
      "Railway's names",
      ({ S3_BUCKET = "", S3_ENDPOINT = "", AWS_REGION: _, ...keys }) => ({
        ...keys,
        AWS_S3_BUCKET_NAME: S3_BUCKET,
        AWS_ENDPOINT_URL: S3_ENDPOINT,
        AWS_DEFAULT_REGION: "auto",
      }),
      "AWS_S3_BUCKET_NAME",
    ],
    [
      "Backblaze's names",
      ({ S3_BUCKET = "", S3_ENDPOINT = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" }) => ({
        B2_BUCKET: S3_BUCKET,
        B2_ENDPOINT: S3_ENDPOINT,
        B2_APPLICATION_KEY_ID: AWS_ACCESS_KEY_ID,
        B2_APPLICATION_KEY: AWS_SECRET_ACCESS_KEY,
      }),
      "B2_BUCKET",
    ],
    ["a folder in the bucket", (env) => ({ ...env, AWS_LOCATION: "/media/" }), "S3_BUCKET"],
    [
      "MEDIA_STORAGE, with Cloudinary set as well",
      (env) => ({ ...env, MEDIA_STORAGE: "s3", CLOUDINARY_URL: "cloudinary://1:a-secret@demo" }),
      "MEDIA_STORAGE",
    ],
  ];

  it.each(names)("takes the bucket by %s, and says so", async (_, rename, chosenBy) => {
    const { server, bucket, env } = await bucketOn(radosgw);
    const { exitCode, stdout, stderr } = await serve(rename(env), await makeProject());
    expect({ exitCode, complaint: /^holdfast: .*/m.exec(stderr)?.[0] }).toEqual({ exitCode: 0, complaint: undefined });
    expect(stdout).toMatch(
      new RegExp(
        `^media storage: s3 \\(bucket "${bucket}" at ${server.endpoint}[^)]*\\), chosen by ${chosenBy}, durability object-store$`,
        "m",
      ),
    );
    expect(await keysIn(server, bucket)).toContain(`${rename(env)["AWS_LOCATION"] === undefined ? "" : "media/"}.holdfast/canary.json`);
  });

  it("starts on a bucket in production too, where a folder of the platform is refused", async () => {
    const { env } = await bucketOn(radosgw);
    const platform = { RENDER: "true", HOLDFAST_TOKEN: "a-token-of-the-storage-tests", MEDIA_ALLOW_EPHEMERAL: "" };
    const cwd = await makeProject();
    const onDisk = await serve(platform, cwd);
    expect({ exitCode: onDisk.exitCode, says: onDisk.stderr.includes("wiped by every deploy") }).toEqual({ exitCode: 3, says: true });
    // Its catalogue is on the platform's disk, and refused next: the storage is not what is wrong any more.
    const { stderr } = await serve({ ...env, ...platform }, cwd);
    expect(stderr).toMatch(/^holdfast: The catalogue is at /m);
  });
});

describe.skipIf(radosgw === undefined)("holdfast storage status on radosgw", () => {
  it("tells the canary's life over three releases, and what was probed", async () => {
    const { env } = await bucketOn(radosgw);
    const cwd = await makeProject();
    for (const release of ["r1", "r2", "r3"]) await serve({ ...env, HOLDFAST_RELEASE: release }, cwd);
    const { exitCode, stdout } = await holdfast(["storage", "status", "--json"], env, cwd);
    expect(exitCode).toBe(0);
    const report: { canary: unknown; service: { quirks: { quirk: string; found: boolean }[] } } = JSON.parse(stdout);
    expect(report).toMatchObject({
      storage: { kind: "s3", chosenBy: "S3_BUCKET", durability: "object-store" },
      canary: { outcome: "alive", bornIn: "r1", survived: 2 },
      problem: null,
    });
    const ceph = s3Providers.find(({ id }) => id === "ceph")?.quirks;
    expect(Object.fromEntries(report.service.quirks.map(({ quirk, found }) => [quirk, found]))).toEqual(ceph);
    expect((await holdfast(["storage", "status"], env, cwd)).stdout).toMatch(
      /canary +survived 2 releases; written .* by release r1\n +seen .* by release r3/,
    );
  });

  it.each<[string, (env: Env) => Env, RegExp]>([
    ["a wrong secret", (env) => ({ ...env, AWS_SECRET_ACCESS_KEY: "a-wrong-secret" }), /denied permission .*SignatureDoesNotMatch/],
    [
      "another's bucket",
      (env) => ({
        ...env,
        AWS_ACCESS_KEY_ID: present(radosgw).stranger?.accessKeyId ?? "",
        AWS_SECRET_ACCESS_KEY: present(radosgw).stranger?.secretAccessKey ?? "",
      }),
      /denied permission .*AccessDenied/,
    ],
    ["no such bucket", (env) => ({ ...env, S3_BUCKET: "never-made" }), /no such bucket/],
    ["nobody there", (env) => ({ ...env, S3_ENDPOINT: "http://127.0.0.1:1" }), /connection failed/],
  ])("exits with 3 for %s, tells what is chosen, and shows no secret", async (_, change, sentence) => {
    const { env } = await bucketOn(radosgw);
    const { exitCode, stdout, stderr } = await holdfast(["storage", "status"], change(env), await makeProject());
    expect({ exitCode, isSaid: sentence.test(stdout) || stdout }).toEqual({ exitCode: 3, isSaid: true });
    expect(stdout).toMatch(/^media storage: s3 .*\n[^]*canary +not known/);
    expect(stdout + stderr).not.toMatch(/secret-0123|a-wrong-secret/);
  });
});

describe.skipIf(radosgw === undefined)("holdfast storage check on radosgw", () => {
  it("passes every clause, and leaves nothing but what the service would write", async () => {
    const { server, bucket, env } = await bucketOn(radosgw);
    const { exitCode, stdout, stderr } = await holdfast(["storage", "check", "--json"], env, await makeProject());
    const { summary, clauses }: { summary: Record<string, number>; clauses: { clause: string; outcome: string; why: string }[] } =
      JSON.parse(stdout);
    expect(clauses.filter(({ outcome }) => outcome !== "passed").map(({ clause, outcome }) => `${clause}: ${outcome}`)).toEqual([
      "access-public: not offered",
      "cors-preflight: not offered",
    ]);
    expect(summary["passed"]).toBeGreaterThan(45);
    expect({ exitCode, complaint: /^holdfast: .*/m.exec(stderr)?.[0] }).toEqual({ exitCode: 0, complaint: undefined });
    expect(await keysIn(server, bucket)).toEqual([".holdfast/identity"]);
  });

  it("removes what it wrote after Ctrl-C, and exits with 130", async () => {
    const { server, bucket, env } = await bucketOn(radosgw);
    const running = start(process.execPath, [bin, "storage", "check"], { cwd: await makeProject(), env });
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && !(await keysIn(server, bucket)).some((key) => key.startsWith("holdfast-check/"))) await sleep(10);
    running.child.kill("SIGINT");
    const timer = setTimeout(() => running.child.kill("SIGKILL"), 60_000);
    expect(await running.ended).toBe(130);
    clearTimeout(timer);
    expect(running.stderr()).toContain("What the check wrote is removed");
    expect(await keysIn(server, bucket)).toEqual([".holdfast/identity"]);
  });

  it("reads a public bucket at its custom domain, and fails one that is not public", async () => {
    const { server, bucket, env } = await bucketOn(radosgw);
    const check = async (...args: string[]): Promise<Ran> =>
      await holdfast(
        ["storage", "check", "--only", "access-public", "--only", "access-private", ...args],
        { ...env, AWS_S3_CUSTOM_DOMAIN: `${server.endpoint}/${bucket}` },
        cwd,
      );
    const cwd = await makeProject();
    expect(await check("--public")).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("status: expected 200, found 403") });
    const client = clientOf(server);
    const statement = { Effect: "Allow", Principal: "*", Action: ["s3:GetObject"], Resource: [`arn:aws:s3:::${bucket}/*`] };
    await client.send(
      new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) }),
    );
    client.destroy();
    expect(await check("--public")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/passed +access-public/) });
    // Without a public address anybody's reading is a leak.
    const leaking = await holdfast(["storage", "check", "--only", "access-private"], env, cwd);
    expect(leaking).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("make the bucket private") });
  });
});

describe("holdfast storage check on a double of Cloudinary", () => {
  it("never calls a clause passed", async () => {
    const double = await startCloudinaryDouble();
    const { cloudName, apiKey, apiSecret } = double.account;
    const env = { CLOUDINARY_URL: `cloudinary://${apiKey}:${encodeURIComponent(apiSecret)}@${cloudName}?upload_prefix=${double.origin}` };
    const ran = await holdfast(
      ["storage", "check", "--only", "open-absent", "--only", "put-bytes-equal", "--json"],
      env,
      await makeProject(),
    );
    await double.stop();
    const { clauses }: { clauses: { outcome: string }[] } = JSON.parse(ran.stdout);
    expect(clauses.map(({ outcome }) => outcome)).toEqual(["double", "double"]);
  });
});

describe("holdfast storage cors", () => {
  const origin = "https://app.example";

  it.skipIf(radosgw === undefined)("sets on radosgw what a browser's preflight then finds, and keeps the rest", async () => {
    const { server, bucket, env } = await bucketOn(radosgw);
    const cwd = await makeProject();
    const client = clientOf(server);
    const theirs = {
      ID: "theirs",
      AllowedOrigins: ["https://other.example"],
      AllowedMethods: ["PUT"],
      AllowedHeaders: ["x-own"],
      MaxAgeSeconds: 60,
    };
    await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [theirs] } }));
    const preflight = async (): Promise<number | null> =>
      (await holdfast(["storage", "check", "--only", "cors-preflight", "--origin", origin], env, cwd)).exitCode;
    const cors = async (...args: string[]): Promise<Ran> => await holdfast(["storage", "cors", "--origin", origin, ...args], env, cwd);

    expect(await preflight()).toBe(1);
    expect(await cors()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`missing  ${origin}: GET, HEAD, POST`) });
    expect(await cors("--apply")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Set, and read again") });
    expect(await preflight()).toBe(0);
    expect(await cors()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Nothing lacks") });
    const { CORSRules = [] } = await client.send(new GetBucketCorsCommand({ Bucket: bucket }));
    client.destroy();
    expect(CORSRules.map(({ ID }) => ID)).toEqual(["holdfast-uploads", "theirs"]);
    expect(CORSRules[1]).toMatchObject(theirs);
  });

  it.skipIf(swift === undefined)("says of Swift plainly that there is no such interface", async () => {
    const { env } = await bucketOn(swift);
    const ran = await holdfast(["storage", "cors", "--origin", origin], env, await makeProject());
    expect(ran).toMatchObject({ exitCode: 3, stdout: "", stderr: expect.stringContaining("its service has no CORS interface") });
  });
});

function definedOnly(env: Readonly<Record<string, string | undefined>>): Env {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
