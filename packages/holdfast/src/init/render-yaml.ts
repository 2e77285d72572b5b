import { isNeededBy } from "#env/check";
import type { VariableSchema } from "#env/schema";
import { posix } from "node:path";
import type { Answers } from "./answers.js";
import { holdfastIn } from "./node-dockerfile.js";
import type { NodeStack, Survey } from "./stack.js";
import { nodeInstall } from "./node-install.js";
import { runScript } from "./node-stack.js";

/** Secrets that are nobody's but the app's own, so that the platform can make them. */
const ownSecret = /^(?:[A-Z0-9]+_)*(?:SECRET_KEY(?:_BASE)?|SESSION_SECRET|JWT_SECRET|AUTH_SECRET|COOKIE_SECRET)$/;

/** Write a Blueprint: the service with its health check, its variables without a secret among them, and its database. */
export function renderYaml(survey: Survey, answers: Answers): string {
  const { name, stack } = survey;
  const lines = [
    `# ${name} at Render. Made by holdfast init.`,
    "services:",
    "  - type: web",
    `    name: ${name}`,
    ...(stack.kind === "static" && answers.deploy === "git" ? staticService(survey, stack.build) : server(survey, answers)),
  ];
  const variables = variableLines(survey);
  if (variables.length > 0) lines.push("    envVars:", ...variables);
  if (survey.database === "postgres") lines.push("", "databases:", `  - name: ${name}-db`, ...databasePlan(answers));
  return `${lines.join("\n")}\n`;
}

function server(survey: Survey, { plan, deploy, registry, disk }: Answers): readonly string[] {
  const { root, context, healthPath, name } = survey;
  const lines: string[] = [];
  if (deploy === "image") {
    lines.push(
      "    runtime: image",
      "    # Render does not build from git: the workflow publishes the image, then names it here by its digest, through the deploy hook.",
      "    image:",
      `      url: ${registry ?? ""}:main`,
      "      # A private image: add the registry's credentials to the workspace, and name them here.",
      "      # creds: { fromRegistryCreds: { name: registry } }",
    );
  } else {
    lines.push(
      "    runtime: docker",
      `    dockerfilePath: ./${posix.join(root, "Dockerfile")}`,
      `    dockerContext: ${context === "." ? "." : `./${context}`}`,
      "    # Render builds each push whose checks have passed. Do not call a deploy hook as well: two deploys of one push would race.",
      "    autoDeployTrigger: checksPass",
    );
  }
  lines.push(`    plan: ${plan}`);
  if (healthPath === undefined)
    lines.push(
      "    # No route of a health check was seen, so Render looks at the port alone. Add one, and name it here.",
      "    # healthCheckPath: /healthz",
    );
  else lines.push(`    healthCheckPath: ${healthPath}`);
  const command = preDeploy(survey);
  if (plan === "free") {
    const migrates = command === undefined ? "" : " and no command before deploys, so it migrates at its start";
    lines.push(`    # A free service has no disk${migrates}: what it writes is gone at the next deploy.`);
  } else if (command !== undefined) {
    lines.push("    # Before the new instances start. Their start finds nothing left to migrate.", `    preDeployCommand: ${command}`);
  }
  if (disk !== undefined) lines.push("    disk:", `      name: ${name}-data`, `      mountPath: ${disk}`, "      sizeGB: 1");
  return lines;
}

function preDeploy({ stack }: Survey): string | undefined {
  if (stack.kind === "django") return "sh ./start.sh migrate";
  return stack.kind === "node" && stack.hasMigrations ? `${holdfastIn(stack)} start --only env,migrate` : undefined;
}

function staticService({ root }: Survey, build: NodeStack | undefined): readonly string[] {
  const publish = build === undefined ? "." : (build.output ?? "dist");
  return [
    "    runtime: static",
    ...(root === "." ? [] : [`    rootDir: ${root}`]),
    `    buildCommand: ${build === undefined ? '""' : `${nodeInstall(build)} && ${runScript(build.manager, "build", undefined)}`}`,
    `    staticPublishPath: ${publish}`,
    "    autoDeployTrigger: checksPass",
    "    headers:",
    "      - { path: /*, name: X-Content-Type-Options, value: nosniff }",
  ];
}

function variableLines({ schema, database, name }: Survey): readonly string[] {
  const { variables, rules = [] } = schema;
  // Of several that exclude each other the first is asked for; the platform would ask for all.
  const left = new Set(
    rules.flatMap((rule) => ("atMostOne" in rule ? rule.atMostOne.slice(1) : "exactlyOne" in rule ? rule.exactlyOne.slice(1) : [])),
  );
  const bucket = left.has("AWS_STORAGE_BUCKET_NAME") ? /^AWS_S3_/ : undefined;
  for (const rule of rules)
    if ("allOrNone" in rule && rule.allOrNone.some((one) => left.has(one))) for (const one of rule.allOrNone) left.add(one);
  const asked: string[] = [];
  const instead: string[] = [];
  for (const [variable, described] of Object.entries(variables)) {
    if (!isNeededBy(described, {})) continue;
    const entry = entryOf(variable, described, database, name);
    if (left.has(variable) || bucket?.test(variable) === true) instead.push(...entry.map((line) => line.replace("      ", "      # ")));
    else asked.push(...entry);
  }
  return instead.length === 0
    ? asked
    : [...asked, "      # Or, in place of the one that excludes them (envRules in holdfast.yaml):", ...instead];
}

/** A default of development's would have every page, and the health check, answered 400. */
const hostsAtRender: Readonly<Record<string, string>> = {
  ALLOWED_HOSTS: ".onrender.com",
  CSRF_TRUSTED_ORIGINS: "https://*.onrender.com",
};

function entryOf(
  variable: string,
  { secret, description, default: fallback }: VariableSchema,
  database: Survey["database"],
  name: string,
): readonly string[] {
  const key = `      - key: ${variable}`;
  const about = description === undefined ? [] : [`      # ${description.replaceAll(/\s+/g, " ")}.`];
  if (variable === "DATABASE_URL" && database === "postgres")
    return [key, "        fromDatabase:", `          name: ${name}-db`, "          property: connectionString"];
  if (ownSecret.test(variable)) return [...about, key, "        generateValue: true"];
  const hosts = hostsAtRender[variable];
  if (hosts !== undefined && !String(fallback ?? "").includes("onrender.com"))
    return [
      ...about,
      "      # The name that Render gives the app; add your own domains, with commas between.",
      key,
      `        value: ${JSON.stringify(hosts)}`,
    ];
  // Python's own words: a text that is true or false to every reader of switches.
  const value = fallback === true && /DEBUG/.test(variable) ? "False" : fallback;
  if (secret !== true && value !== undefined) return [...about, key, `        value: ${JSON.stringify(String(value))}`];
  return [...about, key, "        sync: false"];
}

function databasePlan({ plan }: Answers): readonly string[] {
  if (plan !== "free") return ["    plan: basic-256mb"];
  return [
    "    # A free database is deleted 30 days after it was made, with everything in it. To keep records: plan: basic-256mb",
    "    plan: free",
  ];
}
