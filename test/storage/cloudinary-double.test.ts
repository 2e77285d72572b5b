import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { v2 as sdk } from "cloudinary";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type CloudinaryDouble, startCloudinaryDouble } from "../doubles/cloudinary.js";

// What rests on the double is worth as much as the double refuses.

const doubles: CloudinaryDouble[] = [];
let double: CloudinaryDouble;
beforeEach(async () => {
  double = await startCloudinaryDouble();
  doubles.push(double);
});
afterAll(async () => void (await Promise.all(doubles.map(async (one) => await one.stop()))));

const now = (): number => Math.floor(Date.now() / 1000);

/** Sign as the official SDK does. */
function signed(parameters: Readonly<Record<string, string | number>>, secret: string = double.account.apiSecret): Record<string, string> {
  const { apiKey } = double.account;
  const found: Readonly<Record<string, unknown>> = sdk.utils.sign_request(
    { timestamp: now(), ...parameters },
    { api_key: apiKey, api_secret: secret },
  );
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
}

async function post(
  action: string,
  fields: Readonly<Record<string, string>>,
  file?: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
  cloud = "double",
): Promise<{ status: number; message: string; body: Record<string, unknown> }> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file !== undefined) form.append("file", new Blob([Buffer.from(file)]), "file");
  const answer = await fetch(`${double.origin}/v1_1/${cloud}/${action}`, { method: "POST", body: form, headers });
  const body = (await answer.json()) as Record<string, unknown> & { error?: { message: string } };
  return { status: answer.status, message: body.error?.message ?? "", body };
}

