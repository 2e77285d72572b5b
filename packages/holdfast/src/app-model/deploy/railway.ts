import type { Disk, Phase, Service, SourceTree } from "../model.js";
import { readImage } from "./dockerfile.js";
import { type Field, readFields } from "./fields.js";
import { readProcfile } from "./heroku.js";
import { folderOf, within } from "./paths.js";
import { emptyReading, type FileReading } from "./render.js";

/**
 * Read `railway.json` or `railway.toml`, and `nixpacks.toml` beside it. Volumes are made in the dashboard: only a mount path that a deploy
 * requires is in a file, and Railway refuses to deploy without it.
 */
export function readRailway(tree: SourceTree, file: string): FileReading {
  const config = readFields(tree, file);
  if (config === undefined) return emptyReading;
  const root = folderOf(file);
  if (config === "broken") return { ...emptyReading, notUnderstood: [{ file, line: 1, why: "this file cannot be parsed" }] };
  const nixFile = within(root, "nixpacks.toml");
  const nix = readFields(tree, nixFile);
  const named = config.get("build", "dockerfilePath")?.text;
  const dockerfile = [named, "Dockerfile"]
    .flatMap((path) => (path === undefined ? [] : [within(root, path)]))
    .find((path) => tree.has(path));
  const isNix = config.get("build", "builder")?.text?.toUpperCase() === "NIXPACKS";
  const image = dockerfile === undefined || isNix ? undefined : readImage(tree, dockerfile, root, root);
  const procfile = readProcfile(tree, within(root, "Procfile"));
  const start = phaseOf(config, "start", "startCommand", file);
  const nixStart = nix === undefined || nix === "broken" ? undefined : nix.get("start", "cmd");
  const phases: Phase[] = [
    ...(image?.phases.filter(({ name }) => name === "build") ?? []),
    ...phaseOf(config, "build", "buildCommand", file),
    ...phaseOf(config, "release", "preDeployCommand", file),
    ...procfile.filter(({ name }) => name === "release"),
  ];
  if (start.length > 0) phases.push(...start);
  else if (nixStart?.text !== undefined) phases.push({ name: "start", command: nixStart.text, file: nixFile, line: nixStart.line });
  else if (procfile.some(({ name }) => name === "start")) phases.push(...procfile.filter(({ name }) => name === "start"));
  else phases.push(...(image?.phases.filter(({ name }) => name === "start") ?? []));
  const service: Service = {
    name: "web",
    platform: "railway",
    kind: /worker|celery|beat|queue/i.test(file) ? "worker" : "web",
    at: { file, line: start[0]?.line ?? 1 },
    root,
    containerRoot: image === undefined ? "/app" : image.containerRoot,
    phases,
    variables: [...(image?.variables ?? [])],
    disks: requiredMount(config, file),
    links: image?.links ?? [],
  };
  return { ...emptyReading, services: [service] };
}

function phaseOf(config: Field, name: Phase["name"], key: string, file: string): readonly Phase[] {
  return ["deploy", "build"].flatMap((section) => {
    const field = config.get(section, key);
    const command = field?.text ?? field?.items.map(({ text }) => text ?? "").join(" && ");
    return field === undefined || command === undefined || command === "" ? [] : [{ name, command, file, line: field.line }];
  });
}

function requiredMount(config: Field, file: string): readonly Disk[] {
  const field = config.get("deploy", "requiredMountPath");
  return field?.text === undefined || !field.text.startsWith("/") ? [] : [{ mountPath: field.text, file, line: field.line }];
}
