import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Bench } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender } from "../comparison.js";
import { get } from "../get.js";
import { findLoadTool } from "../load.js";
import { readVersion } from "../machine.js";
import { howToGetNginx, type Nginx, startNginx } from "../nginx.js";
import { randomFrom } from "../random.js";
import type { PlainServerCommands } from "../subjects/plain-server.js";
import type { StaticCommands } from "../subjects/static-files.js";

const connections = 10;
const holdfast = fileURLToPath(new URL("../../../packages/holdfast/dist/bin.js", import.meta.url));
/** What every server sends by itself. */
const own = new Set(["date", "connection", "keep-alive", "transfer-encoding"]);

/** A script that every page asks for: what serving it costs beside nginx, which has the same compressed file. */
export const staticFiles: Bench = {
  name: "static-files",
  question: "How fast is a hashed, compressed script answered, and how fast is its 304?",
  async run({ folder, seed, rounds, roundSeconds, progress }) {
    const hasNginx = (await readVersion("nginx", ["-v"])) !== undefined;
    if (!hasNginx) {
      if (process.env["CI"] !== undefined) throw new Error(howToGetNginx);
      progress(howToGetNginx);
    }
    const home = join(folder, "app");
    await mkdir(join(home, "public"), { recursive: true });
    await writeFile(join(home, "holdfast.yaml"), "start:\n  static: { from: public, to: static }\n");
    await writeFile(join(home, "public", "app.js"), scriptFrom(seed));
    await promisify(execFile)(process.execPath, [holdfast, "start", "--only", "static"], { cwd: home });

    const tool = await findLoadTool(folder);
    const ours = startChild<StaticCommands>("static-files");
    const plain = startChild<PlainServerCommands>("plain-server");
    let nginx: Nginx | undefined;
    try {
      const url = await ours.call("serve", { folder: join(home, "static"), name: "app.js" });
      const accept = { "accept-encoding": "gzip" };
      const answer = await get(url, accept);
      const bare = await get(url, { ...accept, "if-none-match": answer.headers.etag ?? "" });
      const headersOf = ({ headers }: typeof answer): Record<string, string> =>
        Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (own.has(name) ? [] : [[name, String(value)]])));
      const plainUrl = await plain.call("serve", { body: answer.body, headers: headersOf(answer), bareHeaders: headersOf(bare) });
      if (hasNginx) {
        const { "content-encoding": _, vary: __, ...headers } = headersOf(answer);
        nginx = await startNginx(folder, { body: gunzipSync(answer.body), gzipped: answer.body, headers });
      }
      const contender = (name: string, child: Pick<Child<never>, "cpuSeconds">, at: string, etag: string | undefined): Contender => ({
        name,
        async round() {
          const cpuBefore = await child.cpuSeconds();
          const { answers, seconds } = await tool.run({
            url: at,
            headers: etag === undefined ? accept : { ...accept, "if-none-match": etag },
            connections,
            seconds: roundSeconds,
            expect: etag === undefined ? { status: 200, body: answer.body } : { status: 304, body: new Uint8Array() },
          });
          return { perSecond: answers / seconds, cpuMs: (((await child.cpuSeconds()) - cpuBefore) * 1000) / answers };
        },
      });
      const comparisons: Comparison[] = [];
      for (const isConditional of [false, true]) {
        const etag = isConditional ? answer.headers.etag : undefined;
        const peers = [contender("plain Node", plain, plainUrl, etag)];
        if (nginx !== undefined)
          peers.push(contender("nginx", nginx, nginx.url, isConditional ? (await get(nginx.url, accept)).headers.etag : undefined));
        const targets = [{ peer: "plain Node", ratio: isConditional ? 0.8 : 0.9 }];
        const about = { name: isConditional ? "304" : "200", unit: "answers/s", targets };
        comparisons.push(await compare(about, { subject: contender("Holdfast", ours, url, etag), peers }, rounds, progress));
      }
      return {
        comparisons,
        notes: [
          `a script of ${gunzipSync(answer.body).byteLength} bytes, ${answer.body.byteLength} in gzip, the same file for all; ${connections} kept-alive connections, rounds of ${roundSeconds} s, load by ${tool.name}`,
          tool.checks,
          "ours through nodeStaticHandler; nginx with one worker and gzip_static",
          ...(hasNginx ? [] : [howToGetNginx]),
        ],
      };
    } finally {
      await nginx?.stop();
      await plain.stop();
      await ours.stop();
    }
  },
};

/** Some 60 kB of source code, as compressible as it usually is. */
function scriptFrom(seed: number): string {
  const random = randomFrom(seed);
  const names = Array.from({ length: 400 }, () => Math.floor(random() * 36 ** 6).toString(36));
  const name = (): string => names[Math.floor(random() * names.length)] ?? "x";
  return Array.from({ length: 1300 }, () => `export const ${name()}${name()} = (${name()}) => ${name()}(${name()});`).join("\n");
}
