/** What a person decides before files are written. */
export interface Answers {
  /** `other`: any host that runs images. */
  readonly platform: PlatformAnswer;
  readonly plan: PlanAnswer;
  /** `image`: built and published by the workflow, deployed by its digest. `git`: built by the platform, once the checks have passed. */
  readonly deploy: DeployAnswer;
  /** Where the image is published, without a tag; undefined where nothing is. */
  readonly registry: string | undefined;
  /** Where a disk that lasts is mounted, on plans that have one. */
  readonly disk: string | undefined;
}

export const platformAnswers = ["render", "other"] as const;
export const planAnswers = ["free", "starter", "standard", "pro"] as const;
export const deployAnswers = ["image", "git"] as const;

export type PlatformAnswer = (typeof platformAnswers)[number];
export type PlanAnswer = (typeof planAnswers)[number];
export type DeployAnswer = (typeof deployAnswers)[number];

/** Host, owner and name, as registries write them; no tag, no digest. */
const registryForm = /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*){1,4}$/;

/** A name of an image in full: `you/shop` is Docker Hub's. Undefined for what is none. */
export function fullImageName(text: string): string | undefined {
  const lower = text
    .trim()
    .replace(/^https?:\/\//, "")
    .toLowerCase();
  const isHub = /^[a-z0-9][a-z0-9._-]*\/[^/]+$/.test(lower) && !/^[^/]*[.:]/.test(lower) && !lower.startsWith("localhost/");
  const full = isHub ? `docker.io/${lower}` : lower;
  return registryForm.test(full) ? full : undefined;
}

/** Folders that Render mounts no disk on; folders below them are allowed (its documentation, 2026). */
const notMountable = new Set([
  "/",
  "/opt",
  "/opt/render",
  "/opt/render/project",
  "/opt/render/project/src",
  "/home",
  "/home/render",
  "/etc",
  "/etc/secrets",
]);

/** Everything that does not go together, said at once. */
export function problemsOf({ platform, plan, deploy, registry, disk }: Answers): readonly string[] {
  const problems: string[] = [];
  if (platform === "render" && plan === "free" && disk !== undefined)
    problems.push(
      "A free service at Render has no disk: everything it writes is gone at the next deploy. Leave --disk out, or choose --plan starter.",
    );
  if (disk !== undefined && (!/^(?:\/[\w-][\w.-]*)+\/?$/.test(disk) || notMountable.has(disk.replace(/(.)\/+$/, "$1"))))
    problems.push(`No disk can be mounted at "${disk}". Name a folder of its own, such as /var/data.`);
  if (deploy === "git" && platform !== "render")
    problems.push("Only Render is known to build from git here: --deploy git goes with --platform render.");
  if (deploy === "image" && registry === undefined)
    problems.push(
      "Say where the image is published: --registry docker.io/you/app, or ghcr.io/you/app. Render builds it itself with --deploy git.",
    );
  return problems;
}
