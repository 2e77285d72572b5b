import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { schemaFile } from "../env/schema-file.js";
import { habitsOf } from "../start/detect.js";
import { readStartSettings } from "../start/settings.js";
import { isPlainWord, type PackageJson, packageIn, textOf } from "./repository-files.js";
import type { NodeStack } from "./stack.js";
import { type Workspace, workspaceAround } from "./workspace.js";

/** The Node that is taken where the app does not say: the line that is maintained longest. */
const usualNode = 22;
/** Lines that images are published for; an older one that an app asks for is taken all the same. */
const newestNode = 24;

/** What was found out of a Node app, and what stands in its way. */
export interface NodeFindings {
  readonly stack: NodeStack;
  /** Absolute: the folder that the image is built from. */
  readonly context: string;
  readonly advice: readonly string[];
}

/** Look at a Node app; undefined where no command could be found that starts it. */
export function readNode(folder: string, base: string): NodeFindings | undefined {
  const manifest = packageIn(folder);
  if (manifest === undefined) return undefined;
  const advice: string[] = [];
  const workspace = workspaceAround(folder, base);
  const context = workspace?.root ?? folder;
  const manager = managerOf(context, workspace === undefined ? manifest : packageIn(context));
  if (!manager.isLocked) {
    advice.push(
      `There is no lock file, so each build installs what is newest that day. Make one with \`${manager.name} install\` and commit it.`,
    );
  }
  const start = startOf(folder, manifest, advice);
  const { output, hasSourceMaps } = compilerOf(folder);
  const dependencies = { ...manifest.devDependencies, ...manifest.dependencies };
  const habits = habitsOf(folder);
  adviseOnTools(manifest, habits.migrate, start ?? [], advice);
  const build = manifest.scripts?.["build"];
  const stack: NodeStack = {
    kind: "node",
    manager: manager.name,
    managerVersion: manager.version,
    nodeMajor: nodeOf(folder, manifest),
    manifests: manager.files,
    isLocked: manager.isLocked,
    workspace: workspace === undefined ? undefined : { app: workspace.app, needs: workspace.needs, configs: configsOf(workspace) },
    build: build === undefined ? undefined : { makesNeeds: /\btsc\s+(?:-b|--build)\b|\bturbo\b|\bnx\b/.test(build) },
    output: output ?? outputOf(dependencies),
    hasSourceMaps,
    start: start ?? [],
    checks: checksOf(manager.name, manifest, workspace),
    hasHoldfast: "holdfast" in (manifest.dependencies ?? {}),
    prisma: "@prisma/client" in dependencies && existsSync(join(folder, "prisma")) ? "prisma" : undefined,
    hasMigrations: habits.migrate !== undefined,
    staticFolder: staticFolderOf(folder),
  };
  return { stack, context, advice };
}

function staticFolderOf(folder: string): string | undefined {
  const { static: wanted } = readStartSettings(textOf(join(folder, schemaFile)) ?? "").settings;
  const to = typeof wanted === "object" ? posix.normalize(wanted.to).replace(/\/$/, "") : undefined;
  return to !== undefined && isPlainWord(to) && !/^(?:\/|\.\.?(?:\/|$))/.test(to) ? to : undefined;
}

interface Manager {
  readonly name: NodeStack["manager"];
  readonly version: string | undefined;
  readonly files: readonly string[];
  readonly isLocked: boolean;
}

const settings: Readonly<Record<NodeStack["manager"], readonly string[]>> = {
  npm: [".npmrc"],
  pnpm: ["pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs"],
  yarn: [".yarnrc", ".npmrc"],
  "yarn-berry": [".yarnrc.yml"],
};

function managerOf(context: string, manifest: PackageJson | undefined): Manager {
  const [, named, said] = /^(npm|pnpm|yarn)@(\d+\.\d+\.\d+)/.exec(manifest?.packageManager ?? "") ?? [];
  const locks = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"].filter((file) =>
    existsSync(join(context, file)),
  );
  const ofLock = (lock: string | undefined): NodeStack["manager"] => {
    if (lock === "pnpm-lock.yaml") return "pnpm";
    if (lock !== "yarn.lock") return "npm";
    return textOf(join(context, lock))?.includes("__metadata:") === true ? "yarn-berry" : "yarn";
  };
  const lock = locks.find((one) => named === undefined || ofLock(one).startsWith(named)) ?? locks[0];
  const asked =
    named === "yarn" && said !== undefined && !said.startsWith("1.") ? "yarn-berry" : (named as NodeStack["manager"] | undefined);
  const name = lock === undefined ? (asked ?? "npm") : ofLock(lock);
  const files = [
    "package.json",
    ...(lock === undefined ? [] : [lock]),
    ...settings[name].filter((file) => existsSync(join(context, file))),
  ];
  const isSame = named !== undefined && name.startsWith(named);
  return { name, version: isSame ? said : undefined, files, isLocked: lock !== undefined };
}

/** The lowest line that `engines`, `.nvmrc` and their like allow; ours where they allow it. */
function nodeOf(folder: string, manifest: PackageJson): number {
  const pinned = [".nvmrc", ".node-version"].flatMap((file) => /^v?(\d+)/.exec(textOf(join(folder, file))?.trim() ?? "")?.[1] ?? [])[0];
  if (pinned !== undefined) return Number(pinned);
  const range = manifest.engines?.node ?? "";
  const [, operator = "", major] = /^\s*(>=|\^|~|=)?\s*v?(\d+)/.exec(range) ?? [];
  if (major === undefined) return usualNode;
  const least = Number(major);
  const isOpen = operator === ">=" && !range.includes("<");
  return isOpen ? Math.min(Math.max(least, usualNode), Math.max(least, newestNode)) : least;
}

