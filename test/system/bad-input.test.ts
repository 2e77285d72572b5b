import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, chunk, exchange, filePart, formOf, hangUp, head, part } from "./exchange.js";
import { listAll } from "./kill-verdict.js";
import { makePictures, type MadePicture, randomFrom } from "./pictures-made.js";
import { makeServiceFolder, type ServiceFolder, type ServiceProcess, startService } from "./service-process.js";
import { leftovers, readTraces } from "./traces.js";

const maxBytes = 4_000_000;
const stallTimeoutMs = 700;
const boundary = "a-boundary";
const formType = `multipart/form-data; boundary=${boundary}`;

let folder: ServiceFolder;
let service: ServiceProcess;
let jpeg: Uint8Array<ArrayBuffer>;
let png: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  folder = await makeServiceFolder();
  service = await startService(folder, { media: { settleEveryMs: 0, limits: { maxBytes, stallTimeoutMs } } });
  const pictures = await makePictures(randomFrom(7));
  [jpeg, png] = [find(pictures, "picture-2.jpeg"), find(pictures, "picture-6.png")];
});

afterAll(async () => {
  await service.stop();
  await folder.remove();
});

/** Nothing is listed, nothing is on the disk, nothing is under way, and the service is well. */
let complaintsRead = 0;
beforeEach(() => {
  complaintsRead = service.complaints().length;
});
afterEach(async () => {
  // Whoever hung up does not wait for the service to clear up after him: that takes its moment, and a moment only.
  let left = leftovers(await readTraces(folder));
  for (let patience = 100; patience > 0 && left.length > 0; patience -= 1) {
    await sleep(50);
    left = leftovers(await readTraces(folder));
  }
  expect(left).toEqual([]);
  for (const { id } of await listAll(service.origin)) throw new Error(`The file ${id} is listed, and should have been refused.`);
  expect((await fetch(`${service.origin}/readyz`)).status).toBe(200);
  // A refusal is the sender's affair: neither an unhandled rejection nor an error in the service's own log.
  expect(service.complaints().slice(complaintsRead)).toBe("");
});

function find(pictures: readonly MadePicture[], name: string): Uint8Array<ArrayBuffer> {
  const picture = pictures.find((one) => one.name === name);
  if (picture === undefined) throw new Error(`There is no ${name}.`);
  return picture.bytes;
}

