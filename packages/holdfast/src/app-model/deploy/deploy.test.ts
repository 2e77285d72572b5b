import { describe, expect, it } from "vitest";
import { treeOf } from "../source-tree.fixture.js";
import { parseDotenv, readDotenv } from "./dotenv.js";
import { readDeployment } from "./read-deployment.js";
import type { Service } from "../model.js";

function first(files: Readonly<Record<string, string>>): Service {
  const [service] = readDeployment(treeOf(files)).services;
  if (service === undefined) throw new Error("no service was read");
  return service;
}

function variables(service: Service): Readonly<Record<string, string>> {
  return Object.fromEntries(
    service.variables.map(({ name, declared }) => [name, declared.kind === "value" ? declared.value : `(${declared.kind})`]),
  );
}

function commands(service: Service, phase: string): readonly string[] {
  return service.phases.filter(({ name }) => name === phase).map(({ command }) => command);
}

describe("a Blueprint", () => {
  const blueprint = `
databases:
  - name: db
    plan: free
envVarGroups:
  - name: shared
    envVars:
      - key: SHARED
        value: "1"
services:
  - type: worker
    name: jobs
    runtime: python
  - type: web
    name: site
    runtime: python
    rootDir: backend
    buildCommand: ./build.sh
    startCommand: gunicorn app.wsgi
    disk:
      name: files
      mountPath: /var/data
      sizeGB: 1
    envVars:
      - key: DEBUG
        value: False
      - key: SECRET_KEY
        generateValue: true
      - key: CLOUDINARY_URL
        sync: false
      - key: DATABASE_URL
        fromDatabase: { name: db, property: connectionString }
      - key: WRONG_URL
        fromDatabase: { name: jobs, property: connectionString }
      - fromGroup: shared
      - fromGroup: of-the-dashboard
`;

  it("is read: the web service first, its folder, its disk, its variables as they are written", () => {
    const service = first({ "render.yaml": blueprint, "backend/build.sh": "set -e\npython manage.py collectstatic\n" });
    expect(service).toMatchObject({
      name: "site",
      platform: "render",
      kind: "web",
      root: "backend",
      at: { file: "render.yaml", line: 14 },
    });
    expect(service.containerRoot).toBe("/opt/render/project/src/backend");
    expect(service.disks).toEqual([{ mountPath: "/var/data", file: "render.yaml", line: 22 }]);
    expect(variables(service)).toEqual({
      DEBUG: "False",
      SECRET_KEY: "(given)",
      CLOUDINARY_URL: "(asked)",
      DATABASE_URL: "(given)",
      WRONG_URL: "(asked)",
      SHARED: "1",
    });
    expect(commands(service, "build")).toEqual(["./build.sh", "set -e", "python manage.py collectstatic"]);
  });

  it("has no disk by a wrong key, as a number, or on a free plan, and that is observed", () => {
    const of = (disk: string) => readDeployment(treeOf({ "render.yaml": `services:\n  - type: web\n    runtime: node\n    ${disk}\n` }));
    const wrongKey = of("disks:\n      - mountPath: /data");
    const asNumber = of("disk: 1024");
    const free = of("plan: free\n    disk:\n      mountPath: /data");
    for (const { services } of [wrongKey, asNumber, free]) expect(services[0]?.disks).toEqual([]);
    expect([wrongKey, asNumber, free].map(({ observations }) => observations[0]?.name)).toEqual([
      "disk-key-invalid",
      "disk-key-invalid",
      "disk-on-free-plan",
    ]);
  });

  it("in a subfolder speaks of that folder", () => {
    expect(first({ "server/render.yaml": "services:\n  - type: web\n    runtime: node\n", "server/index.js": "" }).root).toBe("server");
    const fromTop = "services:\n  - type: web\n    runtime: node\n    rootDir: server\n";
    expect(first({ "server/render.yaml": fromTop, "server/index.js": "" }).root).toBe("server");
  });

  it("goes where its start command goes", () => {
    const service = first({
      "render.yaml": "services:\n  - type: web\n    runtime: node\n    startCommand: cd server && npm start\n",
      "server/package.json": '{ "scripts": { "start": "NODE_ENV=production node index.js" } }',
    });
    expect(service).toMatchObject({ root: "server", containerRoot: "/opt/render/project/src/server" });
    expect(commands(service, "start")).toEqual(["cd server && npm start", "NODE_ENV=production node index.js"]);
    expect(variables(service)["NODE_ENV"]).toBe("production");
  });

  it("that is broken is said to be", () => {
    const { services, notUnderstood } = readDeployment(treeOf({ "render.yaml": "" }));
    expect(services).toEqual([]);
    expect(notUnderstood).toEqual([{ file: "render.yaml", line: 1, why: "this file is not valid YAML" }]);
  });

  it("that is a bomb is read without expanding it", () => {
    let bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (let index = 1; index < 12; index++)
      bomb += `a${index}: &a${index} [${Array(10)
        .fill(`*a${index - 1}`)
        .join(", ")}]\n`;
    const loop = "services: &s\n  - type: web\n    runtime: node\n    envVars: *s\n";
    expect(first({ "render.yaml": `${bomb}services:\n  - type: web\n    runtime: node\n    envVars: *a11\n` }).variables).toEqual([]);
    expect(first({ "render.yaml": loop }).platform).toBe("render");
    expect(readDeployment(treeOf({ "render.yaml": "[".repeat(100_000) })).services).toEqual([]);
    expect(readDeployment(treeOf({ "render.yaml": `${"a:\n".repeat(3)}${"- ".repeat(50_000)}` })).services).toEqual([]);
  });
});

