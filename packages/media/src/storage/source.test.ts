import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { readAll } from "./object-body.js";
import { sourceFromBytes, sourceFromStream } from "./source.js";

const read = async (bytes: AsyncIterable<Uint8Array>): Promise<string> =>
  Buffer.from(await readAll({ size: 0, range: undefined, bytes, close: async () => undefined })).toString();

describe("a source", () => {
  it("of bytes can be opened again, from any offset", async () => {
    const source = sourceFromBytes(Buffer.from("holdfast"));
    expect(source.size).toBe(8);
    expect(await read(source.open())).toBe("holdfast");
    expect(await read(source.open(4))).toBe("fast");
    expect(await read(source.open(8))).toBe("");
  });

  it("of a stream says that it cannot be read twice, instead of yielding nothing", async () => {
    const source = sourceFromStream(sourceFromBytes(Buffer.from("once")).open(), 4);
    expect(await read(source.open())).toBe("once");
    expect(() => source.open()).toThrow(expect.toSatisfy((error: unknown) => isHoldfastError(error, "SOURCE_CONSUMED")));
  });

  it("of a stream cannot begin in the middle", () => {
    const source = sourceFromStream(sourceFromBytes(Buffer.from("once")).open());
    expect(() => source.open(2)).toThrow(expect.toSatisfy((error: unknown) => isHoldfastError(error, "SOURCE_CONSUMED")));
  });
});
