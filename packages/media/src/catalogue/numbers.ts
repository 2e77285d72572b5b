import type { KyselyPlugin } from "kysely";
import { numberColumns } from "./schema.js";

/**
 * Read 64-bit integers as numbers. PostgreSQL's client answers them as text, Prisma as bigints; ours are counts, sizes and
 * milliseconds, all far below 2^53.
 */
export const numbersPlugin: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    for (const row of result.rows) {
      for (const [name, value] of Object.entries(row)) {
        if ((typeof value === "string" || typeof value === "bigint") && numberColumns.has(name)) row[name] = Number(value);
      }
    }
    return result;
  },
};
