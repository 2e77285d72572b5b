import { describe, expect, it } from "vitest";
import { catalogue as commandErrors } from "../../packages/holdfast/src/errors.js";
import { migrations, migrationsTable } from "../../packages/media/src/catalogue/migrations.js";
import { catalogue as mediaErrors } from "../../packages/media/src/errors.js";
import { filesBelow, has, read } from "./workspace.js";

const documents = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...filesBelow("docs", (path) => path.endsWith(".md"))];
const isSource = (path: string): boolean => /\.tsx?$/.test(path) && !/\.(test|fixture)\.tsx?$/.test(path);
/** What reads other people's repositories, or writes into them, names their variables, and reads none of its own. */
const readsOthers = /^packages\/holdfast\/src\/(app-model|doctor|init|platforms)\//;
const sources = ["media", "holdfast", "server"].flatMap((name) => filesBelow(`packages/${name}/src`, isSource));

describe("docs/architecture.md", () => {
  const named = [...read("docs/architecture.md").matchAll(/`((?:packages|test|bench|examples|docs)\/[^`*<>\s]+)`/g)].map(
    ([, path = ""]) => path,
  );

  it("names real files", () => {
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !has(path))).toEqual([]);
  });

  it("names every folder of the packages' sources", () => {
    const folders = new Set(sources.map((path) => path.slice(0, path.lastIndexOf("/"))));
    expect([...folders].filter((folder) => !named.some((path) => path === folder || path.startsWith(`${folder}/`)))).toEqual([]);
  });
});

describe("docs/configuration.md", () => {
  const rows = read("docs/configuration.md")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  const names = rows.flatMap((row) => [...row.matchAll(/`([A-Z][A-Z0-9_]+|npm_command)`/g)].map(([, name = ""]) => name));

  it("lists exactly the variables that the code reads", () => {
    // What the redeploy demonstration sets for its own instances nobody configures.
    const code = sources
      .filter((path) => !path.startsWith("packages/server/src/redeploy/") && !readsOthers.test(path))
      .map(read)
      .join("\n");
    const literals = [...code.matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"|\benv\["(\w+)"\]|\bvariable: "(\w+)"/g)];
    const codes = new Set<string>([...Object.keys(mediaErrors), ...Object.keys(commandErrors)]);
    // Words of the network's, the SDK's and the browser's errors.
    const isForeign = /^(?:CERT|DEPTH|EAI|ERR|HPE|MODULE|SELF|UNABLE|UND|UPLOAD|WHEN)_/;
    const inCode = literals
      .map(([, literal, indexed, listed]) => literal ?? indexed ?? listed ?? "")
      .filter((name) => !codes.has(name) && !isForeign.test(name));
    expect([...new Set(names)].toSorted()).toEqual([...new Set(inCode)].toSorted());
  });
});

describe("docs/catalogue.md", () => {
  const statements = [migrationsTable, ...migrations.flatMap((migration) => migration.statements)];
  const inCode: Record<string, string[]> = {};
  for (const statement of statements) {
    const [, added, column] = /^ALTER TABLE \{p\}(\w+) ADD COLUMN (\w+)/.exec(statement) ?? [];
    if (added !== undefined && column !== undefined) inCode[added]?.push(column);
    const [, table, body] = /^CREATE TABLE (?:IF NOT EXISTS )?\{p\}(\w+) \(([^]*)\)$/.exec(statement) ?? [];
    if (table === undefined || body === undefined) continue;
    const columns = body.split(/,\s*(?![^(]*\))/).map((line) => line.trim().split(" ")[0] ?? "");
    inCode[table] = columns.filter((name) => /^[a-z]/.test(name));
  }
  for (const columns of Object.values(inCode)) columns.sort();
  // A section whose heading is a table's name; others tell of something else.
  const sections = read("docs/catalogue.md")
    .split(/^## (?=[a-z])/m)
    .slice(1);
  const inDocument = Object.fromEntries(
    sections.map((section) => [
      section.split("\n", 1)[0] ?? "",
      [...(section.split(/^## /m, 1)[0] ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(([, column = ""]) => column).toSorted(),
    ]),
  );

  it("lists exactly the tables and columns that the migrations make", () => {
    expect(Object.keys(inCode).length).toBeGreaterThan(4);
    expect(inDocument).toEqual(inCode);
  });
});

describe.each(documents)("%s", (path) => {
  it("links only to files that exist", () => {
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
    const targets = [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
    const local = targets.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !has(folder + target))).toEqual([]);
  });

  it("is written without exclamation marks", () => {
    const prose = read(path)
      .replace(/```[^]*?```/g, "")
      .replace(/`[^`]*`/g, "")
      // A picture.
      .replaceAll("![", "[");
    expect(prose.split("\n").filter((line) => line.includes("!"))).toEqual([]);
  });
});