describe("a Dockerfile", () => {
  const fly = 'app = "site"\n[env]\nSTORAGE = "/data/uploads"\n[mounts]\nsource = "files"\ndestination = "/data"\n';

  it("tells where the app is, what is set, how it starts, and what is linked", () => {
    const dockerfile = [
      "FROM node:20 AS build",
      "WORKDIR /src",
      "COPY . .",
      "FROM node:20-slim",
      "ENV NODE_ENV=production \\",
      '    TITLE="My app"',
      "ENV OLD value of old",
      "WORKDIR /app",
      "COPY --from=build /src /app",
      "RUN mkdir -p /data && ln -sfn /data/uploads ./uploads",
      "VOLUME /app/media",
      'CMD ["node", "server.js"]',
    ].join("\n");
    const service = first({ "fly.toml": fly, Dockerfile: dockerfile });
    expect(service).toMatchObject({ platform: "fly", containerRoot: "/app", links: [{ from: "/app/uploads", to: "/data/uploads" }] });
    expect(service.disks).toEqual([{ mountPath: "/data", file: "fly.toml", line: 6 }]);
    expect(variables(service)).toEqual({ NODE_ENV: "production", TITLE: "My app", OLD: "value of old", STORAGE: "/data/uploads" });
    expect(commands(service, "start")).toEqual(["node server.js"]);
  });

  it("that copies a folder tells where that folder is", () => {
    const files = { "fly.toml": fly, Dockerfile: "FROM python\nWORKDIR /code\nCOPY requirements.txt .\nCOPY . /srv/app/\n" };
    expect(first(files).containerRoot).toBe("/srv/app");
  });

  it("is read where the TOML beside it has a table twice, as its own tool takes it", () => {
    const twice = `mounts = []\n${fly}[http_service]\ninternal_port = 1\n[http_service]\ninternal_port = 2\n`;
    expect(first({ "fly.toml": twice, Dockerfile: "FROM x\n" }).disks.map(({ mountPath }) => mountPath)).toEqual(["/data"]);
  });

  it("runs on the platform that is named, where no deploy file speaks of it", () => {
    const named = first({ Dockerfile: "FROM x\nWORKDIR /app\n", "README.md": "Live at https://shop.onrender.com" });
    expect(named).toMatchObject({ platform: "render", containerRoot: "/app" });
    expect(first({ Dockerfile: "FROM x\nWORKDIR /app\n" }).platform).toBe("container");
  });
});

