import { describe, expect, it } from "vitest";
import { inBlocks } from "../media.fixture.js";
import { openForm } from "./form.js";

const contentType = "multipart/form-data; boundary=b";
const part = (disposition: string, content: string, type = "image/jpeg"): string =>
  `--b\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`;
const body = (...parts: string[]): AsyncIterable<Uint8Array> => inBlocks(Buffer.from(`${parts.join("")}--b--\r\n`), 30);
const file = part('name="file"; filename="cat.jpg"', "meow ".repeat(50));
const coded = (code: string, message = ""): object => expect.objectContaining({ code, message: expect.stringContaining(message) });

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const blocks: Uint8Array[] = [];
  for await (const block of bytes) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

describe("openForm", () => {
  it("hands the file over, with its name and its guessed type, among other fields", async () => {
    const incoming = await openForm(body(part('name="title"', "x"), file, part('name="after"', "y")), contentType);
    expect(incoming).toMatchObject({ name: "cat.jpg", declaredType: "image/jpeg", isTypeGuessed: true });
    expect(await textOf(incoming.bytes)).toBe("meow ".repeat(50));
    await incoming.ended;
  });

  it("keeps a path in the name, so that it is refused and not silently cut", async () => {
    const incoming = await openForm(body(part('name="file"; filename="../../cat.jpg"', "x")), contentType);
    expect(incoming.name).toBe("../../cat.jpg");
  });

  it("gives a file without a name an empty one, which is refused as such", async () => {
    const incoming = await openForm(body(part('name="file"', "x", "application/octet-stream")), contentType);
    expect(incoming.name).toBe("");
  });

  it.each([
    ["no file at all", body(part('name="title"', "x")), 'no file in a field "file"'],
    ["the file in another field", body(part('name="photo"; filename="a.jpg"', "x")), 'came in the field "photo"'],
    ["an empty body", inBlocks(Buffer.alloc(0)), "multipart/form-data"],
    ["garbage", inBlocks(Buffer.from("no boundary anywhere")), "multipart/form-data"],
    ["more fields than anybody has", body(...Array.from({ length: 70 }, (_, at) => part(`name="f${at}"`, "x"))), "too many fields"],
  ])("refuses a form with %s", async (_what, form, words) => {
    await expect(openForm(form, contentType)).rejects.toThrow(coded("UPLOAD_MALFORMED", words));
  });

  it.each(["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=b"])("refuses %s", async (type) => {
    await expect(openForm(body(file), type)).rejects.toThrow(coded("UPLOAD_MALFORMED"));
  });

  it("fails at the end when a second file follows, whether or not the first was read", async () => {
    const read = await openForm(body(file, file), contentType);
    await textOf(read.bytes).catch(() => "");
    await expect(read.ended).rejects.toThrow(coded("UPLOAD_MALFORMED", "more than one file"));
  });

  it("fails the file's own bytes when the form is cut off in the middle of it, and nothing goes unheard", async () => {
    const cut = Buffer.from(part('name="file"; filename="cat.jpg"', "meow ".repeat(50)).slice(0, -100));
    const incoming = await openForm(inBlocks(cut, 30), contentType);
    await expect(textOf(incoming.bytes)).rejects.toThrow("terminated early");
    await expect(incoming.ended).rejects.toThrow(coded("UPLOAD_MALFORMED"));
  });

  it("says that a sender left when the body breaks, and stops reading it", async () => {
    let isStopped = false;
    async function* breaking(): AsyncIterable<Uint8Array> {
      try {
        yield Buffer.from(file.slice(0, 150));
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Error("terminated");
      } finally {
        isStopped = true;
      }
    }
    const incoming = await openForm(breaking(), contentType);
    await expect(textOf(incoming.bytes)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE", cause: { message: "terminated" } });
    expect(isStopped).toBe(true);
  });
});
