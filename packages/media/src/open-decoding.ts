import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Decoding, decodeInline, type DecodingContext } from "./images/decoding.js";
import { decodeInProcesses } from "./images/decoding-pool.js";
import type { Logger, MediaOptions } from "./media.js";
import { type Environment, isProduction } from "./env/platform.js";

/** How images are decoded, as asked for. Where a bundler has left out the decoding process's module, in this process. */
export function openDecoding(where: MediaOptions["decoding"], context: DecodingContext, env: Environment, log: Logger): Decoding {
  if (where === "process") {
    const module = new URL("images/decoding-child.js", import.meta.url);
    if (module.protocol === "file:" && existsSync(fileURLToPath(module))) return decodeInProcesses(module, context, log);
    log.warn(
      `images are decoded in this process: ${module.href}, which decodes in another, is not there. Keep @holdfast/media out of bundles.`,
    );
  }
  const advice = adviseAllocator(env);
  if (advice !== undefined && isProduction(env)) log.info(advice);
  return decodeInline(context);
}

/** What to set for less memory: glibc gives each thread a heap of its own, which keeps what it once had. Processes of ours have it set. */
export function adviseAllocator(env: Environment, platform: NodeJS.Platform = process.platform): string | undefined {
  const isSet = env["MALLOC_ARENA_MAX"] !== undefined || /jemalloc|mimalloc|tcmalloc/.test(env["LD_PRELOAD"] ?? "");
  const isGlibc = platform === "linux" && usesGlibc();
  if (isSet || !isGlibc) return undefined;
  return "images are decoded in this process; set MALLOC_ARENA_MAX=2 and it holds about a quarter less memory afterwards";
}

function usesGlibc(): boolean {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
