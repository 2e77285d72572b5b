import { describe, expect, it } from "vitest";
import { maskSecrets, sourceFrame } from "./source-frame.js";

describe("a frame of source", () => {
  it("shows the line between its neighbours", () => {
    expect(sourceFrame("one\n\ttwo\nthree\nfour", { file: "a.py", line: 2 })?.lines).toEqual([
      { number: 1, text: "one", isMarked: false },
      { number: 2, text: "    two", isMarked: true },
      { number: 3, text: "three", isMarked: false },
    ]);
  });

  it("is cut at both ends of the file, and is none beyond it", () => {
    expect(sourceFrame("one\n", { file: "a.py", line: 1 })?.lines.map(({ number }) => number)).toEqual([1]);
    expect(sourceFrame("one", { file: "a.py", line: 2 })).toBeUndefined();
    expect(sourceFrame(undefined, { file: "a.py", line: 1 })).toBeUndefined();
  });
});

describe("secrets in a line of source", () => {
  it.each([
    ['SECRET_KEY = "django-insecure-abc"', 'SECRET_KEY = "***"'],
    ["CLOUDINARY_URL=cloudinary://123:abc@demo", "CLOUDINARY_URL=cloudinary://***@demo"],
    ['DATABASE_URL = "postgres://me:pass@host/db"', 'DATABASE_URL = "postgres://***@host/db"'],
    ["AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI", "AWS_SECRET_ACCESS_KEY=***"],
    ["  'PASSWORD': 'hunter2',", "  'PASSWORD': '***',"],
    ['cloudinary.config({ api_secret: "s3cr3t", api_key: "42" })', 'cloudinary.config({ api_secret: "***", api_key: "***" })'],
    ["  accessKeyId: 'AKIAABCDEFGHIJKLMNOP'", "  accessKeyId: '***'"],
    ["      API_TOKEN: abcdef", "      API_TOKEN: ***"],
    ["ENV DB_PASSWORD=hunter2", "ENV DB_PASSWORD=***"],
    ["'secret' => 'abc'", "'secret' => '***'"],
  ])("%s is masked", (line, masked) => {
    expect(maskSecrets(line)).toBe(masked);
  });

  it.each([
    'SECRET_KEY = os.environ["SECRET_KEY"]',
    'SECRET_KEY = config("SECRET_KEY")',
    "api_secret: process.env.CLOUDINARY_API_SECRET,",
    'if os.environ.get("CLOUDINARY_URL"):',
    'MEDIA_ROOT = BASE_DIR / "media"',
    "secret: env('CLOUDINARY_SECRET'),",
    "      - key: CLOUDINARY_API_SECRET",
  ])("%s is left as it is", (line) => {
    expect(maskSecrets(line)).toBe(line);
  });
});
