import { always } from "./conditions.js";
import type { Flow } from "./flow.js";
import { frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import type { Module, Project } from "./project.js";
import { readHandlers } from "./routes.js";
import type { FunctionNode, Node } from "./syntax.js";
import { isFunction, walk } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Choices } from "./values.js";
import { data, one, undefinedValue } from "./values.js";

const source = String.raw`\.[mc]?[jt]sx?$`;

/** Files that frameworks serve because of where they lie. */
const kinds: readonly { readonly path: RegExp; readonly names: readonly string[]; readonly label: string }[] = [
  { path: new RegExp(`(^|/)app/(.*/)?route${source}`), names: ["POST", "PUT", "PATCH", "GET", "DELETE"], label: "route" },
  { path: new RegExp(`(^|/)pages/api/.*${source}`), names: ["default", "POST", "PUT", "GET", "PATCH", "ALL"], label: "API" },
  {
    path: new RegExp(`(^|/)\\+(server|page\\.server|layout\\.server)${source}`),
    names: ["POST", "PUT", "PATCH", "actions", "GET"],
    label: "route",
  },
  { path: new RegExp(`(^|/)server/(api|routes)/.*${source}`), names: ["default"], label: "API" },
  { path: new RegExp(`(^|/)app/routes/.*${source}`), names: ["action", "loader"], label: "route" },
  { path: new RegExp(`(^|/)src/pages/.*\\.[jt]s$`), names: ["POST", "PUT", "PATCH", "ALL"], label: "route" },
  {
    path: new RegExp(`^(api|netlify/functions|functions)/.*${source}`),
    names: ["default", "handler", "onRequestPost", "POST", "config"],
    label: "function",
  },
];

const wanted: Readonly<Record<string, readonly number[]>> = {
  nextjs: [0, 1],
  payload: [0, 1],
  sveltekit: [2],
  nuxt: [3],
  remix: [4],
  astro: [5],
};

const isTest = /(^|\/)(__tests__|node_modules|dist|build|\.next|coverage|e2e|cypress|tests?)\/|\.(test|spec|stories|d)\.[mc]?[jt]sx?$/;

const inRoot = (project: Project): readonly string[] =>
  project.tree.find(project.root, ".ts", ".tsx", ".js", ".jsx", ".mjs").filter((path) => !isTest.test(path));

const isServerAction = (module: Module): boolean =>
  module.syntax.program.body.some(
    (statement) =>
      statement.type === "ExpressionStatement" && statement.expression.type === "Literal" && statement.expression.value === "use server",
  );

