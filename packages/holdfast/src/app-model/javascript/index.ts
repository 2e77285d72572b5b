import type { DatabaseUse, Deployment, Evidence, Observation, Reader, Reading, Sink, SourceTree } from "../model.js";
import { adonisDatabase, adonisFiles, driveOutcomes, readAdonis } from "./adonis.js";
import { readBrowserUploads } from "./browser-uploads.js";
import { readDatabases, readJsonStores } from "./databases.js";
import { reachableModules, startedFiles } from "./entries.js";
import { dataFiles, readFileRoutes, routeFiles } from "./file-routes.js";
import { frameworkOf, isFrontEnd } from "./frameworks.js";
import { readMutations } from "./graphql.js";
import { imageProgram, readDirectus, readGhost, readKeystone } from "./hosted-cms.js";
import type { OpenMachine } from "./machine.js";
import { openMachine } from "./machine.js";
import { readNest } from "./nest.js";
import { firstFile } from "./options.js";
import { payloadConfigs, payloadDatabase, payloadSinks } from "./payload.js";
import { readOwnMedia } from "./own-media.js";
import type { Module, Project } from "./project.js";
import { openProject } from "./project.js";
import { readRoutes } from "./routes.js";
import { readSockets } from "./sockets.js";
import { strapiDatabase, strapiSinks } from "./strapi.js";
import { loadParser } from "./syntax.js";
import type { Handled } from "./uploads.js";
import { sinksOf } from "./uploads.js";

/** What a framework of its own adds to what its code does. */
interface Configured {
  readonly sinks: readonly Sink[];
  readonly databases: readonly DatabaseUse[];
}

const nothing: Configured = { sinks: [], databases: [] };

const readConfigured = (machine: OpenMachine, framework: string, deployment: Deployment): Configured => {
  switch (framework) {
    case "strapi":
      return { sinks: strapiSinks(machine), databases: strapiDatabase(machine) };
    case "payload":
      return { sinks: payloadSinks(machine), databases: payloadDatabase(machine) };
    case "directus":
      return readDirectus(machine, deployment);
    case "ghost":
      return readGhost(machine, deployment);
    case "keystone":
      return readKeystone(machine, firstFile(machine, "keystone", "src/keystone"));
    case "adonisjs":
      return { sinks: [], databases: adonisDatabase(machine) };
    default:
      return nothing;
  }
};

const variableNames: Readonly<Record<string, RegExp>> = {
  cloudinary: /CLOUDINARY|^CLOUD_NAME$/,
  s3: /AWS|S3|R2_|SPACES|BUCKET|MINIO/,
  supabase: /SUPABASE/,
  firebase: /FIREBASE/,
  gcs: /GCS|GCP|GOOGLE/,
  azure: /AZURE/,
  imagekit: /IMAGEKIT/,
};

