import type { Evidence, Reader, Reading, Sink } from "../model.js";
import { descend } from "../syntax.js";
import { isCommand, isDead } from "./liveness.js";
import { callOf } from "./php-syntax.js";
import { codeIgniterDatabases, isCodeIgniter } from "./codeigniter.js";
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
  if (project.isLaravel) {
    const sinks = [...uploadSinks(project), ...fieldSinks(project), ...packagedSinks(project)];
    return {
      framework: "laravel",
      sinks,
      databases: laravelDatabases(project),
      observations: [],
      notUnderstood: missedUploads(project, sinks),
    };
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
      notUnderstood: missedUploads(project, sinks),
    };
  }
  const sinks = uploadSinks(project);
  const configured = codeIgniterDatabases(project);
  const databases = configured.length > 0 ? configured : plainDatabases(project);
  const isApp =
    ["index.php", "public/index.php", "web/index.php"].some((name) => project.tree.has(project.path(name))) || project.packages.isKnown;
  const isEmpty = sinks.length === 0 && databases.length === 0;
  // A page or two of PHP inside of another app, such as what a web server calls, is no app of its own.
  if (isEmpty && (!isApp || project.root !== ".")) return undefined;
  return { framework: frameworkOf(project), sinks, databases, observations: [], notUnderstood: missedUploads(project, sinks) };
}

/** Code that only reads what it is sent: a table to import, a text to look at. */
const readsOnly = /Excel::|fgetcsv|IOFactory|SimpleXLSX|SimpleExcel|file_get_contents|fopen\(|Csv\\Reader|getContent\(|attach\(/;

/** Where a file is taken and no place was found that it goes to, nobody can say that nothing is kept. */
function missedUploads(project: PhpProject, sinks: readonly Sink[]): readonly Evidence[] {
  if (sinks.length > 0) return [];
  return project.files.flatMap((file) => {
    const text = project.text(file) ?? "";
    const at = /->file\(\s*['"]|->hasFile\(|\$_FILES\s*\[/.exec(text)?.index;
    if (at === undefined || readsOnly.test(text) || isCommand(file) || /(^|\/)Requests\//.test(file)) return [];
    return takesFile(project, file)
      ? [{ file, line: text.slice(0, at).split("\n").length, why: "an uploaded file is taken here, and where it goes was not understood" }]
      : [];
  });
}

function takesFile(project: PhpProject, file: string): boolean {
  const root = project.parse(file);
  for (const node of root === undefined ? [] : descend(root)) {
    const isTaken = /^(file|hasFile)$/.test(callOf(node)?.name ?? "") || (node.type === "variable_name" && node.text === "$_FILES");
    if (isTaken && !isDead(project, file, node)) return true;
  }
  return false;
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
  return known ?? (project.tree.has(project.path("spark")) || isCodeIgniter(project) ? "codeigniter" : "php");
}
