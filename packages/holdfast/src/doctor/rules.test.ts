import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { treeOf } from "../app-model/source-tree.fixture.js";
import { examineTree } from "./examine.js";
import { languages } from "./language.js";
import { rulePage } from "./rule-page.js";
import { wordsOf } from "./rule.js";
import { rules } from "./rules.js";

const pages = fileURLToPath(new URL("../../../../docs/rules/", import.meta.url));

async function codesIn(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const options = { name: ".", given: { variables: [], disks: [] }, language: "en", command: "holdfast doctor" } as const;
  const { apps } = await examineTree(treeOf(files), options);
  expect(apps.length).toBeGreaterThan(0);
  return apps.flatMap((app) => app.findings.map(({ code }) => code));
}

describe("the rules", () => {
  it("have codes of their own, counted within their family", () => {
    for (const family of ["MEDIA", "DATA", "ENV"]) {
      const codes = rules.map(({ code }) => code).filter((code) => code.startsWith(family));
      expect(codes).toEqual(codes.map((_, index) => `${family}${String(index + 1).padStart(3, "0")}`));
    }
  });

  it.each(rules.map((rule) => ({ code: rule.code, rule })))("$code fires on its example, and not on the other", async ({ code, rule }) => {
    expect(await codesIn(rule.example.fires)).toContain(code);
    expect(await codesIn(rule.example.silent)).not.toContain(code);
  });

  it.each(rules.map((rule) => ({ code: rule.code, rule })))("$code is explained on a page made from it", async ({ code, rule }) => {
    await expect(rulePage(rule)).toMatchFileSnapshot(`${pages}${code}.md`);
  });

  it("are all the pages there are", () => {
    const there = existsSync(pages) ? readdirSync(pages) : [];
    expect(there.filter((name) => name !== "README.md").toSorted()).toEqual(rules.map(({ code }) => `${code}.md`).toSorted());
  });
});

describe("the words of the rules", () => {
  const details = { label: "Listing.photo", path: "media/photos", platform: "Render", variables: "BUCKET", name: "shop", other: "data" };
  const translated = rules.filter(({ code }) => !code.startsWith("ENV"));

  it("are there in every language for what concerns files and data", () => {
    for (const rule of translated) expect(Object.keys(rule.words).toSorted()).toEqual([...languages].toSorted());
  });

  it.each(rules.flatMap((rule) => languages.map((language) => ({ code: rule.code, language, rule }))))(
    "are whole sentences: $code in $language",
    ({ rule, language }) => {
      const words = wordsOf(rule, language);
      const sentences = [words.says(details), words.why, ...words.remedy];
      for (const sentence of sentences) expect(sentence).toMatch(/^\S.*[.…?]$/s);
      expect(words.title).toMatch(/^\p{Lu}.*[^.]$/u);
      expect(words.remedy.length).toBeGreaterThan(0);
      expect(words.says({ ...details, path: "", variables: "" })).not.toContain("undefined");
    },
  );

  it("are translated, and with as many steps", () => {
    for (const rule of translated) {
      const en = wordsOf(rule, "en");
      for (const language of ["fr", "tr"] as const) {
        const words = wordsOf(rule, language);
        expect(words.title).not.toBe(en.title);
        expect(words.why).not.toBe(en.why);
        expect(words.remedy.length).toBe(en.remedy.length);
        expect(words.remedy.filter((step) => en.remedy.includes(step))).toEqual([]);
      }
    }
  });

  it("never use the words of our own trade", () => {
    for (const rule of rules) {
      const words = wordsOf(rule, "en");
      const text = [words.title, words.says(details), words.why, ...words.remedy].join(" ");
      expect(text).not.toMatch(/\b(?:sink|outcome|verdict|app model|ephemeral)\b/i);
    }
  });
});
