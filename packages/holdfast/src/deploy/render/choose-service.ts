import { fail } from "../../errors.js";
import { type GitRepository, repositoryName } from "../git-repository.js";
import type { RenderApi, RenderService } from "./render-api.js";

/** What is known of the app that a service is wanted for. */
export interface ServiceWish {
  /** A name or an id that the person gave. */
  readonly service: string | undefined;
  /** The repository that the app's folder is in. */
  readonly repository: GitRepository | undefined;
  /** Names of services in the app's Blueprint. */
  readonly blueprintNames: readonly string[];
}

/** Services that may take uploads; a person may name one of another kind. */
const serving = ["web_service", "private_service", "background_worker"];

/** More names than these help nobody choose. */
const maxListed = 20;

/**
 * Choose the one service that is meant: by name or id where one was given; else the service that is built from this
 * repository and folder; else the one that is named in the Blueprint. It never guesses between two.
 *
 * @throws SERVICE_NOT_CHOSEN, with those there are to choose from
 */
export async function chooseService(api: RenderApi, wish: ServiceWish): Promise<RenderService> {
  if (wish.service !== undefined) return await serviceNamed(api, wish.service);
  const all = (await api.services()).filter(({ type }) => serving.includes(type));
  const ofRepository = all.filter((service) => isOf(service, wish.repository));
  const named = (among: readonly RenderService[]): readonly RenderService[] =>
    among.filter(({ name }) => wish.blueprintNames.includes(name));
  const steps = [ofRepository, named(ofRepository), withoutWorkers(ofRepository), named(withoutWorkers(ofRepository))];
  const [only] = steps.find((step) => step.length === 1) ?? [];
  if (only !== undefined) return only;
  if (ofRepository.length > 1) throw notChosen("Several services are built from this repository", ofRepository);
  const byName = named(withoutWorkers(all));
  const [one, ...others] = byName;
  if (one !== undefined && others.length === 0) return one;
  if (byName.length > 1) throw notChosen("Several services have a name of the Blueprint", byName);
  throw notChosen("No service is built from this repository", withoutWorkers(all));
}

async function serviceNamed(api: RenderApi, wanted: string): Promise<RenderService> {
  if (/^srv-[a-z0-9]+$/.test(wanted)) return await api.service(wanted);
  const found = (await api.services({ name: wanted })).filter(({ name }) => name === wanted);
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  if (found.length > 1) throw notChosen(`Several services are called ${wanted}`, found);
  throw notChosen(`There is no service called ${wanted}`, withoutWorkers(await api.services()));
}

/** A web service takes the uploads that a worker beside it looks at later. */
function withoutWorkers(services: readonly RenderService[]): readonly RenderService[] {
  return services.filter(({ type }) => type === "web_service");
}

/** Whether a service is built from this repository, and from a folder that this one is in or that is in it. */
function isOf({ repo, rootDir }: RenderService, repository: GitRepository | undefined): boolean {
  const name = repo === undefined ? undefined : repositoryName(repo);
  if (name === undefined || repository === undefined || !repository.remotes.includes(name)) return false;
  return rootWithin(rootDir, repository.path) !== undefined;
}

/**
 * The folder of a service as seen from a folder of the same repository: `api` in `.`, `.` where the service's folder is
 * this one or around it; undefined where the two are apart.
 */
export function rootWithin(rootDir: string, path: string): string | undefined {
  if (path === "." || rootDir === path) return rootDir === path ? "." : rootDir;
  if (rootDir === "." || path.startsWith(`${rootDir}/`)) return ".";
  return rootDir.startsWith(`${path}/`) ? rootDir.slice(path.length + 1) : undefined;
}

function notChosen(problem: string, services: readonly RenderService[]): Error {
  const listed = services.slice(0, maxListed).map(({ id, name, repo, rootDir }) => {
    const from = repo === undefined ? "an image" : `${repositoryName(repo) ?? repo}${rootDir === "." ? "" : `, ${rootDir}`}`;
    return `${name}  ${id}  (${from})`;
  });
  const more = services.length > maxListed ? [`and ${services.length - maxListed} more`] : [];
  return fail("SERVICE_NOT_CHOSEN", { platform: "Render", problem, services: [...listed, ...more] });
}
