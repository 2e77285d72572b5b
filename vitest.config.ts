import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`packages/${path}`, import.meta.url));

const sources = [
  { find: /^@holdfast\/media$/, replacement: source("media/src/index.ts") },
  { find: /^@holdfast\/media\/(node|express|fastify|hono)$/, replacement: source("media/src/http/$1.ts") },
  { find: /^@holdfast\/media\/env$/, replacement: source("media/src/read-env.ts") },
  { find: /^@holdfast\/media\/sentry$/, replacement: source("media/src/sentry/report-errors.ts") },
  { find: /^@holdfast\/media\/static$/, replacement: source("media/src/static.ts") },
  { find: /^#env\/(.*)$/, replacement: source("media/src/env/$1.ts") },
  { find: /^#static\/(.*)$/, replacement: source("media/src/http/static-$1.ts") },
  { find: /^@holdfast\/media\/(browser|testing)$/, replacement: source("media/src/$1/index.ts") },
  { find: /^@holdfast\/example-site$/, replacement: fileURLToPath(new URL("examples/site/src/index.ts", import.meta.url)) },
  { find: /^@holdfast\/server$/, replacement: source("server/src/index.ts") },
];

/** What holdfast takes along of media. */
const ownEnvironment = sources.filter(({ find }) => find.source.startsWith("^#"));

/** The unit tests of what a catalogue is beneath, which run on SQLite as all do, and on PostgreSQL again. */
const onBothDatabases = [
  "catalogue/{apply-migrations,canary,jobs,tables}",
  "delivery/{at-hand,signing-keys,variants}",
  "http/{adapters,mistyped-catalogue}",
  "jobs/{manifests,replication,worker}",
  "uploads/{receive,receive-form,settle}",
  "{attaching,open-media,rebuild-catalogue}",
].map((name) => `packages/media/src/${name}.test.ts`);

/** Left to itself, vitest keeps one of two cores free. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

/** Unit tests read the packages' sources, and so do those of storage and PostgreSQL; the other projects under test/ run what was built. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias: sources },
        test: { name: "unit", include: ["packages/**/*.test.ts", "bench/src/**/*.test.ts"], testTimeout: 20_000, maxWorkers },
      },
      {
        // The example applications, each in one process with SQLite and a folder of its own.
        resolve: { alias: sources },
        test: { name: "examples", include: ["examples/{site,articles,lettings,crm}/src/**/*.test.ts"], testTimeout: 20_000, maxWorkers },
      },
      {
        resolve: { alias: ownEnvironment },
        test: { name: "house", include: ["test/house/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
      { test: { name: "system", include: ["test/system/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers } },
      {
        // Real S3 servers, started once. The example of a driver is here because it is held to the same contract.
        resolve: { alias: sources },
        test: {
          name: "storage",
          include: ["test/storage/**/*.test.ts", "examples/driver-*/src/**/*.test.ts"],
          globalSetup: "test/storage/servers.ts",
          testTimeout: 240_000,
          hookTimeout: 60_000,
          maxWorkers,
          // Most of what waits here waits for a silence to end.
          maxConcurrency: 12,
        },
      },
      {
        resolve: { alias: sources },
        test: {
          name: "postgres",
          include: [
            ...onBothDatabases,
            "test/postgres/**/*.test.ts",
            "test/start/**/*.test.ts",
            "examples/express-*/src/**/*.test.ts",
            "examples/{crm,lettings}/src/at-once.test.ts",
          ],
          globalSetup: "test/postgres/server.ts",
          setupFiles: "test/postgres/on-postgres.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers,
        },
      },
      {
        // Instances as processes, on one PostgreSQL and one bucket; a file at a time, for each has several of them.
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          globalSetup: "test/lab/servers.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // Each builds an image and runs it: minutes, not seconds, so .ci/full runs them.
        resolve: { alias: sources },
        test: { name: "images", include: ["test/images/**/*.test.ts"], testTimeout: 600_000, hookTimeout: 180_000, fileParallelism: false },
      },
      { test: { name: "packed", include: ["test/packed/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 180_000 } },
      {
        // One file at a time: each has a browser, a service and the service's own children.
        test: {
          name: "browser",
          expect: { poll: { timeout: 10_000 } },
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
