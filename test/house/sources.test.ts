import { describe, expect, it } from "vitest";
import { filesBelow, read } from "./workspace.js";

const isBinary = (path: string): boolean => /\.(?:png|jpe?g|gif|webp|avif|ico|woff2?|tgz|db|wasm)$/.test(path);
const texts = filesBelow(".", (path) => !isBinary(path) && !path.endsWith(".tsbuildinfo"));
const programs = texts.filter((path) => /\.(?:[cm]?[jt]s|tsx)$/.test(path));
const sources = programs.filter((path) => /^packages\/[^/]+\/(?:src|console)\//.test(path) && !/\.(?:test|fixture)\.tsx?$/.test(path));

// Written in pieces, so that this file passes its own test.
const hosts = [
  ["registry", "npmjs"],
  ["registry", "yarnpkg"],
  ["files", "pythonhosted"],
  ["proxy", "golang"],
  ["static", "crates"],
].map((words) => words.join("."));
const machinePaths = ["work"].map((folder) => `/${folder}/`);
const escapes = [
  ["@ts", "ignore"].join("-"),
  ["@ts", "nocheck"].join("-"),
  ["lint", "disable"].join("-"),
  ["TO", "DO"].join(""),
  ["FIX", "ME"].join(""),
];

/** Where any of the words stands: `path:line word`. */
function mentions(paths: readonly string[], words: readonly string[]): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, at) => words.filter((word) => line.includes(word)).map((word) => `${path}:${at + 1} ${word}`)),
  );
}

describe("the repository", () => {
  it("names no package registry's host", () => {
    expect(mentions(texts, hosts)).toEqual([]);
  });

  it("names no folder of anybody's machine", () => {
    expect(mentions(texts, machinePaths)).toEqual([]);
  });

  it("has no way around the type checker or the linter, and nothing left to do", () => {
    expect(mentions(programs, escapes)).toEqual([]);
  });
});

describe("source files", () => {
  it("have at most 400 lines, and nine in ten at most 300", () => {
    // A table of sentences is one idea, however long it grows.
    const isTable = (path: string): boolean => path === "packages/media/src/errors.ts";
    const lines = sources.map((path) => ({ path, count: read(path).split("\n").length - 1 }));
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter(({ path, count }) => count > 400 && !isTable(path))).toEqual([]);
    expect(lines.filter(({ count }) => count > 300).length).toBeLessThanOrEqual(lines.length / 10);
  });

  it("are named for the noun inside", () => {
    const dumps = /(?:^|[-/])(?:utils?|helpers?|manager|common|types|misc)\.tsx?$/;
    expect(sources.filter((path) => dumps.test(path))).toEqual([]);
  });

  it("re-export from the packages' own index only", () => {
    // A reader's index is the reader itself: it re-exports nothing.
    const isReader = (path: string): boolean => /^packages\/holdfast\/src\/app-model\/\w+\/index\.ts$/.test(path);
    expect(sources.filter((path) => isReader(path) && /^export (?:\*|\{|type \{)/m.test(read(path)))).toEqual([]);
    const indexes = sources.filter((path) => /\/index\.tsx?$/.test(path) && !isReader(path));
    expect(indexes).toEqual(indexes.filter((path) => /^packages\/[^/]+\/src\/(?:(?:browser|testing)\/)?index\.ts$/.test(path)));
  });
});
