import type { Reader, Reading } from "../model.js";
import { laravelDatabases } from "./databases.js";
import { fieldSinks } from "./fields.js";
import { packagedSinks } from "./packaged-uploads.js";
import { phpParser } from "./parser.js";
import { plainDatabases } from "./plain-databases.js";
import { openPhpProject, type PhpProject } from "./project.js";
import { isSymfony, symfonyDatabases, symfonySinks } from "./symfony.js";
import { uploadSinks } from "./uploads.js";
import { isWordpressImage, readWordpress } from "./wordpress.js";

/** Read the PHP app at `root`: Laravel, WordPress, Symfony, CodeIgniter, or PHP by itself. */
export const phpReader: Reader = {
  name: "php",
  async read(tree, root, deployment) {
    const path = (name: string): string => (root === "." || root === "" ? name : `${root}/${name}`);
    const isThere = ["composer.json", "artisan", "wp-config.php"].some((name) => tree.has(path(name)));
    if (!isThere && tree.find(root, ".php").length === 0 && !isWordpressImage(tree.read(path("Dockerfile")))) return undefined;
    return read(openPhpProject(tree, root, deployment, await phpParser()));
  },
};

function read(project: PhpProject): Reading | undefined {
  const { notUnderstood } = project;
  if (project.isLaravel) {
    const sinks = [...uploadSinks(project), ...fieldSinks(project), ...packagedSinks(project)];
    return { framework: "laravel", sinks, databases: laravelDatabases(project), observations: [], notUnderstood };
  }
  const wordpress = readWordpress(project);
  if (wordpress !== undefined) return wordpress;
  if (isSymfony(project)) {
    const sinks = [...uploadSinks(project), ...symfonySinks(project)];
    const configured = symfonyDatabases(project);
    return {
      framework: "symfony",
      sinks,
      databases: configured.length > 0 ? configured : plainDatabases(project),
      observations: [],
      notUnderstood,
    };
  }
  const sinks = uploadSinks(project);
  const databases = plainDatabases(project);
  const isApp =
    ["index.php", "public/index.php", "web/index.php"].some((name) => project.tree.has(project.path(name))) || project.packages.isKnown;
  const isEmpty = sinks.length === 0 && databases.length === 0;
  // A page or two of PHP inside of another app, such as what a web server calls, is no app of its own.
  if (isEmpty && (!isApp || project.root !== ".")) return undefined;
  return { framework: frameworkOf(project), sinks, databases, observations: [], notUnderstood };
}

function frameworkOf(project: PhpProject): string {
  const names: readonly (readonly [string, string])[] = [
    ["codeigniter4/framework", "codeigniter"],
    ["codeigniter/framework", "codeigniter"],
    ["slim/slim", "slim"],
    ["cakephp/cakephp", "cakephp"],
    ["yiisoft/yii2", "yii"],
  ];
  const known = names.find(([name]) => project.packages.has(name))?.[1];
  return known ?? (project.tree.has(project.path("spark")) ? "codeigniter" : "php");
}
