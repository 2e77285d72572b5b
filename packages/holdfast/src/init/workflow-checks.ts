import type { EnvironmentSchema } from "#env/schema";
import { managerInstall, nodeInstall } from "./node-install.js";
import type { DjangoStack, NodeStack, Survey } from "./stack.js";

/** Actions by the commits of their releases, as their repositories had them in 2026: a tag can be moved, a commit cannot. */
export const actions = {
  checkout: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
  node: "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0",
  python: "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97 # v7.0.0",
} as const;

/** The steps that check the app, as lines of YAML that begin at the depth of `steps:`' items. */
export function checkSteps(survey: Survey, version: string): readonly string[] {
  const { stack, root } = survey;
  const node = stack.kind === "node" ? stack : stack.kind === "static" ? stack.build : undefined;
  const own = stack.kind === "django" ? djangoSteps(stack, root) : node === undefined ? [] : nodeSteps(node, survey);
  const holdfast = node?.hasHoldfast === true ? "npx --no-install holdfast" : `npx --yes holdfast@${version}`;
  const app = root === "." ? "" : ` ${root}`;
  return [
    `      - uses: ${actions.checkout}`,
    "        with:",
    "          persist-credentials: false",
    ...own,
    // Pages alone write nothing.
    ...(stack.kind === "static"
      ? []
      : [
          "      # Ends the run where uploads or records would be lost at the next deploy, with the line that loses them.",
          "      - name: Does everything survive the next deploy?",
          `        run: ${holdfast} doctor --format github${app}`,
        ]),
    ...(Object.keys(survey.schema.variables).length === 0
      ? []
      : [
          "      - name: Is .env.example up to date?",
          ...(root === "." ? [] : [`        working-directory: ${root}`]),
          `        run: ${holdfast} env example --check`,
        ]),
  ];
}

function nodeSteps(stack: NodeStack, { context }: Survey): readonly string[] {
  const where = context === "." ? [] : [`        working-directory: ${context}`];
  const lock = stack.manifests.find((file) => /lock|shrinkwrap/.test(file));
  const isCached = lock !== undefined && (stack.manager === "npm" || stack.manager === "yarn");
  const manager = managerInstall(stack);
  const step = (name: string, command: string): readonly string[] => [`      - name: ${name}`, ...where, `        run: ${command}`];
  return [
    `      - uses: ${actions.node}`,
    "        with:",
    `          node-version: "${stack.nodeMajor}"`,
    ...(isCached
      ? [`          cache: ${stack.manager}`, ...(context === "." ? [] : [`          cache-dependency-path: ${context}/${lock}`])]
      : []),
    ...(manager === undefined ? [] : step("Package manager", manager)),
    ...step("Install", nodeInstall({ ...stack, workspace: undefined })),
    ...stack.checks.flatMap(({ title, command }) => step(title, command)),
  ];
}

function djangoSteps({ packages, python }: DjangoStack, root: string): readonly string[] {
  const where = root === "." ? [] : [`        working-directory: ${root}`];
  const step = (name: string, command: string): readonly string[] => [`      - name: ${name}`, ...where, `        run: ${command}`];
  const { file, installer, added } = packages;
  const extra = added.map((one) => `"${one}"`).join(" ");
  const installs: Readonly<Record<typeof installer, string>> = {
    pip: `pip install ${file === undefined ? "" : `-r ${file} `}${extra}`,
    uv: 'pip install uv && uv export --frozen --no-emit-project > "$RUNNER_TEMP/requirements.txt" && pip install -r "$RUNNER_TEMP/requirements.txt"',
    poetry: "pip install poetry && poetry config virtualenvs.create false && poetry install --no-root --no-interaction",
    pipenv: "pip install pipenv && pipenv install --system --deploy --dev",
  };
  return [
    `      - uses: ${actions.python}`,
    "        with:",
    `          python-version: "${python}"`,
    ...step("Install", installs[installer].trim()),
    ...(installer === "pip" || added.length === 0 ? [] : step("What production needs besides", `pip install ${extra}`)),
    ...step("System check", "python manage.py check"),
    ...step("Are all migrations written?", "python manage.py makemigrations --check --dry-run"),
    ...step("Test", "python manage.py test"),
  ];
}

/** The environment that tests run in: values for what the app does not start without, none of them secret. */
export function testEnvironment({ variables }: EnvironmentSchema, database: Survey["database"]): readonly string[] {
  const lines = Object.entries(variables).flatMap(([name, { required, type, values, example, schemes }]) => {
    if (name === "DATABASE_URL" && database === "postgres") return [`      ${name}: postgres://postgres:postgres@127.0.0.1:5432/test`];
    if (required !== true) return [];
    const sample: Readonly<Record<string, string>> = {
      integer: "1",
      number: "1",
      boolean: "true",
      port: "8080",
      url: `${schemes?.[0] ?? "https"}://example.test`,
      email: "tests@example.test",
      list: "localhost",
      json: "{}",
    };
    const value = values?.[0] ?? example ?? sample[type ?? "string"] ?? "for-tests-only-and-known-to-everybody";
    return [`      ${name}: ${JSON.stringify(value)}`];
  });
  return lines.length === 0 ? [] : ["    # For the tests alone; nothing secret.", "    env:", ...lines];
}