/** The files through which a framework's requests come in. */
export const routeFiles = (project: Project, framework: string | undefined, hasServer: boolean): readonly string[] => {
  const chosen = wanted[framework ?? ""] ?? [];
  const files = inRoot(project);
  const found = files.filter((path) => chosen.some((index) => kinds[index]?.path.test(path) === true));
  // Functions on Vercel and Netlify stand alone, where no server is started.
  const alone =
    hasServer || chosen.length > 0
      ? []
      : files.filter(
          (path) =>
            kinds[6]?.path.test(inside(project, path)) === true &&
            (project.tree.has(`${prefix(project)}vercel.json`) || project.tree.has(`${prefix(project)}netlify.toml`)),
        );
  const actions =
    framework === "nextjs" || framework === "payload"
      ? files.filter((path) => /["']use server["']/.test(project.tree.read(path) ?? ""))
      : [];
  // Pages bring in the components and the libraries that actions are written in.
  const pages =
    framework === "nextjs" || framework === "payload"
      ? files.filter((path) => /(^|\/)(middleware|instrumentation|proxy)\.[jt]s$/.test(path))
      : [];
  return [...new Set([...found, ...alone, ...actions, ...pages])];
};

const opensData =
  /from ["'](mongoose|mongodb|pg|postgres|mysql2?(\/promise)?|better-sqlite3|sqlite3?|@prisma\/client|[^"']*generated[^"']*|drizzle-orm\/[^"']+|@libsql\/client[^"']*|@supabase\/[^"']+|@neondatabase\/serverless|@vercel\/postgres|firebase[^"']*|@google-cloud\/firestore|knex|sequelize|typeorm|lowdb[^"']*)["']|require\(["'](mongoose|mongodb|pg|mysql2?|better-sqlite3|@prisma\/client|sequelize|knex)["']\)/;

/** Files of an app whose pages run on the server too, and that speak to a database. */
export const dataFiles = (project: Project): readonly string[] =>
  inRoot(project)
    .filter(
      (path) =>
        !/(^|\/)(scripts?|seeds?|seeders?|migrations?|prisma)\/|seed\.[jt]s$|drizzle\.config/.test(path) &&
        opensData.test(project.tree.read(path) ?? ""),
    )
    .slice(0, 200);

const prefix = (project: Project): string => (project.root === "." ? "" : `${project.root}/`);
const inside = (project: Project, path: string): string => (path.startsWith(prefix(project)) ? path.slice(prefix(project).length) : path);

const labelOf = (path: string, name: string): string => {
  const route = path
    .replace(/^.*?(?:^|\/)(?:app|pages|routes|server)\//, "/")
    .replace(/\/(route|index|\+server|\+page\.server)\.[mc]?[jt]sx?$/, "")
    .replace(/\.[mc]?[jt]sx?$/, "");
  return /^[A-Z]+$/.test(name) ? `${name} ${route}` : name === "default" ? `requests to ${route}` : `${name} of ${route}`;
};

/** Functions that say "use server" themselves. */
const inlineActions = (module: Module): readonly FunctionNode[] => {
  const found: FunctionNode[] = [];
  walk(module.syntax.program, (node) => {
    if (!isFunction(node) || node.body?.type !== "BlockStatement") return;
    const [first] = node.body.body;
    if (first?.type === "ExpressionStatement" && first.expression.type === "Literal" && first.expression.value === "use server")
      found.push(node);
  });
  return found;
};

/** Reads the handlers that a framework finds by their file. */
export const readFileRoutes = (machine: OpenMachine, files: readonly string[]): readonly Handled[] =>
  files.flatMap((path): readonly Handled[] => {
    const module = machine.project.module(path);
    if (module === undefined) return [];
    const site = { module, node: module.syntax.program };
    const handled: Handled[] = [];
    for (const kind of kinds) {
      if (!kind.path.test(path)) continue;
      for (const name of kind.names) {
        machine.begin();
        const exported = machine.exported(path, name);
        const list = exported.flatMap((row): Choices[] => (row.value.kind === "object" ? [...row.value.entries.values()] : [[row]]));
        for (const choices of list) {
          const value = choices[0]?.value;
          if (value === undefined || (value.kind === "literal" && value.value === undefined) || value.kind === "unknown") continue;
          handled.push(
            readHandlers(
              machine,
              [{ choices, node: site.node }],
              module,
              labelOf(path, name),
              value.kind === "function" && value.frame.module === module ? value.node : site.node,
              always,
            ),
          );
        }
      }
      break;
    }
    const form = [data("form"), data("form"), data("form"), one(undefinedValue)];
    const actions: { readonly choices: Choices; readonly name: string; readonly node: Node }[] = isServerAction(module)
      ? ["default", ...module.names.program.bindings.keys()].flatMap((name) => {
          const choices = machine.exported(path, name);
          const value = choices[0]?.value;
          return value?.kind === "function"
            ? [{ choices, name: name === "default" ? (value.node.id?.name ?? name) : name, node: value.node }]
            : [];
        })
      : inlineActions(module).map((node) => ({
          choices: one({ kind: "function", node, frame: frameAround(module, node), self: undefined }),
          name: "a server action",
          node,
        }));
    for (const action of actions) {
      const effects: Handled["effects"][number][] = [];
      const flow: Flow = { ...silent, effects, carried: new Map() };
      machine.begin();
      for (const { value } of action.choices) machine.call(value, form, flow, { module, node: action.node });
      handled.push({ label: `server action ${action.name}`, at: { module, node: action.node }, when: always, effects, isWhole: false });
    }
    return handled;
  });
