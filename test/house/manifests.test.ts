import { describe, expect, it } from "vitest";
import { has, manifests, read } from "./workspace.js";

const all = manifests();
const published = all.filter(({ manifest, path }) => manifest.private !== true && path !== "package.json");
const exactVersion = /^(?:npm:@?[^@]+@)?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

describe("the published packages", () => {
  it("are three", () => {
    expect(published.map(({ manifest }) => manifest.name).toSorted()).toEqual(["@holdfast/media", "@holdfast/server", "holdfast"]);
  });

  it("carry the same version, and ask for each other in it", () => {
    const versions = new Set(published.map(({ manifest }) => manifest.version));
    const names = new Set(published.map(({ manifest }) => manifest.name));
    for (const { manifest } of all) {
      for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })) {
        if (names.has(name)) versions.add(version);
      }
    }
    expect([...versions]).toEqual([published[0]?.manifest.version]);
  });

  it.each(published.map(({ path }) => path.replace("/package.json", "")))("%s carries the licence and a README", (folder) => {
    expect(has(`${folder}/README.md`)).toBe(true);
    expect(read(`${folder}/LICENSE`)).toBe(read("LICENSE"));
  });

  it("name the changelog's newest version", () => {
    const newest = /^## (\d+\.\d+\.\d+)/m.exec(read("CHANGELOG.md"))?.[1];
    expect(newest).toBe(published[0]?.manifest.version);
  });

  it("run on Node 20.19", () => {
    for (const { manifest } of published) expect(manifest.engines).toEqual({ node: ">=20.19" });
  });
});

describe.each(all)("$path", ({ manifest }) => {
  it("pins every dependency exactly", () => {
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
      ([, version]) => !exactVersion.test(version),
    );
    expect(loose).toEqual([]);
  });

  it("is under the MIT licence", () => {
    expect(manifest.license).toBe("MIT");
  });
});

it("one lock file holds every workspace", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version?: string } | undefined> };
  const missing = all.map(({ path }) => path.replace(/\/?package\.json$/, "")).filter((folder) => lock.packages[folder] === undefined);
  expect(missing).toEqual([]);
});
