import { describe, expect, it } from "vitest";
import { catalogue as commandCatalogue } from "../../packages/holdfast/src/errors.js";
import { catalogue as mediaCatalogue } from "../../packages/media/src/errors.js";
import { read } from "./workspace.js";

/** What docs/errors.md says of one code. */
interface Entry {
  readonly code: string;
  /** `404 · No such file`, or `exit 2 · …`. */
  readonly line: string;
  readonly text: string;
}

function documented(section: string): Entry[] {
  const sections = read("docs/errors.md").split(/^## /m);
  const body = sections.find((text) => text.startsWith(`${section}\n`)) ?? "";
  return body
    .split(/^### /m)
    .slice(1)
    .map((entry) => {
      const [code = "", , line = "", , ...text] = entry.split("\n");
      return { code, line, text: text.join(" ").trim() };
    });
}

const media = Object.entries(mediaCatalogue).map(([code, { status, title }]) => ({ code, line: `${status} · ${title}` }));
const command = Object.entries(commandCatalogue).map(([code, { exitCode, title }]) => ({ code, line: `exit ${exitCode} · ${title}` }));

describe.each([
  { section: "@holdfast/media and @holdfast/server", inCode: media },
  { section: "holdfast", inCode: command },
])("docs/errors.md on $section", ({ section, inCode }) => {
  const entries = documented(section);

  it("lists exactly the catalogue's codes, in its order", () => {
    expect(entries.map(({ code }) => code)).toEqual(inCode.map(({ code }) => code));
  });

  it.each(inCode)("gives the status and the title of $code as the catalogue does", ({ code, line }) => {
    expect(entries.find((entry) => entry.code === code)?.line).toBe(line);
  });

  it.each(entries)("says of $code in sentences what happened and what to do", ({ text }) => {
    expect(text.length).toBeGreaterThan(40);
    expect(text.split(/[.:;]\s/).length).toBeGreaterThan(1);
    expect(text.endsWith(".")).toBe(true);
  });
});
