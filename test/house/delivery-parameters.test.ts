import { describe, expect, it } from "vitest";
import { variantFormats } from "../../packages/media/src/images/formats.js";
import { parameters } from "../../packages/media/src/images/parameters.js";
import { ladder, transformOf } from "../../packages/media/src/images/transform.js";
import { filesBelow, read } from "./workspace.js";

const document = read("docs/delivery.md");
const section = (heading: string): string => document.split(`\n## ${heading}\n`)[1]?.split(/^## /m, 1)[0] ?? "";
const rows = [...section("Parameters").matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$/gm)];

describe("docs/delivery.md", () => {
  it("lists exactly the parameters that the code knows, in the order of a name", () => {
    expect(rows.map(([, name]) => name)).toEqual(Object.keys(parameters));
  });

  it("lists values that are taken, and every word that is one", () => {
    for (const [, name = "", values = "", fallback = ""] of rows) {
      const parameter = parameters[name as keyof typeof parameters];
      const words = [...values.matchAll(/`"?(\w+)"?`/g)].map(([, word = ""]) => (word === "true" ? true : word === "false" ? false : word));
      for (const word of words.filter((one) => !/rgb|rrggbb/.test(String(one))))
        expect(parameter.read(word), `${name}=${word}`).toBeDefined();
      const listed = [...parameter.values.matchAll(/one of ([^{]*)/g)].flatMap(([, list = ""]) =>
        list.split(", ").filter((one) => /^\w+$/.test(one)),
      );
      expect(words, name).toEqual(expect.arrayContaining(listed));
      const [, from, to] = /^(\d+) to (\d+)/.exec(values) ?? [];
      if (from !== undefined) {
        expect([parameter.read(Number(from)), parameter.read(Number(to))]).toEqual([Number(from), Number(to)]);
        expect([parameter.read(Number(from) - 1), parameter.read(Number(to) + 1)], name).toEqual([undefined, undefined]);
      }
      if (typeof parameter.fallback === "string") expect(fallback).toContain(`\`${parameter.fallback}\``);
    }
    expect(section("Parameters")).toContain(
      Object.keys(variantFormats)
        .map((format) => `\`${format}\``)
        .join(", "),
    );
  });

  it("lists the ladder", () => {
    expect(section("What may be asked for")).toContain(ladder.join(", "));
    expect(transformOf({ width: 120, height: 120, fit: "cover", focus: { x: 30, y: 20 } }).name).toBe("w120_h120_cover_x30y20");
    expect(document).toContain("`w120_h120_cover_x30y20`");
  });

  it("shows pictures that are there, and all that are there", () => {
    const shown = new Set([...document.matchAll(/!\[[^\]]*\]\((pictures\/[^)]+)\)/g)].map(([, path = ""]) => `docs/${path}`));
    expect([...shown].toSorted()).toEqual(filesBelow("docs/pictures", (path) => /\.(?:webp|jpg)$/.test(path)).toSorted());
  });
});
