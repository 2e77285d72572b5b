import type { Deployment } from "../model.js";
import type { Manifest, Module, Project } from "./project.js";
import { folderOf, joinPath } from "./project.js";

/** What a command starts: files of the app, and programs of its packages such as `next` and `strapi`. */
export interface Started {
  readonly files: readonly string[];
  readonly programs: readonly string[];
}

const runners =
  /^(node|nodejs|ts-node|ts-node-dev|tsnd|tsx|nodemon|bun|deno|babel-node|node-dev|esno|jiti|swc-node|forever|pm2|pm2-runtime|pm2-docker|dotenv|dotenvx|cross-env|env-cmd|doppler|npx|pnpx|bunx|exec|env|sudo|nohup|infisical|newrelic|dumb-init|tini|vite-node|NODE_ENV=production)$/;
const programs =
  /^(next|nuxt|strapi|nest|directus|ghost|payload|keystone|keystone-next|medusa|remix|remix-serve|react-router-serve|astro|svelte-kit|adonis|ace|nodemon|meteor|sails|blitz|redwood|wasp|feathers|moleculer-runner|foal|midway-bin|egg-scripts|serverless|hono|wrangler)$/;

const builtTo: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /(^|\/)(dist|build|out|lib|\.output|compiled|bin|server-dist|\.build|target)\/(src\/)?/,
    ["$1src/", "$1", "$1server/", "$1app/", "$1api/"],
  ],
];

const endings = ["", ".ts", ".js", ".mjs", ".cjs", ".tsx", ".mts", "/index.ts", "/index.js", "/index.mjs"];

