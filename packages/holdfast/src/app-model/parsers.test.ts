import { describe, expect, it } from "vitest";
import { parserFor, type Grammar } from "./parsers.js";

const samples: Readonly<Record<Grammar, readonly [source: string, type: string]>> = {
  python: ["MEDIA_ROOT = BASE_DIR / 'media'\n", "module"],
  ruby: ["config.active_storage.service = :local\n", "program"],
  php: ["<?php $path = storage_path('app');\n", "program"],
};

describe("parserFor", () => {
  for (const grammar of ["python", "ruby", "php"] as const) {
    it(`parses ${grammar} without an error in the tree`, async () => {
      const parser = await parserFor(grammar);
      const tree = parser.parse(samples[grammar][0]);
      expect(tree?.rootNode.type).toBe(samples[grammar][1]);
      expect(tree?.rootNode.hasError).toBe(false);
      tree?.delete();
    });

    it(`loads ${grammar} once`, async () => {
      expect(await parserFor(grammar)).toBe(await parserFor(grammar));
    });
  }
});
