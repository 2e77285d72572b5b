import type { TestProject } from "vitest/node";
import type { S3Server } from "../../bench/src/servers/daemons.js";
import { lackOfPostgres, startPostgres } from "../../bench/src/servers/postgres.js";
import { lackOfRadosgw, startRadosgw } from "../../bench/src/servers/radosgw.js";

/** The servers that instances share. */
export interface LabServers {
  readonly postgres: string;
  readonly bucket: S3Server;
}

declare module "vitest" {
  export interface ProvidedContext {
    /** Undefined where one of them is not installed; in CI that is a failure. */
    lab: LabServers | undefined;
  }
}

const started: { stop(): Promise<void> }[] = [];

/** Start PostgreSQL, as durable as in production, and Ceph's S3 gateway, once for all files of the project. */
export async function setup(project: TestProject): Promise<void> {
  const lack = lackOfPostgres() ?? lackOfRadosgw();
  if (lack !== undefined) {
    if (process.env["CI"] !== undefined) throw new Error(lack);
    process.stderr.write(`${lack}\n`);
    project.provide("lab", undefined);
    return;
  }
  const [postgres, radosgw] = await Promise.all([startPostgres({ isDurable: true }), startRadosgw()]);
  started.push(postgres, radosgw);
  const { endpoint, region, credentials, stranger } = radosgw;
  project.provide("lab", { postgres: postgres.url, bucket: { endpoint, region, credentials, stranger } });
}

export async function teardown(): Promise<void> {
  await Promise.all(started.splice(0).map(async (server) => await server.stop()));
}
