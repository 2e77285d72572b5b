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
];

/** Files that say so only where no app is around them: part of one looks the same. */
const entries = ["index.php", "app.py", "main.py", "wsgi.py"];

/** A folder that may hold an app. */
export interface Candidate {
  readonly root: string;
  /** It counts only where no app was found around it. */
  readonly isWeak: boolean;
}

/** Apps looked for in one repository. */
const maxRoots = 40;

/** Folders that hold examples, tests and the like, not the app. */
const besides = /(^|\/)(tests?|__tests__|spec|examples?|fixtures|docs?|e2e|cypress|node_modules|scripts|\.github|\.devcontainer)(\/|$)/i;

/**
 * Find the folders that may hold an app: those that a service names, and those with a manifest, the nearest to the repository's root
 * first. Whether there is an app is for the readers to say.
 */
export function candidateRoots(tree: SourceTree, deployment: Deployment): readonly Candidate[] {
  const serving = deployment.services.filter((service) => service.kind === "web" && isDeclared(service)).map(({ root }) => root);
  const foldersOf = (names: readonly string[]): readonly string[] =>
    tree
      .find(".", ...names)
      .filter((path) => names.includes(path.slice(path.lastIndexOf("/") + 1)) && !besides.test(path))
      .map(folderOf)
      .toSorted((one, other) => depth(one) - depth(other) || (one < other ? -1 : 1));
  const strong = [...new Set([...serving, ...foldersOf(manifests)])].slice(0, maxRoots);
  const weak = [...new Set(foldersOf(entries))].filter((root) => !strong.includes(root)).slice(0, maxRoots);
  return [...strong.map((root) => ({ root, isWeak: false })), ...weak.map((root) => ({ root, isWeak: true }))];
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
