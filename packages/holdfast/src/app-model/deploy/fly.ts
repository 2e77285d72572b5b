import type { DeclaredVariable, Disk, Phase, Service, SourceTree } from "../model.js";
import { readImage } from "./dockerfile.js";
import { type Field, readFields } from "./fields.js";
import { folderOf, within } from "./paths.js";
import { emptyReading, type FileReading } from "./render.js";

/** Read `fly.toml`: its volume, its declared variables, and the image it builds. Secrets are never in it. */
export function readFly(tree: SourceTree, file: string): FileReading {
  const config = readFields(tree, file);
  if (config === undefined) return emptyReading;
  if (config === "broken") return { ...emptyReading, notUnderstood: [{ file, line: 1, why: "this file is not valid TOML" }] };
  const root = folderOf(file);
  const named = config.get("build", "dockerfile")?.text;
  const dockerfile = [named, "Dockerfile"]
    .flatMap((path) => (path === undefined ? [] : [within(root, path)]))
    .find((path) => tree.has(path));
  const image = dockerfile === undefined ? undefined : readImage(tree, dockerfile, root, root);
  const declared = (config.get("env")?.entries ?? []).map(([name, field]): DeclaredVariable => ({
    name,
    declared: { kind: "value", value: field.text ?? "" },
    file,
    line: field.line,
  }));
  const release = config.get("deploy", "release_command");
  const processes = (config.get("processes")?.entries ?? []).toSorted(([a], [b]) => Number(isWeb(b)) - Number(isWeb(a)));
  const web = processes[0]?.[1];
  const start = web ?? config.get("experimental", "cmd");
  const phases: Phase[] = [...(image?.phases ?? [])];
  if (release?.text !== undefined) phases.push({ name: "release", command: release.text, file, line: release.line });
  if (start?.text !== undefined && start.text !== "") phases.push({ name: "start", command: start.text, file, line: start.line });
  const service: Service = {
    name: config.get("app")?.text ?? "app",
    platform: "fly",
    kind: "web",
    at: { file, line: 1 },
    root,
    containerRoot: image?.containerRoot ?? (dockerfile === undefined ? "/app" : undefined),
    phases,
    variables: [...(image?.variables ?? []), ...declared],
    disks: disksOf(config, file),
    links: image?.links ?? [],
  };
  return { ...emptyReading, services: [service] };
}

function isWeb(name: string): boolean {
  return name === "app" || name === "web";
}

/** `[mounts]` or `[[mounts]]`; one for workers alone is not the app's. */
function disksOf(config: Field, file: string): readonly Disk[] {
  const mounts = config.get("mounts") ?? config.get("mount");
  if (mounts === undefined) return [];
  const listed = mounts.items.length > 0 ? mounts.items : [mounts];
  return listed.flatMap((mount) => {
    const mountPath = mount.get("destination");
    const processes = (mount.get("processes")?.items ?? []).flatMap(({ text }) => text ?? []);
    if (mountPath?.text === undefined || (processes.length > 0 && !processes.some(isWeb))) return [];
    return [{ mountPath: mountPath.text, file, line: mountPath.line }];
  });
}
