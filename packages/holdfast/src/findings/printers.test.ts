import { describe, expect, it } from "vitest";
import { verdictWords } from "../doctor/verdict-words.js";
import type { Finding } from "./finding.js";
import { printGithub } from "./github.js";
import { printHtml } from "./html.js";
import { printJson } from "./json.js";
import { printMarkdown } from "./markdown.js";
import type { AppReport, Report, ReportedVerdict } from "./report.js";
import { printSarif } from "./sarif.js";
import { printTerminal } from "./terminal.js";

/** What a repository of a stranger may call its files and write into its lines. */
const hostile = "<img src=x onerror=alert(1)>\"'&`|*_[x](javascript:alert(1))\u001b[31m\u202e\r\n::error::x%0A@everyone";

const keeps: ReportedVerdict = {
  answer: "keeps",
  asDeclared: "keeps",
  storage: "postgres",
  because: [],
  depends: [],
  dependsOn: [],
  places: [],
  notUnderstood: [],
  isPartial: false,
  isAsGiven: false,
  headline: "The database survives the next deploy.",
  hint: undefined,
};

function finding(change: Partial<Finding> = {}): Finding {
  return {
    code: "MEDIA001",
    severity: "error",
    question: "uploads",
    answer: "loses",
    title: "Uploads are written to a disk that the next deploy wipes",
    message: "POST /photos: the files go to uploads.",
    at: { file: "src/server.js", line: 3 },
    because: [{ file: "render.yaml", line: 2, why: "on Render the files are deleted" }],
    remedy: ["Keep them apart, and run `npx holdfast verify`."],
    recipe: { file: "a file", lines: ["one", "two"] },
    leadsToDeploy: true,
    frame: { file: "src/server.js", line: 3, lines: [{ number: 3, text: "app.post();", isMarked: true }] },
    fingerprint: "0123456789abcdef0123",
    status: "open",
    reason: undefined,
    ...change,
  };
}

function report(app: Partial<AppReport> = {}): Report {
  const uploads: ReportedVerdict = {
    ...keeps,
    answer: "depends",
    headline: "Uploads will be lost.",
    depends: [
      { when: { BUCKET: "set", KEY: "set" }, answer: "keeps", storage: "s3" },
      { when: {}, answer: "loses", storage: "ephemeral-disk" },
    ],
  };
  return {
    version: "1.2.3",
    language: "en",
    words: verdictWords.en.report,
    rules: [{ code: "MEDIA001", title: "Uploads are written", why: "The disk is wiped.", severity: "error" }],
    notices: [],
    apps: [
      {
        directory: "shop",
        root: ".",
        framework: "express",
        platforms: ["render"],
        verdicts: { uploads, database: keeps },
        firstAid: { warning: "Save them first.", steps: [{ say: "Copy them:", command: "tar czf - uploads > saved.tgz" }] },
        findings: [finding()],
        ...app,
      },
    ],
  };
}

const strange = report({
  framework: hostile,
  platforms: [hostile],
  findings: [
    finding({
      title: hostile,
      message: hostile,
      at: { file: hostile, line: 1 },
      because: [{ file: hostile, line: 1, why: hostile }],
      frame: { file: hostile, line: 1, lines: [{ number: 1, text: `${hostile}\`\`\`\n</pre>`, isMarked: true }] },
    }),
    finding({ status: "accepted", reason: hostile }),
  ],
});

const plainTerminal = { hasColors: false, columns: 80, rows: 60, isAll: false, command: "holdfast doctor shop" } as const;