/** Upload a raw body as a client does that knows the name and claims a type. */
async function sendRaw(name: string, bytes: Uint8Array<ArrayBuffer> | string, type = "application/octet-stream"): Promise<Answer> {
  const response = await fetch(`${service.origin}/api/v1/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { "content-type": type },
    body: bytes,
  });
  return { status: response.status, headers: new Map(response.headers), body: await response.text() };
}

/** Upload a form, its bytes as they stand. */
async function sendForm(body: Uint8Array, contentType = formType): Promise<Answer> {
  return await exchange(
    service.origin,
    head("POST", "/api/v1/files", { "content-type": contentType, "content-length": body.byteLength }),
    body,
  );
}

/** The same file both ways: raw, and as the only file of a form. */
async function sendBothWays(name: string, bytes: Uint8Array<ArrayBuffer>, type = "application/octet-stream"): Promise<Answer[]> {
  return [await sendRaw(name, bytes, type), await sendForm(formOf(boundary, [filePart(name, type, bytes)]))];
}

/** Expect a problem document (RFC 9457) whose sentence says what these words say. */
function expectProblem(
  { status, headers, body }: Answer,
  expected: { readonly status: number; readonly code: string; readonly says: RegExp },
): void {
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect({ status, code: problem["code"], detail: problem["detail"] }).toEqual({
    status: expected.status,
    code: expected.code,
    detail: expect.stringMatching(expected.says) as string,
  });
  expect(problem).toMatchObject({
    status: expected.status,
    type: `urn:holdfast:error:${expected.code}`,
    title: expect.any(String) as string,
  });
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("cache-control")).toBe("no-store");
}

async function remove({ status, body }: Answer): Promise<{ id: string; name: string; url: string; width: number; height: number }> {
  expect({ status, body }).toMatchObject({ status: 201 });
  const file = JSON.parse(body) as { id: string; name: string; url: string; width: number; height: number };
  // Trashed files keep their bytes for a while, as they should: the checks after each test know them by their rows.
  expect((await fetch(`${service.origin}/api/v1/files/${file.id}`, { method: "DELETE" })).status).toBe(204);
  return file;
}

describe("a file that is not what it should be", () => {
  it("refuses a text file named .jpg", async () => {
    for (const answer of await sendBothWays("holiday.jpg", new TextEncoder().encode("Dear diary, no picture today.\n"))) {
      expectProblem(answer, { status: 415, code: "TYPE_NOT_ACCEPTED", says: /"holiday\.jpg" is text; accepted are JPG, / });
    }
  });

  it.each(["jpeg", "png", "webp", "gif", "avif"] as const)("refuses a %s file that is cut short, wherever it is cut", async (format) => {
    const whole = Uint8Array.from(await sharp(jpeg).resize(400).toFormat(format).toBuffer());
    for (const share of [0.3, 0.6, 0.95]) {
      const cut = whole.slice(0, Math.floor(whole.byteLength * share));
      for (const answer of await sendBothWays(`cut.${format}`, cut)) {
        expectProblem(answer, {
          status: 422,
          code: "IMAGE_BROKEN",
          says: /^"cut\.\w+" is cut short or damaged \(.+\)\. Nothing was stored/,
        });
      }
    }
  });

  it("refuses a file without bytes", async () => {
    for (const answer of await sendBothWays("empty.jpg", new Uint8Array())) {
      expectProblem(answer, { status: 400, code: "UPLOAD_EMPTY", says: /"empty\.jpg" has no bytes/ });
    }
  });

  it("refuses 51 megapixels and takes 50", { timeout: 120_000 }, async () => {
    const solid = async (width: number): Promise<Uint8Array<ArrayBuffer>> =>
      Uint8Array.from(
        await sharp({ create: { width, height: 5_000, channels: 3, background: "#357" } })
          .png()
          .toBuffer(),
      );
    for (const answer of await sendBothWays("poster.png", await solid(10_200))) {
      expectProblem(answer, {
        status: 422,
        code: "IMAGE_TOO_LARGE",
        says: /"poster\.png" is 10200 × 5000, 51.* megapixels; the limit is 50.*MEDIA_MAX_PIXELS/,
      });
    }
    expect(await remove(await sendRaw("poster.png", await solid(10_000)))).toMatchObject({ width: 10_000, height: 5_000 });
  });

  it("refuses small files that would unfold into hundreds of megapixels, without decoding them", { timeout: 120_000 }, async () => {
    const create = { width: 20_000, height: 20_000, channels: 3, background: "#000" } as const;
    const bomb = Uint8Array.from(await sharp({ create, limitInputPixels: false }).png({ compressionLevel: 9 }).toBuffer());
    const lie = jpeg.slice();
    // SOF0's height and width (T.81 §B.2.2) raised to 65,000 each: the header lies about a small picture.
    const frame = lie.findIndex((byte, at) => byte === 0xff && lie[at + 1] === 0xc0);
    lie.set([0xfd, 0xe8, 0xfd, 0xe8], frame + 5);
    for (const [name, bytes] of [
      ["bomb.png", bomb],
      ["lie.jpg", lie],
    ] as const) {
      const start = performance.now();
      for (const answer of await sendBothWays(name, bytes)) {
        expectProblem(answer, { status: 422, code: "IMAGE_TOO_LARGE", says: /is \d+ × \d+, (400|4225)/ });
      }
      expect(performance.now() - start).toBeLessThan(5_000);
    }
  });

  it.each([
    ["image/png", "TYPE_MISMATCH", /was declared as image\/png, but its bytes are a JPEG image/],
    ["video/mp4", "TYPE_MISMATCH", /was declared as video\/mp4/],
    ["application/json", "UPLOAD_CONTENT_TYPE", /"application\/json" is not an upload/],
    ["text/plain;charset=UTF-8", "UPLOAD_CONTENT_TYPE", /Send multipart\/form-data with the field "file"/],
    ["multipart/mixed; boundary=x", "UPLOAD_CONTENT_TYPE", /"multipart\/mixed; boundary=x" is not an upload/],
  ])("refuses a JPEG sent as %s", async (type, code, says) => {
    expectProblem(await sendRaw("photo.jpg", jpeg, type), { status: 415, code, says });
  });

  it("refuses a form's file that is declared as a video", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("photo.mp4", "video/mp4", jpeg)]));
    expectProblem(answer, { status: 415, code: "TYPE_MISMATCH", says: /video\/mp4/ });
  });
});

describe("a body that is too large", () => {
  const large = new Uint8Array(maxBytes + 2_000_000);
  beforeAll(() => large.set(jpeg));
  const tooLarge = { status: 413, code: "UPLOAD_TOO_LARGE", says: /is larger than the 4 MB this service accepts \(MEDIA_MAX_BYTES\)/ };

  it("is refused by its declared length before it is sent", async () => {
    const headers = { "content-type": "image/jpeg", "content-length": large.byteLength };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files?name=large.jpg", headers)), tooLarge);
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files", { ...headers, "content-type": formType })), tooLarge);
  });

  it("is refused while it arrives when no length was declared", async () => {
    const chunks = Array.from({ length: large.byteLength / 500_000 }, (_, index) =>
      chunk(large.subarray(index * 500_000, (index + 1) * 500_000)),
    );
    const headers = { "content-type": "image/jpeg", "transfer-encoding": "chunked" };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files?name=large.jpg", headers), ...chunks, chunk()), tooLarge);
  });

  it("is refused while it arrives when it hides in a form", async () => {
    const form = formOf(boundary, [filePart("large.jpg", "image/jpeg", large.subarray(0, maxBytes + 1))]);
    expectProblem(await sendForm(form), tooLarge);
    const headers = { "content-type": formType, "transfer-encoding": "chunked" };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files", headers), chunk(form), chunk()), tooLarge);
  });

  it("is taken at exactly the limit", async () => {
    await remove(await sendRaw("exact.jpg", large.slice(0, maxBytes), "image/jpeg"));
  });
});

describe("a name", () => {
  it.each([
    ["../../etc/passwd.jpg", /contains a path/],
    ["..\\..\\boot.jpg", /contains a path/],
    ["/etc/photo.jpg", /contains a path/],
    ["..", /names a folder/],
    ["bell\u0007.jpg", /control character/],
    ["nul\u0000.jpg", /control character/],
    ["exe\u202egpj.jpg", /changes the direction of writing/],
    [`${"x".repeat(300)}.jpg`, /has 304 bytes, and 255 is the most/],
    ["   ", /is empty/],
  ])("is refused when it is %j", async (name, says) => {
    expectProblem(await sendRaw(name, jpeg), { status: 400, code: "NAME_INVALID", says });
  });

  it.each(["../../etc/passwd.jpg", "..\\..\\boot.jpg", "exe\u202egpj.jpg", `${"x".repeat(300)}.jpg`])(
    "is refused in a form when it is %j",
    async (name) => {
      const answer = await sendForm(formOf(boundary, [filePart(name.replaceAll("\\", "\\\\"), "image/jpeg", jpeg)]));
      expectProblem(answer, { status: 400, code: "NAME_INVALID", says: /cannot be a file's name/ });
    },
  );

  it("is refused in a form when it has a bare carriage return", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("cr\rlf.jpg", "image/jpeg", jpeg)]));
    expectProblem(answer, { status: 400, code: "UPLOAD_MALFORMED", says: /no file in a field "file"/ });
  });

  it.each(["🐈 on the 🛋️.jpg", "Ünïcödé – 猫.jpg", "%2e%2e%2fpasswd.jpg", "100%.jpg", "%zz.jpg", 'a;b="c".jpg', "#?&.jpg", "__proto__"])(
    "is kept as it is when it is %j, and its URL answers",
    async (name) => {
      const answer = await sendRaw(name, jpeg);
      expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 201 });
      const { url } = JSON.parse(answer.body) as { url: string };
      const original = await fetch(service.origin + url);
      expect(original.status).toBe(200);
      expect(original.headers.get("content-disposition")).toContain(
        `filename*=UTF-8''${encodeURIComponent(name.normalize("NFC")).replace(/['()*]/g, escape)}`,
      );
      expect(await remove(answer)).toMatchObject({ name: name.normalize("NFC") });
    },
  );

  it("is refused when a raw body comes without one", async () => {
    const response = await fetch(`${service.origin}/api/v1/files`, {
      method: "POST",
      headers: { "content-type": "image/jpeg" },
      body: jpeg,
    });
    const answer = { status: response.status, headers: new Map(response.headers), body: await response.text() };
    expectProblem(answer, { status: 400, code: "PARAMETER_INVALID", says: /\?name=photo\.jpg/ });
  });
});

