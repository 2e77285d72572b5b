import { describe, expect, it } from "vitest";
import { s3Providers } from "../../packages/media/src/storage/quirks.js";
import { inspectStorage } from "../../packages/media/src/storage/inspect.js";
import { read } from "./workspace.js";

const page = read("docs/storages.md");

/** The rows of the table whose first column is headed `first`, cell by cell. */
function table(first: string): readonly (readonly string[])[] {
  const lines = page.split("\n");
  const head = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  const rows = lines.slice(
    head,
    lines.findIndex((line, at) => at > head && !line.startsWith("|")),
  );
  return rows
    .filter((_, at) => at !== 1)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("docs/storages.md", () => {
  it("has the table of quirks exactly as the code has it", () => {
    const [head = [], ...rows] = table("service");
    const quirks = head.slice(1, -1).map((cell) => cell.replaceAll("`", ""));
    expect(quirks.toSorted()).toEqual(Object.keys(s3Providers[0]?.quirks ?? {}).toSorted());
    const inCode = s3Providers.map((provider) => {
      const known: Readonly<Record<string, boolean>> = { ...provider.quirks };
      return [provider.name, ...quirks.map((quirk) => (known[quirk] === true ? "yes" : "no")), provider.source];
    });
    expect(rows).toEqual(inCode);
  });

  it("names the packages that each storage needs", () => {
    const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" };
    for (const env of [{ S3_BUCKET: "photos", ...keys }, { CLOUDINARY_URL: "cloudinary://1:a@demo" }]) {
      const { packages } = inspectStorage(env, "/app");
      expect(page).toContain(`npm install ${packages.map(({ name }) => name).join(" ")}\``);
    }
  });

  it("explains every quirk that a storage can lack", () => {
    const explained = [...page.matchAll(/^- `(\w+)`: /gm)].map(([, quirk = ""]) => quirk);
    expect([...explained, "listsInOrder"].toSorted()).toEqual(Object.keys(s3Providers[0]?.quirks ?? {}).toSorted());
  });
});