describe("the terminal", () => {
  it("shows the answers, the table, what to save, the line and the remedy, in this order", () => {
    const text = printTerminal(report(), plainTerminal);
    const order = [
      "Uploads will be lost.",
      "BUCKET, KEY are set",
      "First aid: Save them first.",
      "MEDIA001",
      "> 3 │ app.post();",
      "1. Keep",
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(text).toContain("holdfast doctor --explain MEDIA001");
  });

  it("obeys nothing that comes from the repository", () => {
    for (const isAll of [true, false]) {
      const text = printTerminal(strange, { ...plainTerminal, isAll });
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
      expect(printTerminal(strange, { ...plainTerminal, isAll, hasColors: true })).not.toContain("\u001b[31m\u202e");
    }
  });

  it.each([60, 80, 120])("stays within %d columns", (columns) => {
    const many = report({ findings: Array.from({ length: 30 }, (_, at) => finding({ code: `MEDIA${String(at + 1).padStart(3, "0")}` })) });
    const lines = printTerminal(many, { ...plainTerminal, columns }).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
  });

  it("puts findings of one code together, and says how many there are", () => {
    const many = report({ findings: Array.from({ length: 9 }, (_, at) => finding({ at: { file: "a.js", line: at + 1 } })) });
    expect(printTerminal(many, plainTerminal)).toContain("Also at: a.js:2, a.js:3, a.js:4 (+5)");
  });

  it("colours where colours are wanted", () => {
    expect(printTerminal(report(), { ...plainTerminal, hasColors: true })).toContain("\u001b[");
    expect(printTerminal(report(), plainTerminal)).not.toContain("\u001b[");
  });
});

describe("the HTML page", () => {
  it("lets in no markup of the repository, and needs nothing else", () => {
    const page = printHtml(strange);
    expect(page).not.toContain("<img");
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).not.toMatch(/<script|<link|\bsrc="|@import|url\(/);
    expect(page).toMatch(/Content-Security-Policy" content="default-src 'none'; style-src 'sha256-/);
    // As many elements are closed as are opened.
    for (const tag of ["div", "pre", "article", "section", "table", "ul", "ol", "code"]) {
      expect(page.split(new RegExp(`<${tag}[ >]`)).length, tag).toBe(page.split(`</${tag}>`).length);
    }
  });
});

describe("Markdown", () => {
  it("escapes what comes from the repository, and closes its fences", () => {
    const text = printMarkdown(strange);
    const outside = text.replaceAll(/^(`{3,})[^\n]*\n[^]*?^\1$/gm, "").replaceAll(/(`+)[^\n]*?[^`]\1(?!`)/g, "");
    expect(outside).not.toMatch(/(?<!\\)<img/);
    expect(outside).not.toMatch(/(?<!\\)\[x(?<!\\)\]\(/);
    expect(outside).not.toContain("@everyone");
  });

  it("has the table, the line and the remedy", () => {
    const text = printMarkdown(report());
    expect(text).toContain("| BUCKET, KEY are set | keeps (s3) |");
    expect(text).toContain("> 3 | app.post();");
    expect(text).toContain("1. Keep them apart, and run `npx holdfast verify`.");
  });
});

describe("GitHub's annotations", () => {
  it("are one line each, from the working directory", () => {
    expect(printGithub(report())).toBe(
      "::error file=shop/src/server.js,line=3,title=MEDIA001 Uploads are written to a disk that the next deploy wipes::" +
        "POST /photos: the files go to uploads.%0ASave them first.%0AKeep them apart, and run `npx holdfast verify`.\n",
    );
  });

  it("cannot be ended by what comes from the repository; what was accepted is left out", () => {
    const text = printGithub(strange);
    expect(text.split("\n").length).toBe(2);
    expect(text).toContain("%0D%0A");
    expect(text).toContain("%250A");
    expect(text.slice(2).split("::").length).toBeGreaterThan(1);
    expect(text.slice(0, text.indexOf("title="))).not.toMatch(/[\r\n]/);
  });
});

describe("SARIF", () => {
  interface Log {
    readonly version: string;
    readonly runs: readonly [
      {
        readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
        readonly results: readonly {
          readonly ruleId: string;
          readonly ruleIndex: number;
          readonly level: string;
          readonly locations: readonly [
            {
              readonly physicalLocation: {
                readonly artifactLocation: { readonly uri: string };
                readonly region: { readonly startLine: number };
              };
            },
          ];
          readonly partialFingerprints: Readonly<Record<string, string>>;
          readonly suppressions?: readonly { readonly justification: string }[];
        }[];
      },
    ];
  }
  const parse = (from: Report): Log => JSON.parse(printSarif(from)) as Log;

  it("names rule, line and fingerprint of each finding", () => {
    const [run] = parse(report()).runs;
    const [result] = run.results;
    expect(result).toMatchObject({ ruleId: "MEDIA001", ruleIndex: 0, level: "error" });
    expect(run.tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe("MEDIA001");
    expect(result?.locations[0].physicalLocation.artifactLocation.uri).toBe("shop/src/server.js");
    expect(result?.locations[0].physicalLocation.region.startLine).toBe(3);
    expect(result?.partialFingerprints).toEqual({ "holdfast/v1": "0123456789abcdef0123" });
  });

  it("writes paths as URIs, and what was accepted as suppressed with its reason", () => {
    const [first, second] = parse(strange).runs[0].results;
    expect(first?.locations[0].physicalLocation.artifactLocation.uri).toMatch(/^[\w.~!*'()%/-]+$/);
    expect(second?.suppressions?.[0]?.justification).toBe(hostile);
  });
});

describe("JSON", () => {
  it("has everything as it is, for programs", () => {
    const value = JSON.parse(printJson(strange)) as { readonly apps: readonly [{ readonly framework: string }] };
    expect(value.apps[0].framework).toBe(hostile);
  });
});