describe("other deploy files", () => {
  it("are Heroku's: processes, declared variables, add-ons", () => {
    const manifest = {
      env: { A: "1", B: { value: "2" }, C: { generator: "secret" }, D: {}, E: { required: false } },
      addons: ["cloudinary:starter", { plan: "heroku-postgresql" }],
    };
    const service = first({
      Procfile: "release: python manage.py migrate\nweb: gunicorn app.wsgi\n",
      "app.json": JSON.stringify(manifest),
    });
    expect(service).toMatchObject({ platform: "heroku", containerRoot: "/app", at: { file: "Procfile", line: 2 } });
    expect(variables(service)).toEqual({ A: "1", B: "2", C: "(given)", D: "(asked)", CLOUDINARY_URL: "(given)", DATABASE_URL: "(given)" });
    expect(readDeployment(treeOf({ "app.json": '{ "expo": { "name": "phone" } }' })).services).toEqual([]);
  });

  it("are Railway's: a Procfile beside them is theirs", () => {
    const { services } = readDeployment(treeOf({ "railway.json": '{ "deploy": {} }', Procfile: "web: node server.js\n" }));
    expect(services[0]).toMatchObject({ platform: "railway", kind: "web" });
    expect(services[0]?.phases.map(({ command }) => command)).toEqual(["node server.js"]);
  });

  it("are Vercel's: a site of files, or code that runs", () => {
    expect(first({ "client/vercel.json": '{ "rewrites": [] }' })).toMatchObject({ platform: "vercel", kind: "static", root: "client" });
    expect(first({ "vercel.json": '{ "builds": [{ "src": "app/wsgi.py", "use": "@vercel/python" }] }' }).kind).toBe("web");
  });

  it("are compose files, where they are meant for production", () => {
    const compose = (more: string) =>
      `services:\n  app:\n    build: .\n    ports: ["80:80"]\n    volumes: ["files:/app/media", ".:/app"]\n${more}`;
    const production = first({ "docker-compose.yml": compose("    restart: always\n"), Dockerfile: "FROM x\nWORKDIR /app\n" });
    expect(production.disks.map(({ mountPath }) => mountPath)).toEqual(["/app/media"]);
    const development = first({
      "docker-compose.yml": compose("    environment:\n      NODE_ENV: development\n    restart: always\n"),
      Dockerfile: "FROM x\n",
    });
    expect(development.disks).toEqual([]);
    const named = {
      "docker-compose.yml": compose("    restart: always\n"),
      Dockerfile: "FROM x\n",
      "README.md": "https://x.up.railway.app",
    };
    expect(first(named).disks).toEqual([]);
  });
});

describe("commands", () => {
  it("are followed into scripts that call each other without end", () => {
    const service = first({
      Procfile: "web: ./start.sh\n",
      "start.sh": "#!/bin/sh\n# nothing\nexport MODE=live\nexec ./bin/again\n",
      "bin/again": "#!/bin/bash\n./start.sh\nnode index.js \\\n  --port 1\n",
    });
    expect(commands(service, "start")).toEqual([
      "./start.sh",
      "export MODE=live",
      "exec ./bin/again",
      "./start.sh",
      "node index.js  --port 1",
    ]);
    expect(variables(service)).toEqual({ MODE: "live" });
  });
});

describe("a .env file", () => {
  it("is parsed as the libraries do", () => {
    const found = parseDotenv("# no\nA=1\nexport B='two words' # x\nC=\"$A\"\nD=x # comment\nE=\n", ".env");
    expect(found.map(({ name, declared }) => [name, declared.kind === "value" ? declared.value : declared.kind])).toEqual([
      ["A", "1"],
      ["B", "two words"],
      ["C", "given"],
      ["D", "x"],
      ["E", ""],
    ]);
  });

  it("counts where git has it and the app loads it, and examples never", () => {
    const tree = treeOf({ ".env": "A=1", ".env.example": "B=2", "requirements.txt": "python-dotenv\n" });
    expect(readDotenv(tree, ".", () => true).map(({ name }) => name)).toEqual(["A"]);
    expect(readDotenv(tree, ".", () => false)).toEqual([]);
    expect(readDotenv(treeOf({ ".env": "A=1" }), ".", () => true)).toEqual([]);
  });
});
