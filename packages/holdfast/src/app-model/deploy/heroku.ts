import type { DeclaredVariable, Phase, Service, SourceTree } from "../model.js";
import { type Field, readFields } from "./fields.js";
import { folderOf, within } from "./paths.js";
import { emptyReading, type FileReading } from "./render.js";

/** Variables that add-ons bring, by the beginning of the add-on's name. */
const addOns: readonly (readonly [prefix: string, ...names: string[]])[] = [
  ["heroku-postgresql", "DATABASE_URL"],
  ["heroku-redis", "REDIS_URL", "REDIS_TLS_URL"],
  ["rediscloud", "REDISCLOUD_URL"],
  ["redistogo", "REDISTOGO_URL"],
  ["cloudinary", "CLOUDINARY_URL"],
  ["bucketeer", "BUCKETEER_AWS_ACCESS_KEY_ID", "BUCKETEER_AWS_SECRET_ACCESS_KEY", "BUCKETEER_BUCKET_NAME", "BUCKETEER_AWS_REGION"],
  ["cloudcube", "CLOUDCUBE_URL", "CLOUDCUBE_ACCESS_KEY_ID", "CLOUDCUBE_SECRET_ACCESS_KEY"],
  ["jawsdb", "JAWSDB_URL"],
  ["cleardb", "CLEARDB_DATABASE_URL"],
  ["mongolab", "MONGODB_URI"],
  ["ormongo", "ORMONGO_URL"],
  ["sendgrid", "SENDGRID_API_KEY"],
];

/** Read a Procfile's processes: the web one's start, the release's command. */
export function readProcfile(tree: SourceTree, file: string): readonly Phase[] {
  const phases: Phase[] = [];
  for (const [index, line] of (tree.read(file) ?? "").split("\n").slice(0, 200).entries()) {
    const match = /^\s*([\w-]+)\s*:\s*(.+?)\s*$/.exec(line);
    if (match === null) continue;
    const [, name = "", command = ""] = match;
    if (name === "web") phases.push({ name: "start", command, file, line: index + 1 });
    if (name === "release") phases.push({ name: "release", command, file, line: index + 1 });
  }
  return phases;
}

/** Read what Heroku knows of an app: `app.json` with its add-ons, `heroku.yml`, the Procfile. */
export function readHeroku(tree: SourceTree, root: string): FileReading {
  const manifestFile = within(root, "app.json");
  const manifest = readFields(tree, manifestFile);
  // Expo's file of the same name speaks of a phone's app.
  const isHeroku = manifest !== undefined && manifest !== "broken" && manifest.get("expo") === undefined;
  const procfile = within(root, "Procfile");
  const image = readFields(tree, within(root, "heroku.yml"));
  const phases = [
    ...readProcfile(tree, procfile),
    ...(image === undefined || image === "broken" ? [] : phasesOf(image, within(root, "heroku.yml"))),
  ];
  if (!isHeroku && phases.length === 0) return emptyReading;
  const file = tree.has(procfile) ? procfile : isHeroku ? manifestFile : within(root, "heroku.yml");
  const service: Service = {
    name: (isHeroku ? manifest.get("name")?.text : undefined) ?? "web",
    platform: "heroku",
    kind: "web",
    at: { file, line: phases.find(({ name }) => name === "start")?.line ?? 1 },
    root: folderOf(procfile),
    containerRoot: "/app",
    phases,
    variables: isHeroku ? [...variablesOf(manifest, manifestFile), ...addOnsOf(manifest, manifestFile)] : [],
    disks: [],
  };
  return { ...emptyReading, services: [service] };
}

function variablesOf(manifest: Field, file: string): readonly DeclaredVariable[] {
  return (manifest.get("env")?.entries ?? []).flatMap(([name, field]): DeclaredVariable[] => {
    const value = field.text ?? field.get("value")?.text;
    if (value !== undefined && value !== "") return [{ name, declared: { kind: "value", value }, file, line: field.line }];
    if (field.get("generator") !== undefined) return [{ name, declared: { kind: "given" }, file, line: field.line }];
    // What may be left out is not declared; what is asked for is.
    return field.get("required")?.text === "false" ? [] : [{ name, declared: { kind: "asked" }, file, line: field.line }];
  });
}

function addOnsOf(manifest: Field, file: string): readonly DeclaredVariable[] {
  return (manifest.get("addons")?.items ?? []).flatMap((item): DeclaredVariable[] => {
    const plan = item.text ?? item.get("plan")?.text ?? "";
    const [, ...names] = addOns.find(([prefix]) => plan.startsWith(prefix)) ?? [""];
    const alias = item.get("as")?.text;
    const made = alias === undefined ? names : [`${alias}_URL`];
    return made.map((name) => ({ name, declared: { kind: "given" }, file, line: item.line }));
  });
}

function phasesOf(image: Field, file: string): readonly Phase[] {
  const run = image.get("run", "web");
  const command = run?.text ?? run?.get("command")?.items[0]?.text;
  const release = image.get("release", "command")?.items[0];
  const phases: Phase[] = [];
  if (command !== undefined) phases.push({ name: "start", command, file, line: run?.line ?? 1 });
  if (release?.text !== undefined) phases.push({ name: "release", command: release.text, file, line: release.line });
  return phases;
}