describe("a form that is not as it should be", () => {
  const malformed = (says: RegExp): { status: number; code: string; says: RegExp } => ({ status: 400, code: "UPLOAD_MALFORMED", says });

  it("is refused without a file", async () => {
    const field = part(`Content-Disposition: form-data; name="title"`, "A cat");
    expectProblem(await sendForm(formOf(boundary, [field])), malformed(/has no file in a field "file"/));
  });

  it("is refused with the file in another field", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg, "photo")]));
    expectProblem(answer, malformed(/in the field "photo"; send it in the field "file"/));
  });

  it("is refused with two files, and keeps neither", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("one.jpg", "image/jpeg", jpeg), filePart("two.png", "image/png", png)]));
    expectProblem(answer, malformed(/more than one file/));
  });

  it("is refused when its end is missing", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg)], false));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: expect.stringMatching(/^UPLOAD_(MALFORMED|INCOMPLETE)$/) as string });
  });

  it("is refused without a boundary", async () => {
    const answer = await sendForm(formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg)]), "multipart/form-data");
    expectProblem(answer, malformed(/boundary/i));
  });

  it("is refused with a boundary that its body does not have", async () => {
    const answer = await sendForm(formOf("another", [filePart("photo.jpg", "image/jpeg", jpeg)]));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "UPLOAD_MALFORMED" });
  });

  it("is answered, one way or the other, with a boundary of ten thousand characters", async () => {
    const long = "b".repeat(10_000);
    const answer = await sendForm(formOf(long, [filePart("photo.jpg", "image/jpeg", jpeg)]), `multipart/form-data; boundary=${long}`);
    if (answer.status === 201) await remove(answer);
    else expectProblem(answer, malformed(/./));
  });

  it("is not confused by part headers with the names of an object's own properties", async () => {
    const header = `__proto__: polluted\r\nconstructor: x\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg`;
    const answer = await sendForm(formOf(boundary, [part(header, jpeg)]));
    if (answer.status === 201) await remove(answer);
    else expectProblem(answer, malformed(/./));
  });

  it("is refused when it is another body under a form's name", async () => {
    expect(JSON.parse((await sendForm(jpeg)).body)).toMatchObject({ code: "UPLOAD_MALFORMED", status: 400 });
  });
});

