import type { Reader, Reading } from "../model.js";
import { laravelDatabases } from "./databases.js";
import { fieldSinks } from "./fields.js";
import { packagedSinks } from "./packaged-uploads.js";
import { phpParser } from "./parser.js";
import { openPhpProject, type PhpProject } from "./project.js";
import { uploadSinks } from "./uploads.js";

/** Read the PHP app at `root`: Laravel, WordPress, Symfony, or PHP by itself. */
export const phpReader: Reader = {
  name: "php",
  async read(tree, root, deployment) {
    const path = (name: string): string => (root === "." || root === "" ? name : `${root}/${name}`);
    if (!["composer.json", "artisan", "index.php", "wp-config.php", "public/index.php"].some((name) => tree.has(path(name))))
      return undefined;
    return read(openPhpProject(tree, root, deployment, await phpParser()));
  },
};

function read(project: PhpProject): Reading | undefined {
  if (!project.isLaravel) return undefined;
  const sinks = [...uploadSinks(project), ...fieldSinks(project), ...packagedSinks(project)];
  return { framework: "laravel", sinks, databases: laravelDatabases(project), observations: [], notUnderstood: project.notUnderstood };
}
