import { describe, expect, it } from "vitest";
import { candidateRoots, serviceOf } from "./apps.js";
import { readDeployment } from "./deploy/read-deployment.js";
import type { Deployment } from "./model.js";
import { readApps } from "./read-app.js";
import { treeOf } from "./source-tree.fixture.js";

const express = '{ "dependencies": { "express": "4", "multer": "1" }, "scripts": { "start": "node index.js" } }';
const server =
  'const multer = require("multer");\nconst app = require("express")();\napp.post("/photos", multer({ dest: "uploads" }).single("photo"), (q, r) => r.end());\n';

function deploymentOf(files: Readonly<Record<string, string>>): Deployment {
  return readDeployment(treeOf(files));
}

describe("the folders that may hold an app", () => {
  it("are those that a service names and those with a manifest, and not what lies beside the app", () => {
    const files = {
      "render.yaml": "services:\n  - type: web\n    runtime: node\n    rootDir: api\n",
      "api/index.js": "",
      "package.json": "{}",
      "site/manage.py": "",
      "site/site/wsgi.py": "",
      "tests/package.json": "{}",
      "examples/a/package.json": "{}",
    };
    const tree = treeOf(files);
    expect(candidateRoots(tree, readDeployment(tree))).toEqual([
      { root: "api", isWeak: false },
      { root: ".", isWeak: false },
      { root: "site", isWeak: false },
      { root: "site/site", isWeak: true },
    ]);
  });
});

describe("the service of an app", () => {
  it("is the one of its own folder before one around it, and never a site of files", () => {
    const blueprint =
      "services:\n  - type: web\n    name: all\n    runtime: node\n  - type: web\n    name: api\n    runtime: node\n    rootDir: api\n";
    const deployment = deploymentOf({ "render.yaml": blueprint, "api/vercel.json": "{}" });
    expect(serviceOf("api", deployment)?.name).toBe("api");
    expect(serviceOf("worker", deployment)?.name).toBe("all");
    expect(serviceOf("client", deploymentOf({ "client/vercel.json": "{}" }))).toBeUndefined();
  });

  it("is one inside it where its deploy file lies beside the part that serves", () => {
    expect(serviceOf(".", deploymentOf({ "server/render.yaml": "services:\n  - type: web\n    runtime: node\n" }))?.root).toBe("server");
    expect(serviceOf(".", deploymentOf({ "worker/Dockerfile": "FROM x\n" }))).toBeUndefined();
  });
});

describe("readApps", () => {
  it("reads the server of a monorepo, under the service that runs it, and not its pages", async () => {
    const apps = await readApps(
      treeOf({
        "render.yaml": "services:\n  - type: web\n    runtime: node\n    rootDir: server\n",
        "server/package.json": express,
        "server/index.js": server,
        "client/package.json": '{ "dependencies": { "react": "19" } }',
        "client/src/main.js": "document.title = 'x';\n",
        "client/vercel.json": "{}",
      }),
    );
    expect(apps.filter(({ readings }) => readings.some(({ sinks }) => sinks.length > 0)).map(({ root }) => root)).toEqual(["server"]);
    expect(apps[0]?.service?.platform).toBe("render");
  });

  it("reads a folder and one inside it as one app where they find the same", async () => {
    const apps = await readApps(treeOf({ "package.json": express, "index.js": server, "web/index.php": "<?php echo 1;\n" }));
    expect(apps.map(({ root }) => root)).toEqual(["."]);
  });
});