describe("a client that goes away", () => {
  const form = (): Uint8Array => formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg)]);
  const length = (): number => form().byteLength;
  const points = [
    ["before the body", () => 0],
    ["after one byte", () => 1],
    ["inside the part's header", () => 60],
    ["when the type could be told", () => 5_000],
    ["half-way", () => Math.floor(length() / 2)],
    ["one byte before the end", () => length() - 1],
  ] as const;

  it.each(points)("leaves nothing when it hangs up %s of a form", async (_, at) => {
    await hangUp(
      service.origin,
      60,
      head("POST", "/api/v1/files", { "content-type": formType, "content-length": length() }),
      form().subarray(0, at()),
    );
  });

  it.each(points)("leaves nothing when it hangs up %s of a raw body", async (_, at) => {
    const headers = { "content-type": "image/jpeg", "content-length": jpeg.byteLength };
    await hangUp(
      service.origin,
      60,
      head("POST", "/api/v1/files?name=photo.jpg", headers),
      jpeg.subarray(0, Math.min(at(), jpeg.byteLength - 1)),
    );
  });

  it("leaves a whole file or none when it does not wait for the answer", async () => {
    const headers = { "content-type": "image/jpeg", "content-length": jpeg.byteLength };
    for (const waitMs of [0, 2, 5, 10, 20, 40])
      await hangUp(service.origin, waitMs, head("POST", "/api/v1/files?name=photo.jpg", headers), jpeg);
    await sleep(500);
    for (const file of await listAll(service.origin)) {
      const original = await fetch(service.origin + file.url);
      expect(new Uint8Array(await original.arrayBuffer())).toEqual(jpeg);
      await fetch(`${service.origin}/api/v1/files/${file.id}`, { method: "DELETE" });
    }
  });
});

describe("a client that falls silent", () => {
  const stalled = {
    status: 408,
    code: "UPLOAD_STALLED",
    says: /No byte of "(photo\.jpg|The form)", or next to none, arrived for .* second.*send it again/,
  };

  it("is told so in the middle of a raw body", async () => {
    const headers = { "content-type": "image/jpeg", "content-length": jpeg.byteLength };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files?name=photo.jpg", headers), jpeg.subarray(0, 9_000)), stalled);
  });

  it("is told so before the first byte of a raw body", async () => {
    const headers = { "content-type": "image/jpeg", "content-length": jpeg.byteLength };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files?name=photo.jpg", headers)), stalled);
  });

  it("is told so in the middle of a form's file", async () => {
    const form = formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg)]);
    const headers = { "content-type": formType, "content-length": form.byteLength };
    expectProblem(await exchange(service.origin, head("POST", "/api/v1/files", headers), form.subarray(0, 9_000)), stalled);
  });

  it("is told so before a form's file has begun, and after it has ended", async () => {
    const form = formOf(boundary, [filePart("photo.jpg", "image/jpeg", jpeg)]);
    const headers = { "content-type": formType, "content-length": form.byteLength };
    for (const sent of [form.subarray(0, 20), form.subarray(0, form.byteLength - 4)]) {
      const answer = await exchange(service.origin, head("POST", "/api/v1/files", headers), sent);
      expect(answer.status).toBe(408);
      expect(JSON.parse(answer.body)).toMatchObject({ code: "UPLOAD_STALLED" });
    }
  });
});

describe("many refusals at once", () => {
  it("are each answered, and leave the service as it was", async () => {
    const cut = jpeg.slice(0, jpeg.byteLength / 2);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        index % 2 === 0 ? await sendRaw("cut.jpg", cut) : await sendForm(formOf(boundary, [filePart("cut.jpg", "image/jpeg", cut)])),
      ),
    );
    for (const answer of answers) expectProblem(answer, { status: 422, code: "IMAGE_BROKEN", says: /cut\.jpg/ });
    await remove(await sendRaw("photo.jpg", jpeg));
  });
});