/** The command of `npm start`, so that npm does not stand between the platform's signals and the app. */
function startOf(folder: string, manifest: PackageJson, advice: string[]): readonly string[] | undefined {
  const script = manifest.scripts?.["start"];
  if (script !== undefined) {
    if (/[|&;<>()$`*?]/.test(script)) {
      advice.push(`The script "start" is a line of shell, and signals may not reach the app through it: ${script}`);
      return ["npm", "start"];
    }
    const words = script
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
    const tool = words.find((word) => !/^\w+=/.test(word)) ?? "";
    if (/^(?:nodemon|ts-node-dev)$/.test(tool))
      advice.push(`The script "start" runs ${tool}, a tool for development: start what the build makes, such as node dist/main.js.`);
    const command = words.map((word, index) =>
      index === words.indexOf(tool) && tool !== "node" && tool !== "npm" && !tool.includes("/") ? `node_modules/.bin/${word}` : word,
    );
    return /^\w+=/.test(command[0] ?? "") ? ["env", ...command] : command;
  }
  const file = [manifest.main, "server.js", "app.js", "index.js", "src/index.js", "src/server.js"].find(
    (name) => name !== undefined && existsSync(join(folder, name)),
  );
  return file === undefined ? undefined : ["node", posix.normalize(file)];
}

/** `outDir` and `sourceMap` of tsconfig.json, which may have comments. */
function compilerOf(folder: string): { readonly output: string | undefined; readonly hasSourceMaps: boolean } {
  const read = (path: string, depth: number): Readonly<Record<string, unknown>> => {
    const text = textOf(path)
      ?.replaceAll(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, "$1")
      .replaceAll(/,(\s*[}\]])/g, "$1");
    if (text === undefined || depth > 5) return {};
    try {
      const { extends: parent, compilerOptions = {} } = JSON.parse(text) as {
        extends?: unknown;
        compilerOptions?: Record<string, unknown>;
      };
      const inherited =
        typeof parent === "string" && parent.startsWith(".")
          ? read(join(path, "..", parent.endsWith(".json") ? parent : `${parent}.json`), depth + 1)
          : {};
      return { ...inherited, ...compilerOptions };
    } catch {
      return {};
    }
  };
  const options = read(join(folder, "tsconfig.json"), 0);
  const outDir = options["outDir"];
  return {
    output:
      typeof outDir === "string" && isPlainWord(outDir) && options["noEmit"] !== true
        ? posix.normalize(outDir).replace(/\/$/, "")
        : undefined,
    hasSourceMaps: options["sourceMap"] === true,
  };
}

function outputOf(dependencies: Readonly<Record<string, string>>): string | undefined {
  if ("next" in dependencies) return ".next";
  if ("react-scripts" in dependencies) return "build";
  return "vite" in dependencies || "astro" in dependencies || "@angular/cli" in dependencies ? "dist" : undefined;
}

/** What checks an app, by the usual names of scripts: the app's own, else those of its workspace. */
const checkScripts: readonly (readonly [string, readonly string[]])[] = [
  ["Lint", ["lint"]],
  ["Types", ["check", "typecheck", "type-check"]],
  ["Build", ["build"]],
  ["Test", ["test"]],
];

function checksOf(manager: NodeStack["manager"], manifest: PackageJson, workspace: Workspace | undefined): NodeStack["checks"] {
  const around = workspace === undefined ? undefined : packageIn(workspace.root);
  // What npm writes into a new package.json is no test.
  const has = (of: PackageJson | undefined, script: string): boolean =>
    of?.scripts?.[script] !== undefined && !/no test specified/.test(of.scripts[script]);
  return checkScripts.flatMap(([title, names]) => {
    const own = names.find((name) => has(manifest, name));
    if (own !== undefined) return [{ title, command: runScript(manager, own, workspace?.app.name) }];
    const shared = names.find((name) => has(around, name));
    return shared === undefined ? [] : [{ title, command: runScript(manager, shared, undefined) }];
  });
}

/** The command that runs a script of the app, or of one member of a workspace. */
export function runScript(manager: NodeStack["manager"], script: string, member: string | undefined): string {
  switch (manager) {
    case "npm":
      return `npm run ${script}${member === undefined ? "" : ` -w ${member}`}`;
    case "pnpm":
      return `pnpm ${member === undefined ? "" : `--filter ${member} `}run ${script}`;
    case "yarn":
    case "yarn-berry":
      return member === undefined ? `yarn run ${script}` : `yarn workspace ${member} run ${script}`;
  }
}

/** Files of the workspace's root that builds read: settings of compilers and of task runners. */
function configsOf({ root }: Workspace): readonly string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(?:tsconfig[\w.-]*\.json|turbo\.json|nx\.json|[\w-]+\.config\.[cm]?[jt]s)$/.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
}

/** What the start runs has to be in the image, where packages for development are not. */
function adviseOnTools(manifest: PackageJson, migrate: string | undefined, start: readonly string[], advice: string[]): void {
  const tools = [
    /^npx --no-install (\S+)/.exec(migrate ?? "")?.[1],
    start.find((word) => word.startsWith("node_modules/.bin/"))?.slice(18),
  ];
  for (const name of new Set(tools)) {
    if (name === undefined || !(name in (manifest.devDependencies ?? {})) || name in (manifest.dependencies ?? {})) continue;
    advice.push(`The start runs ${name}, which is among devDependencies and therefore not in the image: move it to dependencies.`);
  }
}
