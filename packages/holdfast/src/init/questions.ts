import {
  type Answers,
  type DeployAnswer,
  deployAnswers,
  fullImageName,
  type PlanAnswer,
  planAnswers,
  type PlatformAnswer,
  platformAnswers,
} from "./answers.js";
import type { Survey } from "./stack.js";

/** A question to a person: one of several answers, or a text. */
export type Question =
  | {
      readonly kind: "choice";
      readonly message: string;
      readonly choices: readonly { readonly value: string; readonly label: string; readonly hint?: string }[];
      readonly initial: string;
    }
  | {
      readonly kind: "text";
      readonly message: string;
      readonly initial: string;
      /** Why an answer cannot be taken. */
      readonly refuse: (text: string) => string | undefined;
    };

/** Ask a person. Answers undefined when they leave. */
export type Ask = (question: Question) => Promise<string | undefined>;

/** What was said already, on the command line. */
export type Given = { readonly [K in keyof Answers]?: Answers[K] | undefined };

const platformChoices: Readonly<Record<PlatformAnswer, { readonly label: string; readonly hint: string }>> = {
  render: { label: "Render", hint: "render.yaml, and deploys by hook" },
  other: { label: "another host that runs images", hint: "the image is published, and deployed by you" },
};
const planChoices: Readonly<Record<PlanAnswer, { readonly label: string; readonly hint: string }>> = {
  free: { label: "free", hint: "sleeps when idle; no disk, no command before deploys; its database lives 30 days" },
  starter: { label: "starter", hint: "paid" },
  standard: { label: "standard", hint: "paid" },
  pro: { label: "pro", hint: "paid" },
};
const deployChoices: Readonly<Record<DeployAnswer, { readonly label: string; readonly hint: string }>> = {
  image: { label: "as an image", hint: "built once, published, deployed by its digest: what was tested is what runs" },
  git: { label: "from git", hint: "Render builds each push itself, once the checks have passed" },
};

/**
 * Find out what a person wants: what was said on the command line stands, the rest is asked for, or taken as it usually is where nobody
 * can be asked. Answers undefined when the person leaves.
 */
export async function findAnswers(survey: Survey, given: Given, ask: Ask | undefined): Promise<Answers | undefined> {
  const isPages = survey.stack.kind === "static";
  const platform = await choose("Where does the app run?", platformAnswers, platformChoices, "render", given.platform, ask);
  if (platform === undefined) return undefined;
  const isRender = platform === "render";
  const usualDeploy = isRender && isPages ? "git" : "image";
  const deploy = await choose(
    "How do releases get there?",
    deployAnswers,
    deployChoices,
    usualDeploy,
    given.deploy,
    isRender ? ask : undefined,
  );
  if (deploy === undefined) return undefined;
  const hasPlans = isRender && !(isPages && deploy === "git");
  const plan = await choose("On which plan?", planAnswers, planChoices, "free", given.plan, hasPlans ? ask : undefined);
  if (plan === undefined) return undefined;
  const answers = {
    platform,
    plan,
    deploy,
    registry: deploy === "image" ? (given.registry ?? usualImage(survey)) : undefined,
    disk: given.disk,
  };
  if (deploy === "git" || given.registry !== undefined || ask === undefined) return answers;
  const image = await ask({
    kind: "text",
    message: "Where is the image published?",
    initial: answers.registry ?? "",
    refuse: (text) =>
      fullImageName(text) === undefined ? "A name such as you/app (Docker Hub) or ghcr.io/you/app, without a tag." : undefined,
  });
  return image === undefined ? undefined : { ...answers, registry: fullImageName(image) };
}

/** What was said, else what a person chooses, else what is usual. */
async function choose<T extends string>(
  message: string,
  values: readonly T[],
  labels: Readonly<Record<T, { readonly label: string; readonly hint: string }>>,
  initial: T,
  said: T | undefined,
  ask: Ask | undefined,
): Promise<T | undefined> {
  if (said !== undefined) return said;
  if (ask === undefined) return initial;
  const answer = await ask({ kind: "choice", message, choices: values.map((value) => ({ value, ...labels[value] })), initial });
  return values.find((value) => value === answer);
}

/** Docker Hub, under the owner's name at GitHub, which is the same for many. */
function usualImage({ repository, name }: Survey): string | undefined {
  const owner = repository?.split("/")[0];
  return owner === undefined ? undefined : fullImageName(`docker.io/${owner}/${name}`);
}
