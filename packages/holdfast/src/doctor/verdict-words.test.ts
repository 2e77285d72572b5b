import { describe, expect, it } from "vitest";
import { languages } from "./language.js";
import { headlineOf, verdictWords } from "./verdict-words.js";
import type { Answer, RowAnswer, Verdict } from "./verdict.js";

function verdict(answer: Answer, change: Partial<Verdict> = {}): Verdict {
  return {
    answer,
    asDeclared: answer,
    storage: "s3",
    because: [],
    depends: [],
    dependsOn: [],
    sinks: [],
    notUnderstood: [],
    isPartial: false,
    isAsGiven: false,
    needsFirstAid: false,
    ...change,
  };
}

const rows: readonly RowAnswer[] = ["keeps", "loses", "depends", "unknown", "fails", "rejected", "none"];
const all: readonly Verdict[] = [
  ...(["keeps", "loses", "none", "unknown"] as const).map((answer) => verdict(answer)),
  verdict("keeps", { isAsGiven: true }),
  verdict("loses", { isPartial: true }),
  verdict("loses", { asDeclared: "rejected" }),
  ...rows.flatMap((asDeclared) => [
    verdict("depends", { asDeclared }),
    verdict("depends", { asDeclared, dependsOn: ["BUCKET", "KEY"] }),
    verdict("depends", { asDeclared, dependsOn: ["A", "B", "C", "D", "E"] }),
  ]),
];

describe("the answers' sentences", () => {
  it.each(languages)("are whole in %s, for every answer there can be", (language) => {
    for (const question of ["uploads", "database"] as const) {
      for (const one of all) {
        const sentence = headlineOf(question, one, language);
        expect(sentence).toMatch(/^\p{Lu}.+[.…]$/u);
        expect(sentence).not.toContain("undefined");
        if (one.dependsOn.length === 2) expect(sentence).toContain("BUCKET, KEY");
      }
    }
  });

  it.each(["fr", "tr"] as const)("are said in %s, not in English", (language) => {
    for (const question of ["uploads", "database"] as const) {
      for (const one of all) expect(headlineOf(question, one, language)).not.toBe(headlineOf(question, one, "en"));
    }
    // What stands in both for something else: names of the page's parts, never a sentence.
    const same = differences(verdictWords.en, verdictWords[language]).filter(
      (path) => !/^report\.(?:colon|answers\.none|storages\.none)$/.test(path),
    );
    expect(same).toEqual([]);
  });

  it("say that something is lost before they say under which condition", () => {
    expect(headlineOf("uploads", verdict("depends", { asDeclared: "loses", dependsOn: ["BUCKET"] }), "en")).toMatch(
      /^Uploads will be lost/,
    );
    expect(headlineOf("uploads", verdict("keeps", { isAsGiven: true }), "en")).toContain("as declared");
  });
});

/** Paths at which two sets of words have the same text. */
function differences(one: object, other: object, path = ""): readonly string[] {
  return Object.entries(one).flatMap(([name, value]: [string, unknown]) => {
    const at = path === "" ? name : `${path}.${name}`;
    const opposite: unknown = Object.entries(other).find(([key]) => key === name)?.[1];
    if (typeof value === "string") return value === opposite ? [at] : [];
    if (typeof value !== "object" || value === null || typeof opposite !== "object" || opposite === null) return [];
    return differences(value, opposite, at);
  });
}