/** The variables by which live code configures a service. */
const serviceVariables = (modules: readonly Module[]): ((service: string) => readonly string[]) => {
  const names = new Set<string>();
  for (const module of modules) {
    for (const match of module.syntax
      .textOf(module.syntax.program)
      .matchAll(/process\.env\.([A-Z][A-Z0-9_]*)|process\.env\[["']([A-Z][A-Z0-9_]*)["']\]/g))
      names.add(match[1] ?? match[2] ?? "");
  }
  return (service) => {
    const wanted = variableNames[service];
    const found =
      wanted === undefined
        ? []
        : [...names].filter(
            (name) => wanted.test(name) && /NAME|KEY|SECRET|URL|BUCKET|TOKEN|ID/.test(name) && !/FOLDER|PRESET|PUBLIC_URL/.test(name),
          );
    return found.slice(0, 6);
  };
};

/** The same sink reached through several routes is told once. */
const gathered = (sinks: readonly Sink[]): readonly Sink[] => {
  const groups = new Map<string, Sink[]>();
  for (const sink of sinks) {
    const key = JSON.stringify([sink.at.file, sink.label, sink.outcomes.map((row) => [row.when, row.destination])]);
    groups.set(key, [...(groups.get(key) ?? []), sink]);
  }
  return [...groups.values()].flatMap((group) => group.slice(0, 1));
};

const cloudWords: readonly (readonly [string, RegExp])[] = [
  ["cloudinary", /CloudinaryStorage\s*\(|cloudinary[\w.]*\.upload/],
  ["s3", /multerS3\s*\(|PutObjectCommand\s*\(/],
];

/** Cloud code that is commented out in an app whose files stay on the disk. */
const silencedClouds = (project: Project, sinks: readonly Sink[]): readonly Observation[] => {
  const destinations = sinks.flatMap((sink) => sink.outcomes.map((row) => row.destination.kind));
  if (!destinations.includes("disk") || destinations.includes("cloud")) return [];
  for (const path of project.tree.find(project.root, ".js", ".ts", ".mjs", ".cjs").slice(0, 2000)) {
    const text = project.tree.read(path) ?? "";
    for (const [service, words] of cloudWords) {
      const line = words.test(text) ? project.module(path)?.syntax.lineInCommentOnly(words) : undefined;
      if (line !== undefined) return [{ file: path, line, name: "cloud-in-dead-code", details: { service } }];
    }
  }
  return [];
};

/** Code that was reached and could not be parsed matters where it speaks of uploads. */
const unreadCode = (project: Project): readonly Evidence[] =>
  [...project.unread]
    .filter((path) => /multer|formidable|busboy|fileupload|upload\.|writeFile/i.test(project.tree.read(path) ?? ""))
    .map((file) => ({ file, line: 1, why: "this file could not be parsed, and it speaks of uploads" }));

const serverCalls = /\.listen\(|createServer\(|Bun\.serve|Deno\.serve|serve\(/;

const read = async (tree: SourceTree, root: string, deployment: Deployment): Promise<Reading | undefined> => {
  const parse = await loadParser();
  const project = openProject(tree, root, parse);
  const machine = openMachine(project);
  const image = imageProgram(machine);
  if (project.manifest === undefined && image === undefined) return undefined;
  const started = startedFiles(project, deployment);
  const hasServer = started.files.some((path) => serverCalls.test(tree.read(path) ?? ""));
  const framework = (project.manifest === undefined ? undefined : frameworkOf(project, started, hasServer)) ?? image;
  const functions = framework === undefined ? routeFiles(project, undefined, false) : [];
  if (framework === undefined && functions.length === 0) return undefined;
  if (framework === "node" && isFrontEnd(project) && !hasServer) return undefined;
  const name = framework ?? "functions";
  const byFile = [...functions, ...routeFiles(project, name, hasServer || name !== "functions")];
  const config =
    name === "keystone"
      ? [firstFile(machine, "keystone", "src/keystone")].flatMap((path) => path ?? [])
      : name === "payload"
        ? payloadConfigs(machine)
        : name === "adonisjs"
          ? adonisFiles(machine)
          : [];
  const entries = [...new Set([...started.files, ...byFile, ...config])];
  const modules = reachableModules(project, entries);
  machine.useModules(modules);
  const configured = readConfigured(machine, name, deployment);
  const routes = readRoutes(machine, modules, new Set(entries));
  const nest =
    name === "nestjs" || modules.some((module) => /@nestjs\/common|type-graphql/.test(module.syntax.textOf(module.syntax.program)))
      ? readNest(machine, modules)
      : [];
  const adonis = name === "adonisjs" ? readAdonis(machine, modules) : [];
  const variables = serviceVariables(modules);
  const sinks: Sink[] = [...configured.sinks, ...readOwnMedia(machine, modules, deployment)];
  const observations: Observation[] = [];
  const notUnderstood: Evidence[] = [];
  const drive = name === "adonisjs" ? driveOutcomes(machine) : undefined;
  const isAlwaysParsed = (handled: Handled): boolean => (name !== "express" && name !== "node" ? true : routes.isParsedBefore(handled));
  const everyone = [
    ...routes.handled,
    ...nest,
    ...adonis,
    ...readMutations(machine, modules),
    ...readSockets(machine, modules),
    ...readFileRoutes(machine, byFile),
  ];
  for (const handled of everyone) {
    const found = sinksOf(machine, handled, { isParsedBefore: isAlwaysParsed(handled), variablesOf: variables, drive });
    sinks.push(...found.sinks);
    observations.push(...found.observations);
    notUnderstood.push(...found.notUnderstood);
  }
  // Pages ask the database as well as routes do, and pages are many.
  const everything =
    name === "nextjs" || name === "payload"
      ? [...new Set([...modules, ...dataFiles(project).flatMap((path) => project.module(path) ?? [])])]
      : modules;
  const databases: DatabaseUse[] = configured.databases.length > 0 ? [...configured.databases] : [...readDatabases(machine, everything)];
  if (databases.length === 0) databases.push(...readJsonStores(machine, everyone));
  const all = gathered(sinks);
  const direct = all.length > 0 ? [] : readBrowserUploads(machine, new Set(modules.map((module) => module.path)));
  notUnderstood.push(...unreadCode(project));
  observations.push(...silencedClouds(project, all));
  if (machine.isExhausted)
    notUnderstood.push({
      file: entries[0] ?? "package.json",
      line: 1,
      why: "the app is larger than what is read, and some of it was left out",
    });
  return { framework: name, sinks: [...all, ...direct], databases, observations, notUnderstood };
};

/** Reads apps written in JavaScript and TypeScript. */
export const javascriptReader: Reader = { name: "javascript", read };
