import { open, readFile, realpath } from "node:fs/promises";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a line of what runs was written. */
export interface SourcePlace {
  /** The absolute path of the source. It need not be there: a source map tells it. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The source's lines, where they can be had. */
  readonly lines: readonly string[] | undefined;
}

interface Mapped {
  readonly map: SourceMap | undefined;
  readonly folder: string;
  readonly lines: readonly string[] | undefined;
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

const maxBytes = 16 * 1024 * 1024;
const maxFiles = 40;

/**
 * Find the source of lines in what was built: by the source map that the file names, so that neither `--enable-source-maps` nor an
 * upload of maps is needed. Nothing is read before the first error, nothing but files that ran, and no more than 40 of them are kept.
 */
export function createSourceLines(): { find(path: string, line: number, column: number): Promise<SourcePlace | undefined> } {
  const files = new Map<string, Promise<Mapped | undefined>>();
  return {
    async find(path, line, column) {
      const file = path.startsWith("file:") ? fileURLToPath(path) : path;
      if (!isAbsolute(file)) return undefined;
      let reading = files.get(file);
      if (reading === undefined) {
        const [oldest] = files.keys();
        if (files.size >= maxFiles && oldest !== undefined) files.delete(oldest);
        reading = read(file).catch(() => undefined);
        files.set(file, reading);
      }
      const built = await reading;
      if (built === undefined) return undefined;
      const entry = built.map?.findEntry(line - 1, column - 1);
      if (entry === undefined || !("originalSource" in entry) || typeof entry.originalSource !== "string") {
        return { path: file, line, column, lines: built.lines };
      }
      const source = entry.originalSource;
      return {
        path: source.startsWith("file:") ? fileURLToPath(source) : resolve(built.folder, source),
        line: entry.originalLine + 1,
        column: entry.originalColumn + 1,
        lines: built.sources.get(source),
      };
    },
  };
}

async function read(file: string): Promise<Mapped | undefined> {
  const text = await readBounded(file);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  const folder = dirname(await realpath(file));
  const named = /^\/\/[#@] ?sourceMappingURL=(\S+)\s*$/m.exec(lines.slice(-5).join("\n"))?.[1];
  const json = named === undefined ? undefined : await mapNamed(named, folder);
  if (json === undefined) return { map: undefined, folder, lines, sources: new Map() };
  const payload = JSON.parse(json) as SourceMapPayload;
  const contents = payload.sourcesContent ?? [];
  const root = payload.sourceRoot ?? "";
  const sources = payload.sources.flatMap((source, index): [string, readonly string[]][] => {
    const content = contents[index];
    return typeof content === "string" ? [[`${root}${source}`, content.split("\n")]] : [];
  });
  return { map: new SourceMap(payload), folder, lines, sources: new Map(sources) };
}

async function mapNamed(name: string, folder: string): Promise<string | undefined> {
  const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(name);
  if (inline !== null) return Buffer.from(inline[2] ?? "", inline[1] === undefined ? "utf8" : "base64").toString();
  return /^[a-z][a-z0-9+.-]*:/i.test(name) ? undefined : await readBounded(join(folder, decodeURIComponent(name)));
}

async function readBounded(file: string): Promise<string | undefined> {
  const handle = await open(file, "r");
  try {
    const stat = await handle.stat();
    return stat.isFile() && stat.size <= maxBytes ? await readFile(handle, "utf8") : undefined;
  } finally {
    await handle.close();
  }
}
