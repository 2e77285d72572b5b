import type { TestProject } from "vitest/node";
import type { S3Server, StartedServer } from "../../bench/src/servers/daemons.js";
import { lackOfMinio, startMinio } from "./minio.js";
import { lackOfRadosgw, startRadosgw } from "../../bench/src/servers/radosgw.js";
import { lackOfSwift, startSwift } from "./swift.js";
import { lackOfVersitygw, startVersitygw } from "./versitygw.js";

/** The real servers of this run, by name; one that is not installed here is missing. */
export interface Servers {
  readonly radosgw: S3Server | undefined;
  readonly swift: S3Server | undefined;
  readonly versitygw: S3Server | undefined;
  readonly minio: S3Server | undefined;
}

declare module "vitest" {
  export interface ProvidedContext {
    servers: Servers;
  }
}

const started: StartedServer[] = [];

/**
 * Start the servers once for all files of the project. In CI a missing one is a failure, elsewhere it is left out; those in
 * Go, which no distribution packages and which take minutes to build, are left out in CI too.
 */
export async function setup(project: TestProject): Promise<void> {
  const isCi = process.env["CI"] !== undefined;
  const [radosgw, swift, versitygw, minio] = await Promise.all([
    begin(lackOfRadosgw(), startRadosgw, isCi),
    begin(lackOfSwift(), startSwift, isCi),
    begin(lackOfVersitygw(), startVersitygw, false),
    begin(lackOfMinio(), startMinio, false),
  ]);
  project.provide("servers", {
    radosgw: describe(radosgw),
    swift: describe(swift),
    versitygw: describe(versitygw),
    minio: describe(minio),
  });
}

export async function teardown(): Promise<void> {
  await Promise.all(started.splice(0).map(async (server) => await server.stop()));
}

async function begin(
  lack: string | undefined,
  start: () => Promise<StartedServer>,
  isRequired: boolean,
): Promise<StartedServer | undefined> {
  if (lack === undefined) {
    const server = await start();
    started.push(server);
    return server;
  }
  if (isRequired) throw new Error(lack);
  process.stderr.write(`${lack}\n`);
  return undefined;
}

/** What can be sent to the tests' own processes. */
function describe(server: StartedServer | undefined): S3Server | undefined {
  if (server === undefined) return undefined;
  const { endpoint, region, credentials, stranger } = server;
  return { endpoint, region, credentials, stranger };
}