describe("the double of Cloudinary", () => {
  it("takes an upload that is signed as the official SDK signs, by SHA-1 or SHA-256", async () => {
    expect(await post("raw/upload", signed({ public_id: "a&b".replace("&", "-") }), randomBytes(10))).toMatchObject({
      status: 200,
      body: { public_id: "a-b", bytes: 10 },
    });
    const { apiKey: api_key, apiSecret: api_secret } = double.account;
    const sha256: Readonly<Record<string, unknown>> = sdk.utils.sign_request(
      { timestamp: now(), public_id: "b" },
      { api_key, api_secret, signature_algorithm: "sha256" },
    );
    const fields = Object.fromEntries(Object.entries(sha256).map(([name, value]) => [name, String(value)]));
    expect(await post("raw/upload", fields, randomBytes(10))).toMatchObject({ status: 200 });
  });

  const refusals: readonly {
    readonly what: string;
    readonly fields: () => Record<string, string>;
    readonly status: number;
    readonly message: RegExp;
    readonly place?: string;
    readonly bytes?: Uint8Array;
  }[] = [
    {
      what: "a signature by another secret",
      fields: () => signed({ public_id: "a" }, "another"),
      status: 401,
      message: /^Invalid Signature [0-9a-f]{40}\. String to sign - 'public_id=a&timestamp=\d+'\.$/,
    },
    {
      what: "a parameter changed after signing",
      fields: () => ({ ...signed({ public_id: "a" }), public_id: "b" }),
      status: 401,
      message: /^Invalid Signature/,
    },
    {
      what: "a parameter added after signing",
      fields: () => ({ ...signed({ public_id: "a" }), overwrite: "true" }),
      status: 401,
      message: /^Invalid Signature/,
    },
    {
      what: "a parameter smuggled in by an ampersand",
      fields: () => ({ ...signed({ public_id: "a", tags: "b" }), public_id: "a&tags=b", tags: "" }),
      status: 401,
      message: /^Invalid Signature/,
    },
    {
      what: "no signature",
      fields: () => ({ api_key: double.account.apiKey, timestamp: String(now()) }),
      status: 400,
      message: /signature/,
    },
    { what: "an unknown API key", fields: () => ({ ...signed({}), api_key: "1" }), status: 401, message: /^Unknown API key 1$/ },
    {
      what: "a request of two hours ago",
      fields: () => signed({ timestamp: now() - 7200 }),
      status: 400,
      message: /^Stale request - reported time is .* more than 1 hour ago$/,
    },
    { what: "an unknown parameter", fields: () => signed({ folder_name: "a" }), status: 400, message: /^Unknown parameter folder_name$/ },
    { what: "a forbidden character", fields: () => signed({ public_id: "a%b" }), status: 400, message: /is invalid/ },
    { what: "a public id of 256 characters", fields: () => signed({ public_id: "a".repeat(256) }), status: 400, message: /too long/ },
    { what: "a folder that reads as a version", fields: () => signed({ public_id: "v12/a" }), status: 400, message: /is invalid/ },
    { what: "an empty file", fields: () => signed({ public_id: "a" }), status: 400, message: /^Empty file$/, bytes: new Uint8Array() },
    {
      what: "bytes that are no image",
      fields: () => signed({ public_id: "a" }),
      status: 400,
      message: /^Invalid image file$/,
      place: "image",
    },
    {
      what: "more than the plan takes",
      fields: () => signed({ public_id: "a" }),
      status: 400,
      message: /^File size too large\. Got 10485761\. Maximum is 10485760\. Upgrade/,
      bytes: Buffer.alloc(10_485_761, 1),
    },
  ];
  for (const { what, fields, status, message, place = "raw", bytes = Buffer.from("abc") } of refusals) {
    it(`refuses ${what}`, async () => {
      const answer = await post(`${place}/upload`, fields(), bytes);
      expect(answer).toMatchObject({ status });
      expect(answer.message).toMatch(message);
      expect(double.assets.size).toBe(0);
    });
  }

  it("refuses another cloud, a small chunk, a chunk out of order, and a call without a file", async () => {
    expect(await post("raw/upload", signed({}), Buffer.from("a"), {}, "another")).toMatchObject({
      status: 401,
      message: "cloud_name mismatch",
    });
    expect(await post("raw/upload", signed({}))).toMatchObject({ status: 400, message: "Missing required parameter - file" });
    const chunk = async (range: string, size: number): Promise<unknown> =>
      await post("raw/upload", signed({ public_id: "a" }), Buffer.alloc(size, 1), { "x-unique-upload-id": "u", "content-range": range });
    expect(await chunk("bytes 0-40000/-1", 40_001)).toMatchObject({
      status: 400,
      message: "All parts except EOF-chunk must be larger than 5mb",
    });
    expect(await chunk("bytes 6000000-11999999/-1", 6_000_000)).toMatchObject({ status: 400 });
    expect(await chunk("bytes 0-5999999/-1", 6_000_000)).toMatchObject({ status: 200, body: { done: false } });
    expect(await chunk("bytes 6000000-6000000/6000001", 1)).toMatchObject({ status: 200, body: { done: true, bytes: 6_000_001 } });
  });

  it("alters special characters in a public id, as Cloudinary does", async () => {
    expect(await post("raw/upload", signed({ public_id: "(a)=b " }), Buffer.from("a"))).toMatchObject({ body: { public_id: "a__b" } });
  });

  it("signs its answers, says existing: true where it did not replace, and overwritten: true where it did", async () => {
    const { body } = await post("raw/upload", signed({ public_id: "a" }), Buffer.from("one"));
    expect(body["signature"]).toBe(
      sdk.utils.api_sign_request({ public_id: body["public_id"], version: body["version"] }, double.account.apiSecret),
    );
    expect(await post("raw/upload", signed({ public_id: "a", overwrite: "false" }), Buffer.from("three"))).toMatchObject({
      body: { existing: true, bytes: 3 },
    });
    expect(await post("raw/upload", signed({ public_id: "a" }), Buffer.from("three"))).toMatchObject({
      body: { overwritten: true, bytes: 5 },
    });
  });

  it("renames, explains and destroys", async () => {
    await post("raw/upload", signed({ public_id: "a" }), Buffer.from("one"));
    await post("raw/upload", signed({ public_id: "b" }), Buffer.from("two"));
    expect(await post("raw/rename", signed({ from_public_id: "a", to_public_id: "b" }))).toMatchObject({
      status: 400,
      message: "to_public_id (b) already exists",
    });
    expect(await post("raw/rename", signed({ from_public_id: "a", to_public_id: "b", overwrite: "true" }))).toMatchObject({
      status: 200,
      body: { bytes: 3 },
    });
    expect(await post("raw/explicit", signed({ public_id: "a", type: "upload" }))).toMatchObject({
      status: 404,
      message: "Resource not found - a",
    });
    expect(await post("raw/destroy", signed({ public_id: "b" }))).toMatchObject({ body: { result: "ok" } });
    expect(await post("raw/destroy", signed({ public_id: "b" }))).toMatchObject({ body: { result: "not found" } });
  });

  it("guards the admin API by name and secret, and counts its calls", async () => {
    const ask = async (secret: string): Promise<Response> => {
      const authorization = `Basic ${Buffer.from(`${double.account.apiKey}:${secret}`).toString("base64")}`;
      return await fetch(`${double.origin}/v1_1/double/ping`, { headers: { authorization } });
    };
    expect((await ask("wrong")).status).toBe(401);
    const answer = await ask(double.account.apiSecret);
    expect(answer.headers.get("x-featureratelimit-limit")).toBe("500");
    expect(answer.headers.get("x-featureratelimit-remaining")).toBe("499");
    double.adminCallsLeft = 0;
    const limited = await ask(double.account.apiSecret);
    expect(limited.status).toBe(420);
    expect(await limited.json()).toMatchObject({
      error: { message: expect.stringMatching(/^Rate Limit Exceeded\. Limit of 500 api operations reached\. Try again on /) as string },
    });
  });

  it("is understood by the official SDK's own requests", { timeout: 60_000 }, async () => {
    const { apiKey, apiSecret } = double.account;
    // A process of its own: the SDK decides when it is loaded, from the environment, between http and https.
    const program = `
      const { v2: sdk } = require("cloudinary");
      const { Readable } = require("node:stream");
      const upload = (bytes, options, how = "upload_stream") => new Promise((resolve, reject) => {
        Readable.from([bytes]).pipe(sdk.uploader[how](options, (error, result) => error ? reject(error) : resolve(result)));
      });
      (async () => {
        const small = await upload(Buffer.from("hello"), { resource_type: "raw", public_id: "sdk/a.txt" });
        const large = await upload(Buffer.alloc(7000000, 1), { resource_type: "raw", public_id: "sdk/b", chunk_size: 6000000 }, "upload_chunked_stream");
        const found = await sdk.api.resource("sdk/a.txt", { resource_type: "raw" });
        const list = await sdk.api.resources({ resource_type: "raw", type: "upload", prefix: "sdk/" });
        const gone = await sdk.uploader.destroy("sdk/a.txt", { resource_type: "raw" });
        const after = await sdk.api.resource("sdk/a.txt", { resource_type: "raw" }).catch((error) => error.error);
        console.log(JSON.stringify([small.etag, large.bytes, found.bytes, found.rate_limit_allowed, list.resources.length, gone.result, after.http_code]));
      })();`;
    const env = {
      PATH: process.env["PATH"] ?? "",
      CLOUDINARY_URL: `cloudinary://${apiKey}:${apiSecret}@double?upload_prefix=${double.origin}`,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], { env, timeout: 30_000 });
    expect(JSON.parse(stdout)).toEqual(["5d41402abc4b2a76b9719d911017c592", 7_000_000, 5, 500, 2, "ok", 404]);
  });
});