/** The source of a file that a command names, which may be built first. */
const sourceOf = (project: Project, folder: string, named: string): string | undefined => {
  const direct = joinPath(folder, named);
  if (direct === undefined) return undefined;
  const stem = direct.replace(/\.[mc]?js$/, "");
  const candidates = [direct];
  for (const [built, sources] of builtTo) if (built.test(stem)) for (const source of sources) candidates.push(stem.replace(built, source));
  candidates.push(stem);
  // Where the build's folder says nothing: the file of that name among the sources.
  const base = stem.split("/").at(-1) ?? "";
  if (/(^|\/)(dist|build|out|lib)\//.test(stem))
    candidates.push(...["src/", "", "server/", "src/server/"].map((at) => `${folder === "" ? "" : `${folder}/`}${at}${base}`));
  for (const candidate of candidates) {
    for (const ending of endings) {
      const path = `${candidate}${ending}`;
      if (/\.[mc]?[jt]sx?$/.test(path) && project.tree.has(path)) return path;
      if (ending === "" && !path.split("/").at(-1)?.includes(".") && project.tree.has(path)) return path;
    }
  }
  return undefined;
};

interface Search {
  readonly project: Project;
  readonly files: Set<string>;
  readonly programs: Set<string>;
  readonly seen: Set<string>;
}

const manifestAt = (project: Project, folder: string): Manifest | undefined =>
  project.manifests.find((manifest) => manifest.folder === folder);

const runScript = (search: Search, folder: string, name: string): boolean => {
  const manifest = manifestAt(search.project, folder);
  const command = manifest?.scripts[name];
  if (manifest === undefined) return false;
  if (command === undefined) {
    // `npm start` without a script runs `node server.js`.
    if (name === "start") noteFile(search, folder, manifest.main ?? "server.js");
    return false;
  }
  readCommand(search, command, folder);
  return true;
};

const noteFile = (search: Search, folder: string, named: string): void => {
  const file = sourceOf(search.project, folder, named);
  // A process manager's own file says in turn what to run.
  if (file !== undefined && /(^|\/)(ecosystem|pm2|process)(\.config)?\.[mc]?js$/.test(file)) {
    const text = search.project.tree.read(file) ?? "";
    for (const match of text.matchAll(/\bscript["']?\s*:\s*["'`]([^"'`]+)["'`]/g)) {
      const script = match[1] ?? "";
      const args = /\bargs["']?\s*:\s*["'`]([^"'`]+)["'`]/.exec(text)?.[1] ?? "";
      if (/^(npm|yarn|pnpm)$/.test(script)) readCommand(search, `${script} ${args}`, folder);
      else if (script !== named) noteFile(search, folder, script.replace(/^\.\//, ""));
    }
    return;
  }
  if (file !== undefined) search.files.add(file);
};

const wordsOf = (command: string): readonly string[] =>
  (command.match(/"[^"]*"|'[^']*'|[^\s]+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ""));

const packageCommand = (search: Search, words: readonly string[], folder: string): boolean => {
  const [manager, ...rest] = words;
  if (!/^(npm|yarn|pnpm|bun)$/.test(manager ?? "")) return false;
  let into = folder;
  const plain: string[] = [];
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? "";
    if (/^(--prefix|--cwd|-C|--dir)$/.test(word)) {
      into = joinPath(folder, rest[index + 1] ?? ".") ?? folder;
      index += 1;
    } else if (/^--(prefix|cwd|dir)=/.test(word)) into = joinPath(folder, word.split("=")[1] ?? ".") ?? folder;
    else if (/^(-w|--workspace|--filter|-F|workspace)$/.test(word)) {
      const named = rest[index + 1] ?? "";
      const found = search.project.manifests.find((manifest) => manifest.name === named || manifest.folder === joinPath(folder, named));
      into = found?.folder ?? into;
      index += 1;
    } else if (/^--(workspace|filter)=/.test(word)) {
      const named = word.split("=")[1] ?? "";
      into =
        search.project.manifests.find((manifest) => manifest.name === named || manifest.folder === joinPath(folder, named))?.folder ?? into;
    } else if (word === "--") break;
    else if (!word.startsWith("-")) plain.push(word);
  }
  const script = plain[0] === "run" || plain[0] === "run-script" ? plain[1] : plain[0] === "exec" ? undefined : plain[0];
  if (plain[0] === "exec") return false;
  if (script === undefined || /^(install|ci|i|add|prune|build)$/.test(script)) return true;
  if (manager === "bun" && /\.[mc]?[jt]sx?$/.test(script)) noteFile(search, into, script);
  else runScript(search, into, script);
  return true;
};

/** Reads one command line, following scripts, shell files and folders. */
const readCommand = (search: Search, line: string, start: string): void => {
  const key = `${start}\0${line}`;
  if (search.seen.has(key) || search.seen.size > 60) return;
  search.seen.add(key);
  let folder = start;
  for (const part of line.split(/&&|\|\||;|\n|\s&\s|\s\|\s/)) {
    let words = wordsOf(part.trim());
    while (words[0] !== undefined && /^[A-Z_][A-Z0-9_]*=/.test(words[0])) words = words.slice(1);
    const [first = ""] = words;
    if (first === "cd") {
      folder = joinPath(folder, words[1] ?? ".") ?? folder;
      continue;
    }
    if (first.startsWith("#")) continue;
    if (packageCommand(search, words, folder)) continue;
    if (/^(concurrently|npm-run-all|run-p|run-s|wait-on|turbo|nx|lerna)$/.test(first)) {
      for (const word of words.slice(1)) {
        if (word.includes(" ")) readCommand(search, word, folder);
        else if (!word.startsWith("-")) runScript(search, folder, word.replace(/^npm:/, ""));
      }
      continue;
    }
    if (/^(sh|bash|\.\/?[\w./-]*\.sh|[\w./-]+\.sh)$/.test(first)) {
      const shell = joinPath(folder, first.endsWith(".sh") ? first : (words.find((word) => word.endsWith(".sh")) ?? ""));
      const source = shell === undefined ? undefined : search.project.tree.read(shell);
      if (source !== undefined) readCommand(search, source.replace(/\\\n/g, " "), folder);
      else if (words.includes("-c")) readCommand(search, words[words.indexOf("-c") + 1] ?? "", folder);
      continue;
    }
    let isRunner = false;
    for (const [index, word] of words.entries()) {
      if (runners.test(word)) isRunner = true;
      else if (programs.test(word) && (index === 0 || isRunner || word !== "build")) {
        search.programs.add(word);
        isRunner = true;
      } else if (
        isRunner &&
        /^[\w@./-]+$/.test(word) &&
        !word.startsWith("-") &&
        !/^(start|run|-r|dotenv\/config|production|watch)$/.test(word) &&
        !/(-r|--require|--loader|--import|-P|--project|--env-file|-f|--config)$/.test(words[index - 1] ?? "")
      ) {
        noteFile(search, folder, word === "." ? (manifestAt(search.project, folder)?.main ?? "index.js") : word);
      }
    }
  }
};

const usual = [
  "server",
  "index",
  "app",
  "main",
  "src/index",
  "src/server",
  "src/main",
  "src/app",
  "server/index",
  "server/server",
  "server/app",
  "api/index",
  "backend/server",
  "backend/index",
  "bin/www",
  "src/bin/www",
  "lib/index",
  "server/src/index",
  "server/src/server",
  "start/app",
  "bin/server",
  "ace",
  "cmd/index",
];

const startedBy = (project: Project, commands: readonly { readonly command: string; readonly folder: string }[]): Started => {
  const search: Search = { project, files: new Set(), programs: new Set(), seen: new Set() };
  for (const { command, folder } of commands) readCommand(search, command, folder);
  return { files: [...search.files], programs: [...search.programs] };
};

/** Finds out what starts the app: its deploy files, else its manifest, else files named as servers are. */
export const startedFiles = (project: Project, deployment: Deployment): Started => {
  const folder = project.root === "." ? "" : project.root;
  const own = deployment.services.filter((service) => service.root === project.root || joinPath("", service.root) === folder);
  const services = own.length > 0 ? own : deployment.services.filter((service) => service.root === ".");
  const declared = services
    .filter((service) => service.kind === "web" || service.kind === "worker")
    .flatMap((service) =>
      service.phases
        .filter((phase) => phase.name !== "build")
        .map((phase) => ({ command: phase.command, folder: joinPath("", service.root) ?? "" })),
    );
  const found = startedBy(project, declared);
  const inside = { ...found, files: found.files.filter((file) => folder === "" || file.startsWith(`${folder}/`)) };
  if (inside.files.length > 0 || (inside.programs.some((program) => !/^(nest|adonis|ace|wrangler|hono)$/.test(program)) && own.length > 0))
    return inside;
  const { manifest } = project;
  const scripts = manifest?.scripts ?? {};
  for (const names of [
    ["start", "start:prod", "prod", "production"],
    ["serve", "server", "start:server", "start:dev", "dev", "develop", "dev:server"],
  ]) {
    const commands = names.flatMap((name) => (scripts[name] === undefined ? [] : [{ command: scripts[name], folder }]));
    const started = startedBy(project, commands);
    if (started.files.length > 0 || started.programs.some((program) => !/^(nodemon|nest)$/.test(program)))
      return { files: started.files, programs: [...started.programs, ...inside.programs] };
  }
  const files = [...(manifest?.main === undefined ? [] : [manifest.main]), ...usual].flatMap(
    (name) => sourceOf(project, folder, name) ?? [],
  );
  const [first] = files;
  return { files: first === undefined ? [] : [first], programs: inside.programs };
};

const isTest = (path: string): boolean =>
  /(^|\/)(__tests__|__mocks__|tests?|spec|e2e|cypress|stories|node_modules)\//.test(path) ||
  /\.(test|spec|stories|d)\.[mc]?[jt]sx?$/.test(path);

const specifiers = new WeakMap<Module, readonly string[]>();

/** What a module imports and requires, as it is written. */
export const specifiersOf = (module: Module): readonly string[] => {
  const known = specifiers.get(module) ?? readSpecifiers(module);
  specifiers.set(module, known);
  return known;
};

const readSpecifiers = (module: Module): readonly string[] => {
  const found: string[] = [];
  for (const statement of module.syntax.program.body) {
    if (statement.type === "ImportDeclaration" && statement.importKind !== "type") found.push(statement.source.value);
    else if ((statement.type === "ExportNamedDeclaration" || statement.type === "ExportAllDeclaration") && statement.source !== null)
      found.push(statement.source.value);
    else if (statement.type === "TSImportEqualsDeclaration" && statement.moduleReference.type === "TSExternalModuleReference")
      found.push(statement.moduleReference.expression.value);
  }
  for (const call of module.names.calls) {
    const [first] = call.arguments;
    if (
      call.callee.type === "Identifier" &&
      (call.callee.name === "require" || call.callee.name === "use") &&
      first?.type === "Literal" &&
      typeof first.value === "string"
    )
      found.push(first.value);
  }
  for (const match of module.syntax.textOf(module.syntax.program).matchAll(/\bimport\(\s*["'`]([^"'`$]+)["'`]/g))
    if (match[1] !== undefined) found.push(match[1]);
  return found;
};

/** Whether a module loads others by listing folders, so that what lies beside it counts as loaded. */
const loadsFolders = (module: Module): boolean =>
  /readdirSync|readdir\(|glob(Sync)?\(|require-all|require-directory|requireDir|autoload|consign|express-load|loadFiles(Sync)?\(|fileLoader/i.test(
    module.syntax.textOf(module.syntax.program),
  );

const mostModules = 4000;

/** All modules that are loaded from these files, in the order they are met. */
export const reachableModules = (project: Project, files: readonly string[]): readonly Module[] => {
  const modules = new Map<string, Module>();
  const waiting = [...files];
  for (let path = waiting.shift(); path !== undefined && modules.size < mostModules; path = waiting.shift()) {
    if (modules.has(path) || path.endsWith(".json") || isTest(path)) continue;
    // What runs in a browser only is no part of the server.
    if (/^\s*(\/\/[^\n]*\n\s*|\/\*[^]*?\*\/\s*)*["']use client["']/.test((project.tree.read(path) ?? "").slice(0, 2000))) continue;
    const module = project.module(path);
    if (module === undefined) continue;
    modules.set(path, module);
    for (const specifier of specifiersOf(module)) {
      const bound = /^App\/(.+)$/.exec(specifier);
      const target =
        bound === null
          ? project.resolve(specifier, path)
          : project.resolve(`/${project.root === "." ? "" : `${project.root}/`}app/${bound[1] ?? ""}`, path);
      if (target !== undefined) waiting.push(target);
    }
    if (loadsFolders(module)) {
      const folder = folderOf(path);
      const near = project.tree
        .find(folder === "" ? "." : folder, ".js", ".ts", ".mjs", ".cjs")
        .filter((file) => !/node_modules|(^|\/)(public|static|dist|build|client|frontend)\//.test(file));
      waiting.push(
        ...near
          .filter((file) => !isTest(file) && /(route|controller|module|plugin|api|model|service|handler|resolver|mutation)/i.test(file))
          .slice(0, 500),
      );
    }
  }
  return [...modules.values()];
};
