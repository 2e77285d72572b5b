import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../errors.js";
import { chosenRows, refusedRows } from "./choose.fixture.js";
import { chooseStorage, type StorageChoice } from "./choose.js";
import type { Environment } from "../env/platform.js";

/** What is chosen, told in one line, or the problems. */
function outcome(env: Environment): string | readonly string[] {
  try {
    return describeChoice(chooseStorage(env, "/app"));
  } catch (error) {
    if (isHoldfastError(error, "CONFIG_INVALID")) return error.details.problems;
    throw error;
  }
}

function describeChoice(choice: StorageChoice): string {
  switch (choice.kind) {
    case "disk":
      return `disk ${choice.root} by ${choice.chosenBy}`;
    case "cloudinary":
      return `cloudinary ${choice.account.cloudName} by ${choice.chosenBy}`;
    case "s3": {
      const { bucket, region, endpoint, prefix, publicBaseUrl, credentials, forcePathStyle } = choice.options;
      const extras = [
        endpoint,
        prefix,
        publicBaseUrl,
        forcePathStyle === true ? "path style" : undefined,
        credentials === undefined ? "own credentials" : undefined,
      ];
      return [`s3 ${bucket} ${region ?? ""}`, ...extras.filter((extra) => extra !== undefined), `by ${choice.chosenBy}`].join(" ");
    }
  }
}

describe("the storage chosen from the environment", () => {
  it.each(chosenRows)("is right for %s", (_, env, expected) => {
    expect(outcome(env)).toBe(expected);
  });

  it.each(refusedRows)("is refused for %s", (_, env, expected) => {
    const problems = outcome(env);
    expect(Array.isArray(problems)).toBe(true);
    expect([problems].flat().join("\n")).toMatch(expected);
  });

  it("tells all problems at once", () => {
    const env = { S3_BUCKET: "s3://photos", AWS_REGION: "europe", AWS_ACCESS_KEY_ID: "AKIA", S3_ENDPOINT: "" };
    expect(outcome(env)).toHaveLength(3);
  });

  it("never lets a secret into a message, however it is mangled", () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9/+@:?#%<>]{8,40}$/).map((text) => `S3CR${text}3T`);
    const mangled = fc.constantFrom(
      (s: string) => s,
      (s: string) => `"${s}"`,
      (s: string) => ` ${s}`,
      (s: string) => `${s}\n`,
      (s: string) => `AWS_SECRET_ACCESS_KEY=${s}`,
      (s: string) => `<${s}>`,
    );
    fc.assert(
      fc.property(secret, mangled, fc.boolean(), (text, mangle, isBoth) => {
        const value = mangle(text);
        for (const env of [
          { CLOUDINARY_URL: mangle(`cloudinary://123:${text}@demo`) },
          // With an @ in it, what follows is a cloud's name for all that can be known.
          { CLOUDINARY_URL: `cloudinary://123:${text.replaceAll("@", "")}` },
          { CLOUDINARY_URL: `cloudinary:/123:${text}@de mo` },
          {
            CLOUDINARY_CLOUD_NAME: "demo",
            CLOUDINARY_API_KEY: "1",
            CLOUDINARY_API_SECRET: value,
            ...(isBoth ? { S3_BUCKET: "photos" } : {}),
          },
          { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: value, AWS_S3_SECRET_ACCESS_KEY: text },
          { S3_BUCKET: "photos", AWS_ACCESS_KEY_ID: value },
          { B2_BUCKET: "photos", B2_KEY_ID: "a", B2_APPLICATION_KEY: value },
          { CLOUDCUBE_URL: "x", CLOUDCUBE_ACCESS_KEY_ID: "a", CLOUDCUBE_SECRET_ACCESS_KEY: value },
        ] satisfies readonly Environment[]) {
          const told = [outcome(env)].flat().join("\n");
          expect(told).not.toContain(text);
          // Nor a good part of it.
          for (let at = 0; at + 8 <= text.length; at += 1) expect(told).not.toContain(text.slice(at, at + 8));
        }
      }),
      { numRuns: 300 },
    );
  });
});
