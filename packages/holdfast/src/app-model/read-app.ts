import { candidateRoots, serviceOf } from "./apps.js";
import { readDotenv } from "./deploy/dotenv.js";
import { isWithin } from "./deploy/paths.js";
import { readDeployment } from "./deploy/read-deployment.js";
import type { AppModel, Deployment, Place, Reader, Reading, SourceTree } from "./model.js";

/** Readers are loaded when there is a file that they read: none is needed to say `--version`. */
const readers: readonly { readonly endings: readonly string[]; readonly load: () => Promise<Reader> }[] = [
  {
    endings: [
      ".js",
      ".ts",
      ".mjs",
      ".cjs",
      ".mts",
      ".tsx",
      ".jsx",
      "package.json",
      "Dockerfile",
      "fly.toml",
      "render.yaml",
      "docker-compose.yml",
    ],
    load: async () => (await import("./javascript/index.js")).javascriptReader,
  },
  { endings: [".py"], load: async () => (await import("./python/index.js")).pythonReader },
  { endings: [".rb", "Gemfile"], load: async () => (await import("./ruby/index.js")).rubyReader },
  { endings: [".php", "Dockerfile"], load: async () => (await import("./php/index.js")).phpReader },
];

/** Find the apps of a repository and read each; the one that its first web service runs comes first. */
export async function readApps(tree: SourceTree): Promise<AppModel[]> {
  const deployment = readDeployment(tree);
  const apps: AppModel[] = [];
  for (const { root, isWeak } of candidateRoots(tree, deployment)) {
    if (isWeak && apps.some((app) => isWithin(root, app.root))) continue;
    const service = serviceOf(root, deployment);
    const own = deploymentOf(root, deployment, tree);
    const readings = await readRoot(tree, root, own, apps);
    if (readings.length > 0) apps.push({ root, service, deployment: own, readings: withoutFrontEnds(readings) });
  }
  const seen = withoutRepeats(apps);
  return seen.map((app) => ({ ...app, readings: withOmitted(app.readings, tree) }));
}

/** What nobody looked at for its number or size may hide anything. */
function withOmitted(readings: readonly Reading[], tree: SourceTree): readonly Reading[] {
  const omitted = tree.omitted.filter(({ file, why }) => !why.startsWith("larger") || sources.test(file));
  return readings.map((reading, index) => (index > 0 ? reading : { ...reading, notUnderstood: [...reading.notUnderstood, ...omitted] }));
}

/** A large file by one of these names is no data. */
const sources = /\.(py|rb|php)$|(^|\/)(render\.yaml|fly\.toml|Dockerfile|Procfile|app\.json|railway\.(json|toml))$/;

async function readRoot(tree: SourceTree, root: string, deployment: Deployment, before: readonly AppModel[]): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const { endings, load } of readers) {
    if (tree.find(root, ...endings).length === 0) continue;
    const reader = await load();
    const reading = await readSafely(reader, tree, root, deployment);
    if (reading !== undefined && !isKnown(reading, root, before)) readings.push(reading);
  }
  return readings;
}

/** A reader throws nothing; should it all the same, over code that nobody thought of, then nothing was understood. */
async function readSafely(reader: Reader, tree: SourceTree, root: string, deployment: Deployment): Promise<Reading | undefined> {
  try {
    return await reader.read(tree, root, deployment);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = `the code could not be read to its end (${reason})`;
    return { framework: reader.name, sinks: [], databases: [], observations: [], notUnderstood: [{ file: root, line: 1, why }] };
  }
}

/** Where one language serves, a reading of another that found nothing is of pages; what found most comes first. */
function withoutFrontEnds(readings: readonly Reading[]): readonly Reading[] {
  const weigh = ({ sinks, databases, notUnderstood }: Reading): number => sinks.length + databases.length + notUnderstood.length;
  const found = readings.filter((reading) => weigh(reading) > 0);
  const kept = found.length > 0 ? found : readings.slice(0, 1);
  return kept.toSorted((one, other) => weigh(other) - weigh(one));
}

/** The services of this folder first, and its own `.env`. */
function deploymentOf(root: string, deployment: Deployment, tree: SourceTree): Deployment {
  const service = serviceOf(root, deployment);
  const services = service === undefined ? deployment.services : [service, ...deployment.services.filter((one) => one !== service)];
  return { ...deployment, services, dotenv: readDotenv(tree, root, tree.isCommitted) };
}

/** A folder inside an app that was read already, with the same found in it, is no app of its own. */
function isKnown(reading: Reading, root: string, before: readonly AppModel[]): boolean {
  return before.some(
    (app) =>
      isWithin(root, app.root) &&
      app.readings.some(({ framework, sinks, databases }) => {
        const places = new Set([...sinks, ...databases].map(({ at, label }) => `${at.file}:${at.line}:${label}`));
        return (
          framework === reading.framework &&
          [...reading.sinks, ...reading.databases].every(({ at, label }) => places.has(`${at.file}:${at.line}:${label}`))
        );
      }),
  );
}

/** A folder around other apps in which nothing is found but what is in them is no app of its own. */
function withoutRepeats(apps: readonly AppModel[]): AppModel[] {
  return apps.filter((app) => {
    const inner = apps.filter((other) => other !== app && isWithin(other.root, app.root) && placesOf(other).length > 0);
    if (inner.length === 0 || app.readings.some(({ notUnderstood }) => notUnderstood.length > 0)) return true;
    return !placesOf(app).every(({ at }) => inner.some(({ root }) => isWithin(at.file, root)));
  });
}

function placesOf({ readings }: AppModel): readonly { readonly at: Place }[] {
  return readings.flatMap(({ sinks, databases }) => [...sinks, ...databases]);
}
