// Copies the grammars that the doctor parses with into dist, so that what is installed has these three and no more.
import { copyFile, mkdir } from "node:fs/promises";

const from = new URL(".", import.meta.resolve("@vscode/tree-sitter-wasm/package.json"));
const to = new URL("dist/app-model/grammars/", import.meta.url);
await mkdir(to, { recursive: true });
for (const language of ["python", "ruby", "php"]) {
  await copyFile(new URL(`wasm/tree-sitter-${language}.wasm`, from), new URL(`tree-sitter-${language}.wasm`, to));
}
await copyFile(new URL("LICENSE", from), new URL("LICENSE", to));
