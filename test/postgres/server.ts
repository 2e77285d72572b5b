import type { TestProject } from "vitest/node";
import { lackOfPostgres, type PostgresServer, startPostgres } from "../../bench/src/servers/postgres.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the run's PostgreSQL is; undefined where it is not installed, which in CI is a failure. */
    postgres: string | undefined;
  }
}

let server: PostgresServer | undefined;

/** Start one PostgreSQL for all files of the project. */
export async function setup(project: TestProject): Promise<void> {
  const lack = lackOfPostgres();
  if (lack !== undefined) {
    if (process.env["CI"] !== undefined) throw new Error(lack);
    process.stderr.write(`${lack}\n`);
  } else server = await startPostgres();
  project.provide("postgres", server?.url);
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
