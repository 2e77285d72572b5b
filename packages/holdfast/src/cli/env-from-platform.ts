import { readDeployment } from "../app-model/deploy/read-deployment.js";
import type { SourceTree } from "../app-model/model.js";
import { findRepository } from "../deploy/git-repository.js";
import { chooseService, rootWithin } from "../deploy/render/choose-service.js";
import { connectRender } from "../deploy/render/connect.js";
import type { AskedService } from "../doctor/verdict.js";
import { fail } from "../errors.js";
import type { Io } from "./io.js";

/** The word of `--env-from` that asks Render; a file of that name is `./render`. */
const render = "render";

/** Platforms that are not asked yet, and how their own command line hands over its list. */
const others: Readonly<Record<string, { readonly platform: string; readonly example: string }>> = {
  heroku: { platform: "Heroku", example: "heroku config --json --app APP | holdfast doctor --env-from /dev/stdin" },
  railway: { platform: "Railway", example: "railway variables --json | holdfast doctor --env-from /dev/stdin" },
  fly: { platform: "Fly", example: "fly secrets list --json | holdfast doctor --env-from /dev/stdin" },
};

/** Whether Render is to be asked. */
export function isRenderAsked({ envFrom }: { readonly envFrom?: readonly string[] }): boolean {
  return (envFrom ?? []).includes(render);
}

/**
 * The files among what `--env-from` was given.
 *
 * @throws PLATFORM_NOT_ASKED for a platform other than Render
 */
export function refusePlatforms(envFrom: readonly string[]): readonly string[] {
  for (const word of envFrom) {
    const other = others[word];
    if (other !== undefined) throw fail("PLATFORM_NOT_ASKED", other);
  }
  return envFrom.filter((word) => word !== render);
}

/**
 * Ask Render what is set for the service that runs the app in a folder: names only.
 *
 * @throws PLATFORM_KEY_MISSING, PLATFORM_REFUSED, PLATFORM_UNREACHABLE, SERVICE_NOT_CHOSEN, USAGE_INVALID, INTERRUPTED
 */
export async function askRender(
  directory: string,
  tree: SourceTree,
  options: { readonly service?: string; readonly version: string },
  io: Io,
): Promise<AskedService> {
  const api = connectRender({ env: io.env, fetch: io.fetch, signal: io.signal, userAgent: `holdfast/${options.version} (doctor)` });
  const repository = findRepository(directory);
  const blueprintNames = readDeployment(tree)
    .services.filter(({ platform }) => platform === render)
    .map(({ name }) => name);
  const service = await chooseService(api, { service: options.service, repository, blueprintNames });
  const { names, secretFiles } = await api.envNames(service);
  const at = { file: "--env-from render", line: 1 };
  return {
    platform: render,
    name: service.name,
    root: rootWithin(service.rootDir, repository?.path ?? ".") ?? ".",
    variables: names.map((name) => ({ name, ...at, declared: { kind: "given" } })),
    disks: service.diskMountPath === undefined ? [] : [{ mountPath: service.diskMountPath, ...at }],
    isComplete: secretFiles.every((file) => !/env/i.test(file)),
  };
}
