import type { Deployment, SourceTree } from "./model.js";

/** A repository for tests: paths and texts. */
export function treeOf(files: Readonly<Record<string, string>>): SourceTree {
  const paths = Object.keys(files).toSorted();
  return {
    paths,
    omitted: [],
    beside: [],
    isCommitted: () => true,
    has: (path) => path in files,
    read: (path) => files[path],
    find: (root, ...endings) =>
      paths.filter((path) => (root === "." || path.startsWith(`${root}/`)) && endings.some((ending) => path.endsWith(ending))),
  };
}

/** A deployment that says nothing. */
export const noDeployment: Deployment = { services: [], platforms: [], dotenv: [], observations: [], notUnderstood: [] };
