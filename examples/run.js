// Run an example with demo data, from a fresh clone after `npm ci`: npm run example articles
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const examples = ["articles", "lettings", "crm"].filter((name) => existsSync(new URL(`${name}/package.json`, import.meta.url)));
const [name] = process.argv.slice(2);
if (!examples.includes(name)) {
  console.error(`Which one? npm run example ${examples.join(" | ")}`);
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = fileURLToPath(new URL(`${name}/`, import.meta.url));
/** Run a program to its end; when it fails, so do we. */
function run(args, cwd) {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

run([`${root}node_modules/typescript/bin/tsc`, "-b", folder], root);
run(["dist/demo.js"], folder);
const app = spawn(process.execPath, ["dist/main.js"], { cwd: folder, stdio: "inherit" });
// Ctrl-C reaches the app by itself; a signal to us alone is passed on. We end when it has ended.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => signal === "SIGTERM" && app.kill(signal));
app.on("exit", (code) => process.exit(code ?? 1));
