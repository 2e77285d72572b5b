import type { Deployment, Evidence, Observation, Service, SourceTree } from "../model.js";
import { expandPhase, folderOfCommand, variablesOfCommands } from "./commands.js";
import { readCompose } from "./compose.js";
import { readImage } from "./dockerfile.js";
import { readFly } from "./fly.js";
import { readHeroku } from "./heroku.js";
import { hintedPlatforms } from "./hints.js";
import { readKamal } from "./kamal.js";
import { folderOf, within } from "./paths.js";
import { readRailway } from "./railway.js";
import { type FileReading, readRender } from "./render.js";
import { readAppEngine, readServerless } from "./serverless.js";

/** Deploy files of one kind that are read; a repository with more is no app's. */
const maxFiles = 20;

/** Read all that a repository's files say of how it is deployed. */
export function readDeployment(tree: SourceTree): Deployment {
  const services: Service[] = [];
  const observations: Observation[] = [];
  const notUnderstood: Evidence[] = [];
  const add = (reading: FileReading): void => {
    services.push(...reading.services);
    observations.push(...reading.observations);
    notUnderstood.push(...reading.notUnderstood);
  };
  for (const file of named(tree, "render.yaml", "render.yml")) add(readRender(tree, file));
  for (const file of named(tree, "fly.toml", "fly.production.toml")) add(readFly(tree, file));
  for (const file of railwayFiles(tree)) add(readRailway(tree, file));
  const hinted = hintedPlatforms(tree);
  for (const root of herokuRoots(tree)) add(elsewhere(readHeroku(tree, root), root, services, hinted));
  for (const root of named(tree, "config/deploy.yml").map((file) => within(folderOf(file), ".."))) {
    const image = readImage(tree, within(root, "Dockerfile"), root, root);
    services.push(...readKamal(tree, root, image?.containerRoot));
  }
  for (const file of named(tree, "app.yaml")) add(readAppEngine(tree, file));
  for (const file of named(tree, "vercel.json", "netlify.toml")) add(readServerless(tree, file));
  if (!services.some(({ kind }) => kind === "web")) {
    const composed = named(
      tree,
      "docker-compose.prod.yml",
      "compose.prod.yml",
      "docker-compose.yml",
      "docker-compose.yaml",
      "compose.yaml",
      "compose.yml",
    );
    // Where a platform is named, a compose file is for working at home.
    if (!hinted.some(runsServers)) for (const file of composed) add(readCompose(tree, file));
    const bare = named(tree, "Dockerfile").filter((file) => !services.some(({ root }) => root === folderOf(file)));
    for (const file of bare) services.push(...imageService(tree, file, hinted));
  }
  const declared = services.filter(({ platform }) => platform !== "container").map(({ platform }) => platform);
  return {
    services: services.map((service) => complete(tree, service)),
    platforms: [...new Set([...declared, ...hinted])],
    dotenv: [],
    observations,
    notUnderstood,
  };
}

function runsServers(platform: string): boolean {
  return platform !== "vercel" && platform !== "netlify";
}

/** Files of a name, the nearest to the root first. */
function named(tree: SourceTree, ...names: readonly string[]): readonly string[] {
  const found = names.flatMap((name) => tree.find(".", name).filter((path) => path === name || path.endsWith(`/${name}`)));
  return found.toSorted((one, other) => one.split("/").length - other.split("/").length).slice(0, maxFiles);
}

function railwayFiles(tree: SourceTree): readonly string[] {
  const all = tree.find(".", ".json", ".toml").filter((path) => /(^|\/)railway(\.[\w-]+)?\.(json|toml)$/.test(path));
  return all.toSorted((one, other) => one.split("/").length - other.split("/").length || one.length - other.length).slice(0, maxFiles);
}

function herokuRoots(tree: SourceTree): readonly string[] {
  return [...new Set(named(tree, "Procfile", "heroku.yml", "app.json").map(folderOf))];
}

/** Railway and others read a Procfile too: where they are declared, it is theirs, and where only they are named, likely so. */
function elsewhere(reading: FileReading, root: string, services: readonly Service[], hinted: readonly string[]): FileReading {
  const isOthers = services.some((service) => service.root === root && service.kind === "web" && service.platform !== "heroku");
  const own = hinted.filter(runsServers);
  const [first] = own.filter((platform) => platform !== "heroku");
  const isHerokuNamed = reading.services.some(({ variables, at }) => variables.length > 0 || !at.file.endsWith("Procfile"));
  if (isOthers || isHerokuNamed || first === undefined) return reading;
  // A Procfile counts as one hint of Heroku by itself.
  const isHerokuHinted = own.indexOf("heroku") === 0;
  if (isHerokuHinted) return reading;
  const containerRoot = first === "render" ? "/opt/render/project/src" : "/app";
  return { ...reading, services: reading.services.map((service) => ({ ...service, platform: first, containerRoot })) };
}

/** An image of which no deploy file speaks runs somewhere: on the platform that is named, else on any. */
function imageService(tree: SourceTree, file: string, hinted: readonly string[]): readonly Service[] {
  const root = folderOf(file);
  const image = readImage(tree, file, root, root);
  if (image === undefined) return [];
  const own = hinted.filter(runsServers);
  return [
    {
      name: "web",
      platform: own[0] ?? "container",
      kind: "web",
      at: image.at,
      root,
      containerRoot: image.containerRoot,
      phases: image.phases,
      variables: image.variables,
      disks: [],
      links: image.links,
    },
  ];
}

/** Follow the commands into the scripts they call: where the app is, and what they set before it starts. */
function complete(tree: SourceTree, service: Service): Service {
  const start = service.phases.findLast(({ name }) => name === "start");
  const folder = start === undefined ? undefined : folderOfCommand(start.command);
  const moved = folder === undefined ? service.root : within(service.root, folder);
  const isThere = moved !== service.root && tree.find(moved, "").length > 0;
  const root = isThere ? moved : service.root;
  const containerRoot =
    isThere && folder !== undefined && service.containerRoot !== undefined ? within(service.containerRoot, folder) : service.containerRoot;
  const phases = service.phases.flatMap((phase) => expandPhase(tree, service.root, phase));
  return { ...service, root, containerRoot, phases, variables: [...service.variables, ...variablesOfCommands(phases)] };
}
