import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maskUrl, parsePictureUrl } from "./picture-url.js";

describe("parsePictureUrl", () => {
  it("takes http and https URLs and drops the fragment", () => {
    expect(parsePictureUrl(" https://example.com/a b.jpg#top ")).toEqual({ url: "https://example.com/a%20b.jpg" });
    expect(parsePictureUrl("HTTP://localhost:3000/a.jpg?w=2")).toEqual({ url: "http://localhost:3000/a.jpg?w=2" });
  });

  it.each([
    ["example.com/cat.jpg", "Did you mean https://example.com/cat.jpg?"],
    ["localhost:3000/cat.jpg", "Did you mean http://localhost:3000/cat.jpg?"],
    ["//example.com/cat.jpg", "has no scheme"],
    ["/media/cat.jpg", "Give the whole address"],
    ["ftp://example.com/cat.jpg", "only https:// and http://"],
    ["https://", "is not a URL"],
    ["", "empty"],
  ])("says what is wrong with %j", (text, hint) => {
    const parsed = parsePictureUrl(text);
    expect("problem" in parsed ? parsed.problem : parsed.url).toContain(hint);
  });

  it("quotes no secret of what it refuses", () => {
    for (const text of ["cdn.example.com/a.jpg?token=s3cr3t", "ftp://me:s3cr3t@example.com/a.jpg", "https://me:s3cr3t@:0x/?sig=s3cr3t"]) {
      const parsed = parsePictureUrl(text);
      expect("problem" in parsed ? parsed.problem : parsed.url).not.toContain("s3cr3t");
    }
  });
});

describe("maskUrl", () => {
  it("masks signatures, tokens, keys and passwords, and leaves the rest readable", () => {
    expect(maskUrl("https://b.s3.amazonaws.com/a.jpg?X-Amz-Date=20260101T000000Z&X-Amz-Signature=abc&X-Amz-Credential=AKIA%2F1")).toBe(
      "https://b.s3.amazonaws.com/a.jpg?X-Amz-Date=20260101T000000Z&X-Amz-Signature=***&X-Amz-Credential=***",
    );
    expect(maskUrl("https://x.blob.core.windows.net/c/a.jpg?sv=2024&sig=abc%3D")).toBe(
      "https://x.blob.core.windows.net/c/a.jpg?sv=2024&sig=***",
    );
    expect(maskUrl("https://me:pw@example.com/a.jpg?w=640")).toBe("https://***@example.com/a.jpg?w=640");
  });

  it("lets no value of a secret parameter through, whatever it is", () => {
    const names = fc.constantFrom("token", "X-Amz-Signature", "access_key", "Signature", "api_key", "auth");
    fc.assert(
      fc.property(names, fc.string({ minLength: 1 }), (name, noise) => {
        const url = new URL("https://example.com/a.jpg");
        url.searchParams.set("w", "640");
        url.searchParams.set(name, `s3cr3t${noise}`);
        expect(maskUrl(url.href)).not.toContain("s3cr3t");
        expect(maskUrl(url.href)).toContain("w=640");
      }),
    );
  });
});
