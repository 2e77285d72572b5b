import { readJavaScriptReads } from "./javascript/environment-reads.js";
import type { CodeFacts, SourceTree } from "./model.js";
import { readPythonReads } from "./python/environment-reads.js";

const notLive =
  /(^|\/)(tests?|__tests__|spec|docs?|e2e|migrations|fixtures|scripts)\/|\.(test|spec|fixture|d)\.[cm]?[jt]sx?$|(^|\/)(test_[^/]*|conftest)\.py$/;

/** More files are not looked at: what configures an app is read in a few of them, near its root. */
const maxFiles = 1500;

/**
 * Find the variables that the code below these folders reads, in the order of their files, and which of `texts` it holds. Tests and
 * migrations are left out. Nothing is evaluated: what is read under a name that is put together is not seen.
 */
export async function readCodeFacts(tree: SourceTree, roots: readonly string[], texts: ReadonlySet<string>): Promise<CodeFacts> {
  const files = (endings: readonly string[]): readonly string[] =>
    [...new Set(roots.flatMap((root) => tree.find(root, ...endings)))]
      .filter((file) => !notLive.test(file))
      .toSorted((one, other) => one.split("/").length - other.split("/").length)
      .slice(0, maxFiles);
  const found = [
    await readJavaScriptReads(tree, files([".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx"]), texts),
    await readPythonReads(tree, files([".py"]), texts),
  ];
  return { reads: found.flatMap(({ reads }) => reads), texts: new Set(found.flatMap((one) => [...one.texts])) };
}
