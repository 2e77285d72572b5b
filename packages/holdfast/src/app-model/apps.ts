import type { Deployment, Service, SourceTree } from "./model.js";
import { folderOf, isWithin } from "./deploy/paths.js";

/** Files that say: here an app begins. */
const manifests = [
  "manage.py",
  "requirements.txt",
  "pyproject.toml",
  "Pipfile",
  "setup.py",
  "package.json",
  "Gemfile",
  "composer.json",
  "artisan",
  "wp-config.php",
  "wp-config-sample.php",
  "index.php",
  "app.py",
  "main.py",
  "wsgi.py",
];

/** Apps looked for in one repository. */
const maxRoots = 40;

/** Folders that hold examples, tests and the like, not the app. */
const besides = /(^|\/)(tests?|__tests__|spec|examples?|fixtures|docs?|e2e|cypress|node_modules|scripts|\.github|\.devcontainer)(\/|$)/i;

/**
 * Find the folders that may hold an app: those that a service names, and those with a manifest, the nearest to the repository's root
 * first. Whether there is an app is for the readers to say.
 */
export function candidateRoots(tree: SourceTree, deployment: Deployment): readonly string[] {
  const serving = deployment.services.filter((service) => service.kind === "web" && isDeclared(service)).map(({ root }) => root);
  const found = tree
    .find(".", ...manifests)
    .filter((path) => manifests.includes(path.slice(path.lastIndexOf("/") + 1)) && !besides.test(path))
    .map(folderOf);
  const others = [...new Set(found)].toSorted((one, other) => depth(one) - depth(other) || (one < other ? -1 : 1));
  return [...new Set([...serving, ...others])].slice(0, maxRoots);
}

/** An image that no deploy file speaks of may be of anything. */
function isDeclared({ at }: Service): boolean {
  return !/(^|\/)Dockerfile$/.test(at.file);
}

function depth(path: string): number {
  return path === "." ? 0 : path.split("/").length;
}

/**
 * The service that runs the app at `root`: a web service of this very folder, else one of a folder around it, the nearest first, else one
 * inside it, whose deploy file lies beside the part that serves. A site of files runs no app.
 */
export function serviceOf(root: string, deployment: Deployment): Service | undefined {
  const serving = deployment.services.filter(({ kind }) => kind === "web" || kind === "worker");
  const around = serving.filter((service) => isWithin(root, service.root));
  const [nearest] = around.toSorted((one, other) => rank(one) - rank(other) || depth(other.root) - depth(one.root));
  const [inside] = serving
    .filter((service) => isWithin(service.root, root) && service.kind === "web" && rank(service) === 0 && isDeclared(service))
    .toSorted((one, other) => depth(one.root) - depth(other.root));
  return nearest !== undefined && (rank(nearest) === 0 || inside === undefined) ? nearest : inside;
}

/** A web service before a worker; a platform for servers before one for pages; what is declared before what is built. */
function rank({ kind, platform }: Service): number {
  return (kind === "web" ? 0 : 4) + (platform === "container" ? 2 : platform === "vercel" || platform === "netlify" ? 1 : 0);
}
