import { posix } from "node:path";
import { exampleFile } from "../env/example-file.js";
import type { Answers } from "./answers.js";
import { dockerignore } from "./dockerignore.js";
import { holdfastYaml, schemaOf } from "./holdfast-yaml.js";
import { nodeDockerfile } from "./node-dockerfile.js";
import { djangoDockerfile, nginxConf, staticDockerfile } from "./other-dockerfiles.js";
import { renderYaml } from "./render-yaml.js";
import type { Survey } from "./stack.js";
import { startScript } from "./start-script.js";
import { workflow } from "./workflow.js";

/** A file that is to be there. */
export interface PlannedFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** What it is for, in one sentence. */
  readonly why: string;
  readonly isExecutable?: boolean;
}

/** What is to be written, and what is left for a person to do. */
export interface InitPlan {
  readonly files: readonly PlannedFile[];
  readonly steps: readonly string[];
}

/** Decide which files an app needs to be deployed as it was answered. Nothing is looked at and nothing is written. */
export function planFiles(found: Survey, answers: Answers, version: string): InitPlan {
  const survey: Survey = { ...found, schema: schemaOf(found, answers) };
  const { root, schema } = survey;
  const inApp = (name: string): string => posix.join(root, name);
  const hasVariables = Object.keys(schema.variables).length > 0;
  const files: PlannedFile[] = [
    ...imageFiles(survey, answers, version),
    {
      path: inApp("holdfast.yaml"),
      text: holdfastYaml(survey, answers),
      why: "the variables that the app reads; what is required is checked before each start",
    },
    ...(hasVariables
      ? [{ path: inApp(".env.example"), text: exampleFile(schema), why: "the same for developers: copied to .env and filled in" }]
      : []),
    ...(answers.platform === "render"
      ? [{ path: inApp("render.yaml"), text: renderYaml(survey, answers), why: renderWhy(survey, answers) }]
      : []),
    {
      path: `.github/workflows/deploy${root === "." ? "" : `-${survey.name}`}.yml`,
      text: workflow(survey, answers, version),
      why: workflowWhy(answers),
    },
  ];
  return { files, steps: stepsAfter(survey, answers) };
}

function imageFiles(survey: Survey, { platform, deploy }: Answers, version: string): readonly PlannedFile[] {
  const { stack, root, context, name } = survey;
  const isBuiltByRender = stack.kind === "static" && platform === "render" && deploy === "git";
  if (isBuiltByRender) return [];
  const file = posix.relative(context, posix.join(root, "Dockerfile"));
  const path = posix.join(root, "Dockerfile");
  const ignore = {
    path: posix.join(context, ".dockerignore"),
    text: dockerignore(stack),
    why: "what stays out of the image: secrets, and what is made",
  };
  switch (stack.kind) {
    case "node": {
      const text = nodeDockerfile(stack, { name, root: posix.relative(context, root) || ".", file, version });
      return [
        { path, text, why: "the image: packages from the lock file, built, run by nobody's root, started by holdfast start" },
        ignore,
      ];
    }
    case "django":
      return [
        { path, text: djangoDockerfile(stack, { name, file }), why: "the image: packages in a stage of their own, run by nobody's root" },
        ignore,
        {
          path: posix.join(root, "start.sh"),
          text: startScript(stack, survey.schema),
          why: "the start: variables, static files, migrations once across instances, then gunicorn in its place",
          isExecutable: true,
        },
      ];
    case "static":
      return [
        { path, text: staticDockerfile(stack, { name, file }), why: "the image: the pages, handed out by nginx on $PORT" },
        ignore,
        {
          path: posix.join(root, "nginx.conf"),
          text: nginxConf(),
          why: "how nginx hands them out: hashed files kept for ever, the rest asked for again",
        },
      ];
  }
}

function renderWhy({ database, healthPath }: Survey, { plan, deploy }: Answers): string {
  const parts = [
    deploy === "image"
      ? "the service at Render, deployed by digest and never from git"
      : "the service at Render, built from git once the checks have passed",
    healthPath === undefined ? "without a health check" : `looked after at ${healthPath}`,
    ...(database === "postgres" ? [plan === "free" ? "with a database that is free for 30 days" : "with its database"] : []),
  ];
  return parts.join(", ");
}

function workflowWhy({ deploy, platform }: Answers): string {
  if (deploy === "git") return "tests, lint and the doctor for every push; Render waits for them";
  return `tests, lint, the doctor, the image published by digest${platform === "render" ? ", and Render told of it" : ""}`;
}

/** What only a person can do: keys, and the first deploy. */
function stepsAfter(survey: Survey, { platform, deploy, registry = "", plan }: Answers): readonly string[] {
  const secrets = registry.startsWith("docker.io/")
    ? ["DOCKERHUB_USERNAME", "DOCKERHUB_TOKEN"]
    : registry.startsWith("ghcr.io/")
      ? []
      : ["REGISTRY_USERNAME", "REGISTRY_PASSWORD"];
  const blueprint = `At Render: New, Blueprint, this repository${survey.root === "." ? "" : `, with the path ${posix.join(survey.root, "render.yaml")}`}. It asks for the variables marked sync: false.`;
  return [
    "Read the files, and commit them.",
    ...(deploy === "image" && secrets.length > 0 ? [`At GitHub, Settings, Secrets, Actions: ${secrets.join(" and ")}.`] : []),
    ...(deploy === "image" ? ["Push to main: the first run publishes the image."] : []),
    ...(platform === "render" ? [blueprint] : []),
    ...(platform === "render" && deploy === "image"
      ? ["Copy the service's deploy hook (Settings at Render) into GitHub's secret RENDER_DEPLOY_HOOK."]
      : []),
    ...(platform === "render" && plan === "free" && survey.database === "postgres"
      ? ["The free database is deleted after 30 days, with its records: change plan: in render.yaml before."]
      : []),
    "Before the first deploy: npx holdfast doctor",
  ];
}
