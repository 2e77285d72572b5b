import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import autocannon from "autocannon";
import { readVersion } from "./machine.js";

/** One kind of request, and the answer that every one of them must get. */
export interface LoadOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  readonly expect: { readonly status: number; readonly body: Uint8Array };
}

/** Sends load over kept-alive connections, and looks at the answers. */
export interface LoadTool {
  readonly name: string;
  /** What it looks at, for people. */
  readonly checks: string;
  /** @throws Error when an answer was not the one expected */
  run(order: LoadOrder): Promise<LoadResult>;
}

/** How many answers came, and in how long. */
export interface LoadResult {
  readonly answers: number;
  readonly seconds: number;
}

/** Choose wrk where it is installed, for it is faster than what it measures; else autocannon, which comes with npm. */
export async function findLoadTool(folder: string): Promise<LoadTool> {
  const version = await readVersion("wrk", ["-v"]);
  return version === undefined ? autocannonTool : wrkTool(folder, version);
}

// `response` makes wrk hand each answer to the script, which counts those that are wrong.
const wrkScript = `
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args)
  status = tonumber(args[1])
  local file = io.open(args[2], "rb")
  body = file:read("*a")
  file:close()
  wrong = 0
end
function response(gotStatus, headers, gotBody)
  if gotStatus ~= status or gotBody ~= body then wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local wrongInAll = 0
  for _, thread in ipairs(threads) do wrongInAll = wrongInAll + thread:get("wrong") end
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("\\nRESULT %d %d %d %d\\n", summary.requests, summary.duration, wrongInAll, broken))
end
`;

function wrkTool(folder: string, version: string): LoadTool {
  return {
    name: version,
    checks: "the status and the bytes of every answer were looked at",
    async run({ url, headers, connections, seconds, expect }) {
      const script = join(folder, "load.lua");
      const body = join(folder, "expected-body");
      await writeFile(script, wrkScript);
      await writeFile(body, expect.body);
      const asHeaders = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
      // One thread: the other core belongs to the server.
      const settings = ["-t1", `-c${connections}`, `-d${seconds}s`, "-s", script, ...asHeaders];
      const output = await runToEnd("wrk", [...settings, url, "--", String(expect.status), body]);
      const [, requests, microseconds, wrong, broken] = /^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(output) ?? [];
      return confirmed(url, Number(requests), Number(microseconds) / 1e6, Number(wrong), Number(broken));
    },
  };
}

const looksAtOneIn = 50;

const autocannonTool: LoadTool = {
  name: "autocannon",
  checks: `the status of every answer and the bytes of one in ${looksAtOneIn} were looked at; autocannon is hardly faster than what it measures, so ratios come out nearer to 1 than with wrk`,
  async run({ url, headers, connections, seconds, expect }) {
    const expected = asciiOf(Buffer.from(expect.body).toString());
    let seen = 0;
    const wanted = String(expect.status);
    const result = await autocannon({
      url,
      headers: { ...headers },
      connections,
      duration: seconds,
      verifyBody: (body) => {
        seen += 1;
        return seen % looksAtOneIn !== 1 || asciiOf(String(body ?? "")) === expected;
      },
    });
    const counted = Object.entries(result.statusCodeStats ?? {});
    const otherStatus = counted.reduce((sum, [status, { count = 0 }]) => sum + (status === wanted ? 0 : count), 0);
    return confirmed(url, result.requests.total, result.duration, otherStatus + result.mismatches, result.errors);
  },
};

/** autocannon decodes bodies as UTF-8, block by block: of bytes that are no text only those of ASCII survive in any case. */
function asciiOf(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/g, "");
}

function confirmed(url: string, answers: number, seconds: number, wrong: number, broken: number): LoadResult {
  if (!(answers > 0)) throw new Error(`no answers from ${url}`);
  if (wrong > 0 || broken > 0)
    throw new Error(`of ${answers} answers from ${url}, ${wrong} were not the expected one and ${broken} broke off`);
  return { answers, seconds };
}

async function runToEnd(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (block: Buffer) => (output += block.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}:\n${output}`);
  return output;
}
