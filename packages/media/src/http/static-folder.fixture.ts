import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** Make a folder as `holdfast start` leaves it. Answers its manifest: the hashed name of each file. */
export async function prepareFolder(files: Readonly<Record<string, string | Buffer>>, to: string): Promise<Record<string, string>> {
  const manifest: Record<string, string> = {};
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const served = name.replace(/(\.[^./]+)?$/, `.${hash}$1`);
    manifest[name] = served;
    for (const one of [name, served]) {
      await mkdir(dirname(join(to, one)), { recursive: true });
      await writeFile(join(to, one), bytes);
      if (!/\.(?:css|js)$/.test(name)) continue;
      await writeFile(join(to, `${one}.br`), brotliCompressSync(bytes));
      await writeFile(join(to, `${one}.gz`), gzipSync(bytes));
    }
  }
  await writeFile(join(to, "manifest.json"), JSON.stringify({ version: 1, files: manifest }));
  return manifest;
}
