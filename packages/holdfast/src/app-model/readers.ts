import type { Deployment, Reader, Reading, SourceTree } from "./model.js";

/** A reader that is loaded when there is a file that it reads: none is needed to say `--version`. */
export interface LazyReader {
  readonly endings: readonly string[];
  readonly load: () => Promise<Reader>;
}

/** The readers of all ecosystems, in the order in which they are asked. */
export const readers: readonly LazyReader[] = [
  {
    endings: [
      ".js",
      ".ts",
      ".mjs",
      ".cjs",
      ".mts",
      ".tsx",
      ".jsx",
      "package.json",
      "Dockerfile",
      "fly.toml",
      "render.yaml",
      "docker-compose.yml",
    ],
    load: async () => (await import("./javascript/index.js")).javascriptReader,
  },
  { endings: [".py"], load: async () => (await import("./python/index.js")).pythonReader },
  { endings: [".rb", "Gemfile"], load: async () => (await import("./ruby/index.js")).rubyReader },
  { endings: [".php", "Dockerfile"], load: async () => (await import("./php/index.js")).phpReader },
];

/** A reader throws nothing; should it all the same, over code that nobody thought of, then nothing was understood. */
export async function readSafely(lazy: LazyReader, tree: SourceTree, root: string, deployment: Deployment): Promise<Reading | undefined> {
  const reader = await lazy.load();
  try {
    return await reader.read(tree, root, deployment);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = `the code could not be read to its end (${reason})`;
    return { framework: reader.name, sinks: [], databases: [], observations: [], notUnderstood: [{ file: root, line: 1, why }] };
  }
}
