import { readFileSync } from "node:fs";
import { PrismaPg } from "@prisma/adapter-pg";
import { getPrismaClient } from "@prisma/client/runtime/client";
import type { Pool } from "pg";

interface Generated {
  readonly inlineSchema: string;
  readonly runtimeDataModel: Parameters<typeof getPrismaClient>[0]["runtimeDataModel"];
  readonly parameterizationSchema: Parameters<typeof getPrismaClient>[0]["parameterizationSchema"];
}

export type PrismaClient = InstanceType<ReturnType<typeof getPrismaClient>>;

/** The model in prisma-client.json, as `prisma generate` types it. */
export interface ArticleDelegate {
  create(options: { readonly data: { readonly id: string; readonly title: string } }): PromiseLike<unknown>;
}

/**
 * A client of Prisma 7 with one model, from what `prisma generate` writes into `internal/class.ts`: the command itself brings
 * engines that a test has no use for.
 */
export function openPrisma(pool: Pool): PrismaClient {
  const generated = JSON.parse(readFileSync(new URL("prisma-client.json", import.meta.url), "utf8")) as Generated;
  const load = async (kind: string) => await import(`@prisma/client/runtime/query_compiler_fast_bg.postgresql.${kind}`);
  const Client = getPrismaClient({
    previewFeatures: [],
    clientVersion: "7.10.0",
    engineVersion: "d1b3f377ca835d73fd50954a5e22128b9ebdd6b8",
    activeProvider: "postgresql",
    compilerWasm: {
      getRuntime: async () => await load("mjs"),
      getQueryCompilerWasmModule: async () => {
        const { wasm } = await load("wasm-base64.mjs");
        // The types of Node know nothing of it.
        const { WebAssembly } = globalThis as typeof globalThis & {
          readonly WebAssembly: { readonly Module: new (bytes: Uint8Array) => unknown };
        };
        return new WebAssembly.Module(Buffer.from(wasm, "base64"));
      },
      importName: "./query_compiler_fast_bg.js",
    },
    ...generated,
  });
  return new Client({ adapter: new PrismaPg(pool) });
}
