// Puts the engine and the grammars that the doctor parses with into dist, the grammars compressed: 1 MB in place of the
// 27 MB of the two packages they come from.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants } from "node:zlib";

const engine = new URL(".", import.meta.resolve("web-tree-sitter/web-tree-sitter.wasm"));
const grammars = new URL(".", import.meta.resolve("@vscode/tree-sitter-wasm/package.json"));
const to = new URL("dist/app-model/grammars/", import.meta.url);
await mkdir(to, { recursive: true });
for (const file of ["web-tree-sitter.js", "web-tree-sitter.wasm"]) await copyFile(new URL(file, engine), new URL(file, to));
await copyFile(new URL("LICENSE", engine), new URL("LICENSE.web-tree-sitter", to));
for (const language of ["python", "ruby", "php"]) {
  const bytes = await readFile(new URL(`wasm/tree-sitter-${language}.wasm`, grammars));
  await writeFile(
    new URL(`tree-sitter-${language}.wasm.br`, to),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  );
}
await copyFile(new URL("LICENSE", grammars), new URL("LICENSE.grammars", to));
