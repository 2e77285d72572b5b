import { Agent, request, type IncomingHttpHeaders } from "node:http";
import { inParallel } from "./parallel.js";

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer<ArrayBuffer>;
}

/** Ask for URLs over kept-alive connections, `concurrency` at a time; the answers are in the URLs' order. */
export async function getAll(urls: readonly string[], headers: Readonly<Record<string, string>>, concurrency: number): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  try {
    const answers: Answer[] = [];
    await inParallel(urls, concurrency, async (url, i) => {
      answers[i] = await get(url, headers, agent);
    });
    return answers;
  } finally {
    agent.destroy();
  }
}

/** Ask for one URL. */
export async function get(url: string, headers: Readonly<Record<string, string>>, agent?: Agent): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = request(url, { headers, ...(agent === undefined ? {} : { agent }) }, (response) => {
      const blocks: Buffer[] = [];
      response.on("data", (block: Buffer) => blocks.push(block));
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(blocks) }));
    });
    asked.once("error", reject);
    asked.end();
  });
}
