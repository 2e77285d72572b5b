import { type Candidate, candidateRoots, serviceOf } from "./apps.js";
import { readDotenv } from "./deploy/dotenv.js";
import { isWithin } from "./deploy/paths.js";
import { readDeployment } from "./deploy/read-deployment.js";
import type { AppModel, Deployment, Place, Reading, SourceTree } from "./model.js";
import { openReadingJobs, type ReadingJob, type ReadingJobs } from "./reading-jobs.js";
import { readers } from "./readers.js";

/** Find the apps of a repository and read each; the one that its first web service runs comes first. */
export async function readApps(tree: SourceTree): Promise<AppModel[]> {
  const deployment = readDeployment(tree);
  const asked = candidateRoots(tree, deployment).map((candidate) => ask(candidate, deployment, tree));
  const reading = openReadingJobs(
    tree,
    asked.filter(({ isWeak }) => !isWeak).flatMap(({ jobs }) => jobs),
  );
  const apps: AppModel[] = [];
  try {
    for (const one of asked) {
      if (one.isWeak && apps.some((app) => isWithin(one.root, app.root))) continue;
      const readings = await readRoot(one, reading, apps);
      const { root } = one;
      if (readings.length > 0)
        apps.push({ root, service: serviceOf(root, deployment), deployment: one.deployment, readings: withoutFrontEnds(readings) });
    }
  } finally {
    await reading.close();
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

/** A root, and what is asked of it. */
interface Asked {
  readonly root: string;
  readonly isWeak: boolean;
  readonly deployment: Deployment;
  readonly jobs: readonly ReadingJob[];
}

function ask({ root, isWeak }: Candidate, deployment: Deployment, tree: SourceTree): Asked {
  const own = deploymentOf(root, deployment, tree);
  const jobs = readers.flatMap(({ endings }, reader) =>
    tree.find(root, ...endings).length === 0 ? [] : [{ root, reader, deployment: own }],
  );
  return { root, isWeak, deployment: own, jobs };
}

async function readRoot({ root, jobs }: Asked, reading: ReadingJobs, before: readonly AppModel[]): Promise<readonly Reading[]> {
  const found: Reading[] = [];
  for (const job of jobs) {
    const one = await reading.read(job);
    if (one !== undefined && !isKnown(one, root, before)) found.push(one);
  }
  return found;
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
