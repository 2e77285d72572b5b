import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../media.fixture.js";
import type { PutInput } from "../media.js";
import { sourceFromBytes } from "../storage/source.js";
import { incomingFrom } from "./input.js";

const bytes = Buffer.from("the same bytes, however they come");

async function textOf(input: PutInput): Promise<string> {
  const blocks: Uint8Array[] = [];
  for await (const block of incomingFrom(input, "a.txt", undefined).bytes) blocks.push(block);
  return Buffer.concat(blocks).toString();
}

describe("incomingFrom", () => {
  it("reads the same bytes from a Blob, a File, bytes, a web stream, an async iterable and a Source", async () => {
    const inputs: PutInput[] = [
      new Blob([bytes]),
      new File([bytes], "b.txt"),
      bytes,
      new Blob([bytes]).stream(),
      sourceFromBytes(bytes).open(),
      sourceFromBytes(bytes),
    ];
    for (const input of inputs) expect(await textOf(input)).toBe(bytes.toString());
  });

  it("reads a file stream of Node, which has an open of its own", async () => {
    const path = join(await temporaryFolder(), "a.txt");
    await writeFile(path, bytes);
    expect(await textOf(createReadStream(path))).toBe(bytes.toString());
  });

  it("takes the name and the type from a File, and what is said above both", () => {
    const file = new File([bytes], "b.png", { type: "image/png" });
    expect(incomingFrom(file, undefined, undefined)).toMatchObject({
      name: "b.png",
      size: bytes.byteLength,
      declaredType: "image/png",
      isTypeGuessed: true,
    });
    expect(incomingFrom(file, "c.jpg", "image/jpeg")).toMatchObject({ name: "c.jpg", declaredType: "image/jpeg" });
  });

  it("says how to name what has no name", () => {
    expect(() => incomingFrom(bytes, undefined, undefined)).toThrow('put(bytes, { name: "photo.jpg" })');
  });
});
