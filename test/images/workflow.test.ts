import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuildServices, lacksBuilders, startBuildServices } from "./build-services.js";
import { lacksContainers, startContainer } from "./container.js";
import { makeApp, makeDjangoProject, nodeApp, runInit } from "./made-apps.js";
import { type OwnRegistry, startOwnRegistry } from "./own-registry.js";
import { type Given, runWorkflow } from "./workflow-steps.js";

const run = promisify(execFile);
const sha = "0123456789abcdef0123456789abcdef01234567";
const python = process.env["HOLDFAST_TEST_PYTHON"] ?? "";
const hookKey = "key-of-the-hook";
const sentryToken = "token-of-sentry";

interface Asked {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** A local server that notes what it is asked, and answers as `answer` says. */
async function listen(
  answer: (asked: Asked, origin: string) => readonly [number, unknown],
): Promise<{ readonly origin: string; readonly asked: Asked[]; readonly server: Server }> {
  const asked: Asked[] = [];
  const server = createServer((incoming, response) => {
    const blocks: Buffer[] = [];
    incoming.on("data", (block: Buffer) => blocks.push(block));
    incoming.on("end", () => {
      const one = {
        line: `${incoming.method} ${incoming.url}`,
        authorization: incoming.headers.authorization,
        body: Buffer.concat(blocks),
      };
      asked.push(one);
      const [status, body] = answer(one, origin);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, asked, server };
}

/** Stands in for Sentry's API, as its own command line uses it: it wants the bundle's chunk once, and has it then. */
function answerAsSentry(seen: { hasChunk: boolean }): Parameters<typeof listen>[0] {
  return ({ line, body }, origin) => {
    if (line.startsWith("GET") && line.includes("/chunk-upload/")) {
      const limits = {
        chunkSize: 8_388_608,
        chunksPerRequest: 64,
        maxRequestSize: 33_554_432,
        maxFileSize: 2_147_483_648,
        maxWait: 60,
        concurrency: 1,
      };
      return [
        200,
        {
          url: `${origin}/api/0/organizations/camille/chunk-upload/`,
          hashAlgorithm: "sha1",
          compression: [],
          accept: ["artifact_bundles", "artifact_bundles_v2"],
          ...limits,
        },
      ];
    }
    if (line.includes("/chunk-upload/")) {
      seen.hasChunk = true;
      return [200, {}];
    }
    if (line.includes("/assemble/")) {
      const { checksum } = JSON.parse(body.toString()) as { checksum: string };
      return [200, seen.hasChunk ? { state: "ok", missingChunks: [] } : { state: "not_found", missingChunks: [checksum] }];
    }
    if (line.includes("/deploys/")) return [201, { id: "1", environment: "production", dateFinished: "2026-11-28T00:00:00Z" }];
    return [200, { version: sha, dateCreated: "2026-11-28T00:00:00Z", projects: [{ slug: "shop", name: "shop" }] }];
  };
}

describe.skipIf(lacksContainers || lacksBuilders)("the workflow that holdfast init writes", () => {
  let npm: OwnRegistry;
  let services: BuildServices;
  let folder = "";
  let text = "";
  const closing: Server[] = [];

  beforeAll(async () => {
    npm = await startOwnRegistry();
    services = await startBuildServices(npm.url);
    folder = await makeApp(nodeApp);
    await run("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: folder });
    await runInit(folder, ["--registry", `${services.registry}/camille/counter`]);
    text = await readFile(join(folder, ".github/workflows/deploy.yml"), "utf8");
  }, 600_000);
  afterAll(async () => {
    for (const server of closing) server.close();
    await services.close();
    await npm.close();
    await rm(folder, { recursive: true, force: true });
  });

  const given = (more: Partial<Given>): Given => ({
    folder,
    event: "push",
    sha,
    secrets: {},
    vars: {},
    // The registry of npm that has holdfast, which is not published; the runner's Node is this machine's.
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      CI: "true",
      npm_config_registry: npm.url,
      ...authorities(),
      ...services.env,
    },
    // The builder of the real run comes as an image from Docker Hub, which cannot be reached here.
    instead: { Builder: services.builder },
    ...more,
  });

  it("for a pull request checks and builds, publishes nothing, and needs no secret", { timeout: 600_000 }, async () => {
    const { steps, failed, summary } = await runWorkflow(text, given({ event: "pull_request" }));
    expect(steps.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect([failed, summary]).toEqual([[], ""]);
    expect(steps.map(({ job, step }) => `${job}: ${step}`)).toEqual([
      "check: Install",
      "check: Build",
      "check: Test",
      "check: Does everything survive the next deploy?",
      "check: Is .env.example up to date?",
      "image: Builder",
      "image: Build",
    ]);
    expect(await services.read("/v2/_catalog")).toEqual({ repositories: [] });
  });

  it(
    "for the main branch publishes by digest, has that digest deployed, and makes the release at Sentry",
    { timeout: 600_000 },
    async () => {
      const hook = await listen(() => [200, { deploy: { id: "dep-1" } }]);
      const sentry = await listen(answerAsSentry({ hasChunk: false }));
      closing.push(hook.server, sentry.server);
      const secrets = {
        REGISTRY_USERNAME: services.user,
        REGISTRY_PASSWORD: services.password,
        RENDER_DEPLOY_HOOK: `${hook.origin}/deploy/srv-1?key=${hookKey}`,
        SENTRY_AUTH_TOKEN: sentryToken,
      };
      const vars = { SENTRY_ORG: "camille", SENTRY_PROJECT: "shop", SENTRY_URL: sentry.origin };
      const { steps, failed, outputs, summary } = await runWorkflow(
        text,
        given({ secrets, vars, instead: { Builder: `${services.builder} || true` } }),
      );
      expect(steps.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
      expect(failed).toEqual([]);
      expect(steps.map(({ job }) => job)).not.toContain("image");
      for (const secret of [services.password, hookKey, sentryToken]) expect(JSON.stringify(steps) + summary).not.toContain(secret);

      // What was published: the digest is of an index with the image, its bill of materials and where it comes from.
      const image = `${services.registry}/camille/counter`;
      const digest = outputs["publish"]?.["digest"] ?? "";
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
      const index = (await services.read(`/v2/camille/counter/manifests/${digest}`)) as {
        manifests: { digest: string; annotations?: Record<string, string> }[];
      };
      const [built, attached] = index.manifests;
      expect(attached?.annotations?.["vnd.docker.reference.digest"]).toBe(built?.digest);
      const { layers } = (await services.read(`/v2/camille/counter/manifests/${attached?.digest}`)) as {
        layers: { digest: string; annotations: Record<string, string> }[];
      };
      expect(new Set(layers.map(({ annotations }) => annotations["in-toto.io/predicate-type"]))).toEqual(
        new Set(["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"]),
      );
      const bill = layers.find(({ annotations }) => annotations["in-toto.io/predicate-type"] === "https://spdx.dev/Document");
      expect(JSON.stringify(await services.read(`/v2/camille/counter/blobs/${bill?.digest}`))).toContain(
        '"name":"picocolors","versionInfo":"1.1.1"',
      );
      const manifest = (await services.read(`/v2/camille/counter/manifests/${built?.digest}`)) as { config: { digest: string } };
      const config = (await services.read(`/v2/camille/counter/blobs/${manifest.config.digest}`)) as {
        config: { Labels: Record<string, string>; User: string };
      };
      expect(config.config.User).toBe("1000:1000");
      expect(config.config.Labels).toMatchObject({
        "org.opencontainers.image.title": "counter",
        "org.opencontainers.image.source": "https://github.com/camille/counter",
        "org.opencontainers.image.revision": sha,
        "org.opencontainers.image.version": "main-7",
      });
      expect(await services.read("/v2/camille/counter/tags/list")).toMatchObject({
        tags: expect.arrayContaining(["main", sha]) as string[],
      });

      // What Render was told, and Sentry.
      const [told, ...again] = hook.asked.map(({ line }) => new URL(line.replace("GET ", hook.origin)));
      expect([told?.pathname, told?.searchParams.get("key"), told?.searchParams.get("imgURL"), again]).toEqual([
        "/deploy/srv-1",
        hookKey,
        `${image}@${digest}`,
        [],
      ]);
      expect(summary).toContain(`Render deploys ${image}@${digest}`);
      expect(sentry.asked.every(({ authorization }) => authorization === `Bearer ${sentryToken}`)).toBe(true);
      const bundle =
        sentry.asked.find(({ line }) => line.startsWith("POST") && line.includes("/chunk-upload/"))?.body.toString("latin1") ?? "";
      expect(bundle).toContain("/app/dist/server.js.map");
      expect(sentry.asked.map(({ line }) => line)).toContain(`POST /api/0/organizations/camille/releases/${sha}/deploys/`);

      // And what was published runs, and knows which release it is.
      const container = await startContainer(`${image}@${digest}`, 4292, { env: { SESSION_SECRET: "0123456789abcdef0123456789abcdef" } });
      try {
        expect(await (await fetch(`${container.origin}/env`)).json()).toMatchObject({ release: sha });
      } finally {
        await container.remove();
      }
    },
  );

  it.skipIf(!existsSync(python))(
    "for a new Django project is stopped by the doctor, and publishes nothing",
    { timeout: 300_000 },
    async () => {
      const project = await makeDjangoProject(python);
      const tools = await mkdtemp(join(tmpdir(), "holdfast-venv-"));
      try {
        await runInit(project, ["--registry", `${services.registry}/camille/django`]);
        await run(python, ["-m", "venv", tools]);
        const django = await readFile(join(project, ".github/workflows/deploy.yml"), "utf8");
        const base = given({ folder: project });
        const { PIP_INDEX_URL, PIP_CERT } = process.env;
        const pip = Object.fromEntries(
          Object.entries({ PIP_INDEX_URL, PIP_CERT }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
        );
        const { steps, failed } = await runWorkflow(django, {
          ...base,
          env: { ...base.env, ...pip, PATH: `${tools}/bin:${base.env["PATH"]}` },
        });
        expect(steps.map(({ step, exitCode }) => [step, exitCode])).toEqual([
          ["Install", 0],
          ["System check", 0],
          ["Are all migrations written?", 0],
          ["Test", 0],
          ["Does everything survive the next deploy?", 1],
        ]);
        expect(steps.at(-1)?.printed).toMatch(/^::error file=config\/settings\.py,.*DATA001/m);
        expect(failed).toEqual(["check"]);
      } finally {
        await rm(project, { recursive: true, force: true });
        await rm(tools, { recursive: true, force: true });
      }
    },
  );

  it.each([
    [200, 0, "Render deploys"],
    [202, 0, "Render has queued"],
    [400, 1, "host, owner and name have to be those of the service"],
    [401, 1, "Render does not know the hook (401)"],
    [404, 1, "Render does not know the hook (404)"],
    [409, 1, "The service is suspended"],
  ])("says what it means when Render answers %i", async (status, exitCode, words) => {
    const hook = await listen(() => [status, {}]);
    closing.push(hook.server);
    const secrets = { RENDER_DEPLOY_HOOK: `${hook.origin}/deploy/srv-1?key=${hookKey}` };
    const { steps, summary } = await runWorkflow(text, given({ secrets, only: ["deploy"], outputs: { publish: { digest: "sha256:00" } } }));
    expect(steps[0]?.exitCode).toBe(exitCode);
    expect((steps[0]?.printed ?? "") + summary).toContain(words);
    expect((steps[0]?.printed ?? "") + summary).not.toContain(hookKey);
  });

  it("deploys nothing without the hook, and says so", async () => {
    const { steps, failed } = await runWorkflow(text, given({ only: ["deploy"], outputs: { publish: { digest: "sha256:00" } } }));
    expect(failed).toEqual([]);
    expect(steps[0]?.printed).toContain("::warning::The image is published and not deployed");
  });
});

function authorities(): Record<string, string> {
  const { NODE_EXTRA_CA_CERTS } = process.env;
  return NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
}
