import { all, always, any, not } from "./conditions.js";
import type { Condition, Deployment, Destination, Evidence, Outcome, Sink } from "../model.js";
import { frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import { evidence, modelPath, placeOf } from "./places.js";
import type { Module } from "./project.js";
import { keyName } from "./syntax.js";
import type { Choices, Site } from "./values.js";
import { textOf } from "./values.js";

const packageName = "@holdfast/media";

const set = (name: string): Condition => ({ kind: "set", name });

/** The variables of which one names a bucket, the one to advise first: as storage/choose-s3.ts of @holdfast/media has them. */
const buckets = [
  "AWS_STORAGE_BUCKET_NAME",
  "AWS_S3_BUCKET_NAME",
  "S3_BUCKET",
  "S3_BUCKET_NAME",
  "AWS_S3_BUCKET",
  "AWS_BUCKET",
  "BUCKET_NAME",
  "B2_BUCKET_NAME",
  "B2_BUCKET",
  "BUCKETEER_BUCKET_NAME",
  "CLOUDCUBE_URL",
];

/** The folder below the app's own that media lies in where nothing else is said. */
const defaultFolder = "holdfast-data/media";

/** Somebody allows a disk that does not last, by name. Without it, media there is refused when it is opened. */
const isAllowed: Condition = { kind: "equals", name: "MEDIA_ALLOW_EPHEMERAL", values: ["1"] };

const because = (at: Evidence, why: string): readonly Evidence[] => [{ ...at, why }];

const cloud = (service: string, at: Evidence, why: string, when: Condition = always): Outcome => ({
  when,
  destination: { kind: "cloud", service },
  because: because(at, why),
});

/** A folder on a disk: kept where a disk that lasts is mounted, else refused, or lost where somebody allows it. */
const onDisk = (path: string, at: Evidence, elsewhere: Condition, when: Condition = always): readonly Outcome[] => {
  const destination: Destination = { kind: "disk", path };
  return [
    {
      when: all(isAllowed, elsewhere, when),
      destination,
      because: because(at, "MEDIA_ALLOW_EPHEMERAL=1 lets media be kept on a disk that does not last"),
    },
    { when: all(when, { kind: "disk", path }), destination, because: because(at, "media is kept on a disk") },
  ];
};

const refused = (at: Evidence, why = "on a disk that does not last Holdfast refuses to start", when: Condition = always): Outcome => ({
  when,
  destination: { kind: "fails" },
  because: because(at, why),
});

/**
 * What `openMedia()` chooses by the environment: Cloudinary's variables, a bucket's, MEDIA_ROOT, the default folder. Of many names for
 * one thing, those count that are declared. `MEDIA_STORAGE` chooses among what is configured, and loses nothing.
 */
const fromEnvironment = (at: Evidence, declared: ReadonlySet<string>): readonly Outcome[] => {
  const named = buckets.filter((name) => declared.has(name));
  const bucket = any(...(named.length > 0 ? named : buckets.slice(0, 1)).map(set));
  const parts = ["CLOUDINARY_CLOUD_NAME", "CLOUDINARY_API_KEY", "CLOUDINARY_API_SECRET"];
  const cloudinary = parts.every((name) => declared.has(name)) ? any(set("CLOUDINARY_URL"), all(...parts.map(set))) : set("CLOUDINARY_URL");
  const elsewhere = all(not(bucket), not(cloudinary));
  const folder = declared.has("MEDIA_ROOT") ? "${MEDIA_ROOT}" : defaultFolder;
  const [lost, ...kept] = onDisk(folder, at, elsewhere);
  return [
    ...(lost === undefined ? [] : [lost]),
    refused(at, "two clouds at once are refused when media is opened", all(bucket, cloudinary)),
    cloud("cloudinary", at, "Holdfast keeps media at Cloudinary, by its variables", all(cloudinary, not(bucket))),
    cloud("s3", at, "Holdfast keeps media in the bucket that the variables name", all(bucket, not(cloudinary))),
    ...kept,
    refused(at),
  ];
};

/** What a storage that the code names itself comes to. */
const explicit = (machine: OpenMachine, storage: Choices, at: Evidence, declared: ReadonlySet<string>): readonly Outcome[] => {
  const rows = storage.flatMap(({ when, value }): readonly Outcome[] => {
    const name = value.kind === "external" ? value.name : "";
    if (name.endsWith("s3Storage()")) return [cloud("s3", at, "the code names a bucket", when)];
    if (name.endsWith("openCloudinaryStorage()")) return [cloud("cloudinary", at, "the code names Cloudinary", when)];
    if (name.endsWith("storageFromEnvironment()"))
      return fromEnvironment(at, declared).map((row) => ({ ...row, when: all(when, row.when) }));
    const root = value.kind === "external" && name.endsWith("diskStorage()") ? value.args[0]?.[0]?.value : undefined;
    const path = root === undefined ? undefined : modelPath(machine, textOf(root) ?? "*");
    if (path !== undefined) return onDisk(path, at, always, when);
    return [{ when, destination: { kind: "unknown", what: "the storage that openMedia() is given" }, because: [at] }];
  });
  return [...rows, refused(at)];
};

/** Where a module opens media, if it does: the call's place, and the storage that it names. */
const opened = (machine: OpenMachine, module: Module): { readonly site: Site; readonly storage: Choices | undefined } | undefined => {
  for (const call of module.names.calls) {
    if (call.type !== "CallExpression" || call.callee.type !== "Identifier") continue;
    const binding = module.names.resolve(call.callee.name, call);
    if (binding?.origins.some((origin) => origin.kind === "import" && origin.from === packageName && origin.name === "openMedia") !== true)
      continue;
    const [options] = call.arguments;
    const property =
      options?.type === "ObjectExpression"
        ? options.properties.find((one) => one.type === "Property" && keyName(one.key) === "storage")
        : undefined;
    machine.begin();
    const storage =
      property?.type === "Property" ? machine.evaluate({ module, node: property.value }, frameAround(module, call), silent) : undefined;
    return { site: { module, node: call }, storage };
  }
  return undefined;
};

/** The first line by which a module speaks of the package, be it for its types alone. */
const spokenOf = (module: Module): Site | undefined => {
  const node = module.syntax.program.body.find(
    (statement) =>
      statement.type === "ImportDeclaration" &&
      (statement.source.value === packageName || statement.source.value.startsWith(`${packageName}/`)),
  );
  return node === undefined ? undefined : { module, node };
};

/**
 * Reads an app that keeps its uploads with Holdfast. Where a package outside the folder opens media for it, the environment decides,
 * as it does where nothing is said.
 */
export const readOwnMedia = (machine: OpenMachine, modules: readonly Module[], deployment: Deployment): readonly Sink[] => {
  const variables = [...deployment.services.slice(0, 1).flatMap((service) => service.variables), ...deployment.dotenv];
  const declared = new Set(variables.map(({ name }) => name));
  if (machine.project.manifest?.dependencies[packageName] === undefined) return [];
  const own = modules.filter(({ path }) => !/\.(test|spec|fixture)\./.test(path));
  for (const module of own) {
    const found = opened(machine, module);
    if (found === undefined) continue;
    const at = evidence(found.site, "Holdfast's media is opened here");
    const outcomes = found.storage === undefined ? fromEnvironment(at, declared) : explicit(machine, found.storage, at, declared);
    return [{ label: "uploads with Holdfast", at: placeOf(found.site), outcomes }];
  }
  const site = own.flatMap((module) => spokenOf(module) ?? [])[0];
  if (site === undefined) return [];
  return [
    {
      label: "uploads with Holdfast",
      at: placeOf(site),
      outcomes: fromEnvironment(evidence(site, "uploads are kept with Holdfast"), declared),
    },
  ];
};
