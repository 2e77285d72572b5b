import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Bench } from "../bench.js";
import { type Child, startChild } from "../child.js";
import { compare, type Comparison, type Contender } from "../comparison.js";
import { type Answer, get } from "../get.js";
import { findLoadTool, type LoadResult } from "../load.js";
import { readVersion } from "../machine.js";
import { howToGetNginx, type Nginx, startNginx } from "../nginx.js";
import { generatePhoto } from "../photos.js";
import { randomFrom } from "../random.js";
import type { MediaCommands } from "../subjects/media.js";
import type { PlainServerCommands } from "../subjects/plain-server.js";
import type { ServiceCommands } from "../subjects/service.js";

/** What a variant in a page usually weighs. */
const wantedBytes = 20_000;
const connections = 10;
const accept = "image/jpeg,image/*;q=0.8";

/** A variant that everybody asks for: what serving it costs beside doing nothing but serving it. */
export const hotVariant: Bench = {
  name: "hot-variant",
  question: "How fast is a variant of 20 kB answered that is at hand, and how fast is a 304?",
  async run({ folder, seed, rounds, roundSeconds, progress }) {
    const hasNginx = (await readVersion("nginx", ["-v"])) !== undefined;
    if (!hasNginx) {
      if (process.env["CI"] !== undefined) throw new Error(howToGetNginx);
      progress(howToGetNginx);
    }
    const tool = await findLoadTool(folder);
    const ours = startChild<MediaCommands>("media");
    const service = startChild<ServiceCommands>("service");
    const plain = startChild<PlainServerCommands>("plain-server");
    let nginx: Nginx | undefined;
    try {
      const { photo, url, answer, width } = await serveVariant(ours, folder, seed);
      const serviceUrl = await serveByService(service, folder, photo, width);
      const notModified = await get(url, { accept, "if-none-match": answer.headers.etag ?? "" });
      const headers = comparableHeaders(answer);
      const plainUrl = await plain.call("serve", { body: answer.body, headers, bareHeaders: comparableHeaders(notModified) });
      if (hasNginx) nginx = await startNginx(folder, { body: answer.body, headers });

      const load = async (at: string, etag: string | undefined): Promise<LoadResult> =>
        await tool.run({
          url: at,
          headers: etag === undefined ? { accept } : { accept, "if-none-match": etag },
          connections,
          seconds: roundSeconds,
          expect: etag === undefined ? { status: 200, body: answer.body } : { status: 304, body: new Uint8Array() },
        });
      const contender = (name: string, child: Pick<Child<never>, "cpuSeconds">, at: string, etag: string | undefined): Contender => ({
        name,
        async round() {
          const cpuBefore = await child.cpuSeconds();
          const { answers, seconds } = await load(at, etag);
          return { perSecond: answers / seconds, cpuMs: (((await child.cpuSeconds()) - cpuBefore) * 1000) / answers };
        },
      });
      const comparisons: Comparison[] = [];
      for (const isConditional of [false, true]) {
        const etag = isConditional ? answer.headers.etag : undefined;
        const peers = [contender("plain Node", plain, plainUrl, etag)];
        // nginx makes its own ETag, from the file's time and size.
        if (nginx !== undefined) {
          peers.push(contender("nginx", nginx, nginx.url, isConditional ? (await get(nginx.url, {})).headers.etag : undefined));
        }
        const about = { name: isConditional ? "304" : "200", unit: "answers/s", targets: [{ peer: "plain Node", ratio: 0.8 }] };
        comparisons.push(await compare(about, { subject: contender("Holdfast", ours, url, etag), peers }, rounds, progress));
        const asService = { subject: contender("Holdfast", service, serviceUrl, etag), peers: peers.slice(0, 1) };
        comparisons.push(await compare({ ...about, name: `${about.name}, the service` }, asService, rounds, progress));
      }
      const memory = Math.round((await ours.call("peakMemory", undefined)) / 1e6);
      return {
        comparisons,
        notes: [
          `a JPEG variant of ${answer.body.byteLength} bytes, ${connections} kept-alive connections, rounds of ${roundSeconds} s, load by ${tool.name}`,
          tool.checks,
          "the library behind Node's own server; the service adds access rules, an id for each request, metrics and a log",
          `peak memory of the serving process: ${memory} MB`,
          ...(hasNginx ? [] : [howToGetNginx]),
        ],
      };
    } finally {
      await nginx?.stop();
      await plain.stop();
      await service.stop();
      await ours.stop();
    }
  },
};

/** Have Holdfast keep a photograph, and find the width whose variant weighs most nearly what is wanted. */
async function serveVariant(
  child: ReturnType<typeof startChild<MediaCommands>>,
  folder: string,
  seed: number,
): Promise<{ photo: string; url: string; answer: Answer; width: number }> {
  const home = join(folder, "hot");
  await mkdir(home, { recursive: true });
  const photo = join(home, "photo.jpg");
  await writeFile(photo, await generatePhoto(randomFrom(seed), 1200, 1240, 88));
  const { origin, files } = await child.call("serve", { folder: home, paths: [photo] });
  const file = files[0];
  if (file === undefined) throw new Error("nothing is served");
  const candidates = await Promise.all(
    [128, 256, 320, 512, 640].map(async (width) => {
      const url = `${origin}${file.path}/w${width}/${file.name}`;
      return { photo, url, answer: await get(url, { accept }), width };
    }),
  );
  const distance = ({ answer }: { readonly answer: Answer }): number => Math.abs(answer.body.byteLength - wantedBytes);
  const [nearest] = candidates.toSorted((a, b) => distance(a) - distance(b));
  if (nearest === undefined || nearest.answer.status !== 200) throw new Error("no variant was answered");
  return nearest;
}

/** Have the service keep the same photograph. Answers the URL of the same variant. */
async function serveByService(
  child: ReturnType<typeof startChild<ServiceCommands>>,
  folder: string,
  photo: string,
  width: number,
): Promise<string> {
  const home = join(folder, "service");
  await mkdir(home, { recursive: true });
  const origin = await child.call("serve", { folder: home });
  const form = new FormData();
  form.append("file", new File([await readFile(photo)], basename(photo)));
  const response = await fetch(`${origin}/api/v1/files`, { method: "POST", body: form });
  const { id, name } = (await response.json()) as { readonly id: string; readonly name: string };
  return `${origin}/media/${id}/w${width}/${name}`;
}

/** The headers that peers repeat; what a server adds by itself is its own affair. */
function comparableHeaders({ headers }: Answer): Record<string, string> {
  const own = new Set(["date", "connection", "keep-alive", "transfer-encoding"]);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.has(name) || value === undefined ? [] : [[name, String(value)]])),
  );
}
