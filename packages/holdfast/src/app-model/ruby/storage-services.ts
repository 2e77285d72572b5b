import { cases, entryOf, known, textOf, type Entry, type Value } from "../abstract-value.js";
import type { Evidence, Outcome } from "../model.js";
import { diskRows, namedRows, outcome, plainPath, under } from "../outcomes.js";
import { readErbYaml } from "./erb-yaml.js";
import type { RubyProject } from "./project.js";

/** What Active Storage keeps files with, and the gem it cannot do without. */
const clouds: Readonly<Record<string, { readonly service: string; readonly gem: string }>> = {
  s3: { service: "s3", gem: "aws-sdk-s3" },
  gcs: { service: "gcs", gem: "google-cloud-storage" },
  azurestorage: { service: "azure", gem: "azure-storage-blob" },
  azureblob: { service: "azure", gem: "azure-blob" },
  cloudinary: { service: "cloudinary", gem: "cloudinary" },
  openstack: { service: "openstack", gem: "fog-openstack" },
  imagekitio: { service: "imagekit", gem: "imagekitio" },
  bunnycdn: { service: "bunny", gem: "active_storage_bunny" },
  bunny: { service: "bunny", gem: "active_storage_bunny" },
};

/** Read `config/storage.yml`, with the services of this environment's own file over it, as Rails does. */
export function readStorageYml(project: RubyProject): readonly { readonly file: string; readonly value: Value }[] {
  return [`config/storage/${project.environment}.yml`, "config/storage.yml"].flatMap((name) => {
    const value = readErbYaml(project, project.path(name));
    return value === undefined ? [] : [{ file: project.path(name), value }];
  });
}

/** Where the service of this name keeps its files, row by row; the rows cover every environment. */
export function serviceRows(project: RubyProject, name: Value, because: readonly Evidence[]): readonly Outcome[] {
  const [file] = readStorageYml(project);
  if (file === undefined) {
    const why = "there is no config/storage.yml, so no service can be opened";
    return [outcome({ kind: "fails" }, [...because, { file: project.path("config"), line: 1, why }])];
  }
  return cases(file.value).flatMap((document) =>
    under(
      document.when,
      cases(name).flatMap(({ when, value }) => under(when, named(project, value, document.value, file.file, because))),
    ),
  );
}

function named(project: RubyProject, name: Value, services: Value, file: string, because: readonly Evidence[]): readonly Outcome[] {
  if (services.kind !== "table") {
    return [outcome({ kind: "unknown", what: "the services of config/storage.yml" }, [{ file, line: 1, why: "not understood" }])];
  }
  if (name.kind === "unknown") return [outcome({ kind: "unknown", what: name.what }, because)];
  const text = name.kind === "known" ? textOf(name) : undefined;
  if (text !== undefined) return service(project, text, services, file, because, 0);
  const why = "any other name is none of config/storage.yml, and the app does not start";
  const rest = outcome({ kind: "fails" }, [...because, { file, line: 1, why }]);
  if (name.kind !== "variable") return [outcome({ kind: "unknown", what: "the service of Active Storage" }, because)];
  return namedRows(name, [...services.entries.keys()], (one) => service(project, one, services, file, because, 0), rest);
}

function service(
  project: RubyProject,
  name: string,
  services: Value,
  file: string,
  because: readonly Evidence[],
  depth: number,
): readonly Outcome[] {
  const entry = entryOf(services, name);
  if (entry === undefined) {
    const why = `no service is called ${name} here, so the app does not start`;
    return [outcome({ kind: "fails" }, [...because, { file, line: 1, why }])];
  }
  const kind = entryOf(entry.value, "service");
  return cases(kind?.value ?? { kind: "known", value: "" }).flatMap(({ when, value }) =>
    under(when, ofKind(project, name, (textOf(value) ?? "").trim(), entry, services, because, depth)),
  );
}

function ofKind(
  project: RubyProject,
  name: string,
  kind: string,
  entry: Entry,
  services: Value,
  because: readonly Evidence[],
  depth: number,
): readonly Outcome[] {
  const at = { file: entry.file, line: entry.line };
  const lower = kind.toLowerCase().replaceAll("_", "");
  if (lower === "disk") return onDisk(name, entry, because);
  if (lower === "mirror") {
    const primary = textOf(entryOf(entry.value, "primary")?.value ?? known("")) ?? "";
    const why = `files are read from the service ${primary}; the others only receive copies`;
    if (depth > 3) return [outcome({ kind: "unknown", what: "mirrors of mirrors" }, because)];
    return service(project, primary, services, entry.file, [...because, { ...at, why }], depth + 1);
  }
  const cloud = clouds[lower];
  if (cloud !== undefined) {
    if (!project.gems.has(cloud.gem) && project.gems.has("rails")) {
      const why = `the service ${name} needs the gem ${cloud.gem}, which is not in the Gemfile: uploads fail`;
      return [outcome({ kind: "fails" }, [...because, { ...at, why }])];
    }
    return [outcome({ kind: "cloud", service: cloud.service }, [...because, { ...at, why: `the service ${name} is ${kind}` }])];
  }
  if (/^(db|database|activestoragedb|postgresql|pg)$/.test(lower)) {
    return [outcome({ kind: "database", engine: "blob column" }, [...because, { ...at, why: "files are kept in the database" }])];
  }
  return (
    ownClass(project, kind, entry, because) ?? [
      outcome({ kind: "unknown", what: `the storage service ${kind}` }, [...because, { ...at, why: `a service of the kind ${kind}` }]),
    ]
  );
}

function onDisk(name: string, entry: Entry, because: readonly Evidence[]): readonly Outcome[] {
  const root = entryOf(entry.value, "root");
  const at = { file: entry.file, line: root?.line ?? entry.line };
  return diskRows(root?.value ?? known(""), [...because, { ...at, why: `the service ${name} is the disk of the instance` }], plainPath);
}

/** A service class of the app's own: it keeps files as the class it is made from does. */
function ownClass(project: RubyProject, kind: string, entry: Entry, because: readonly Evidence[]): readonly Outcome[] | undefined {
  for (const file of project.files) {
    if (!file.includes("service")) continue;
    const found = new RegExp(`class\\s+(?:[\\w:]*::)?${kind.replaceAll(/\W/g, "")}Service\\s*<\\s*[\\w:]*?(\\w+)Service\\b`).exec(
      project.text(file) ?? "",
    );
    const parent = found?.[1];
    if (parent === undefined) continue;
    const seen = [...because, { file, line: 1, why: `${kind} is a service of the app's own, made from ${parent}` }];
    if (parent === "Disk") return onDisk(kind, entry, seen);
    const cloud = clouds[parent.toLowerCase()];
    if (cloud !== undefined) return [outcome({ kind: "cloud", service: cloud.service }, seen)];
  }
  return undefined;
}
