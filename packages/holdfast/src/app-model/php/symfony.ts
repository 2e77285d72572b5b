import { entryOf, known, textOf, type Value } from "../abstract-value.js";
import type { DatabaseUse, Outcome, Sink } from "../model.js";
import { diskRows, outcome, plainPath } from "../outcomes.js";
import { descend } from "../syntax.js";
import { readYaml } from "../yaml-value.js";
import { evaluate } from "./evaluate.js";
import { argumentsOf, callOf, classAround, nameOf } from "./php-syntax.js";
import { addressRows } from "./plain-databases.js";
import type { PhpProject } from "./project.js";
import { substituted } from "./symfony-parameters.js";

/** Whether the app is made with Symfony. */
export function isSymfony(project: PhpProject): boolean {
  return project.packages.has("symfony/framework-bundle") || project.tree.has(project.path("config/bundles.php"));
}

/** Find what Symfony's bundles keep: Vich's mappings, EasyAdmin's image fields. */
export function symfonySinks(project: PhpProject): readonly Sink[] {
  return [...vich(project), ...easyAdmin(project)];
}

function vich(project: PhpProject): readonly Sink[] {
  const file = ["config/packages/vich_uploader.yaml", "app/config/config.yml", "config/packages/vich_uploader.yml"]
    .map(project.path)
    .find((one) => /vich_uploader/.test(project.text(one) ?? ""));
  if (file === undefined) return [];
  const table = entryOf(readYaml(project.text(file) ?? "", file), "vich_uploader");
  const mappings = table === undefined ? undefined : entryOf(table.value, "mappings");
  const storage = textOf((table === undefined ? undefined : entryOf(table.value, "storage")?.value) ?? known("file_system")) ?? "";
  if (mappings?.value.kind !== "table") return [];
  return [...mappings.value.entries].map(([name, entry]) => {
    const at = { file, line: entry.line };
    const folder = entryOf(entry.value, "upload_destination");
    const because = [{ ...at, why: `uploads of ${name} are kept by VichUploader` }];
    if (storage === "file_system") {
      return { label: name, at, outcomes: diskRows(substituted(project, folder?.value ?? known("public/uploads"), 0), because, plainPath) };
    }
    return { label: name, at, outcomes: flysystemRows(project, textOf(folder?.value ?? known("")) ?? "", because) };
  });
}

function flysystemRows(project: PhpProject, name: string, because: Outcome["because"]): readonly Outcome[] {
  const file = ["config/packages/flysystem.yaml", "config/packages/oneup_flysystem.yaml"]
    .map(project.path)
    .find((one) => project.tree.has(one));
  const text = file === undefined ? "" : (project.text(file) ?? "");
  const storages = entryOf(readYaml(text, file ?? ""), "flysystem");
  const list = storages === undefined ? undefined : entryOf(storages.value, "storages");
  const one = list === undefined ? undefined : entryOf(list.value, name.replace(/^@?/, ""));
  const adapter = textOf((one === undefined ? undefined : entryOf(one.value, "adapter")?.value) ?? known("")) ?? "";
  if (file !== undefined && (adapter === "local" || (adapter === "" && /local:/.test(text) && !/aws|s3|gcloud|azure/i.test(text)))) {
    const options = one === undefined ? undefined : entryOf(one.value, "options");
    const directory = options === undefined ? undefined : entryOf(options.value, "directory");
    return diskRows(
      substituted(project, directory?.value ?? known("public/uploads"), 0),
      [...because, { file, line: directory?.line ?? 1, why: "the storage is the disk of the instance" }],
      plainPath,
    );
  }
  const service = /aws|s3/i.test(adapter === "" ? text : adapter)
    ? "s3"
    : /gcloud|google/i.test(text)
      ? "gcs"
      : /azure/i.test(text)
        ? "azure"
        : undefined;
  return [outcome(service === undefined ? { kind: "unknown", what: "a storage of Flysystem" } : { kind: "cloud", service }, because)];
}

/** `ImageField::new("photo")->setUploadDir("public/uploads")`. */
function easyAdmin(project: PhpProject): readonly Sink[] {
  return project.usersOf("setUploadDir").flatMap((file) => {
    const root = project.parse(file);
    return [...(root === undefined ? [] : descend(root))].flatMap((node) => {
      const call = callOf(node);
      if (call?.name !== "setUploadDir") return [];
      const at = { file, line: node.line };
      const because = [{ ...at, why: "EasyAdmin keeps uploads in this folder" }];
      const label = nameOf(classAround(node)) ?? file;
      return [{ label, at, outcomes: diskRows(evaluate(argumentsOf(node).items[0], project.scope(file)), because, plainPath) }];
    });
  });
}

/** Find the database that Doctrine opens. */
export function symfonyDatabases(project: PhpProject): readonly DatabaseUse[] {
  const file = ["config/packages/doctrine.yaml", "config/packages/doctrine.yml", "app/config/config.yml"]
    .map(project.path)
    .find((one) => /doctrine/.test(project.text(one) ?? ""));
  if (file === undefined) return [];
  const doctrine = entryOf(readYaml(project.text(file) ?? "", file), "doctrine");
  const dbal = doctrine === undefined ? undefined : entryOf(doctrine.value, "dbal");
  const url = dbal === undefined ? undefined : entryOf(dbal.value, "url");
  const at = { file, line: url?.line ?? dbal?.line ?? 1 };
  const because = { ...at, why: "the database's address is given here" };
  const address = url === undefined ? driver(dbal?.value) : substituted(project, url.value, 0);
  return address === undefined ? [] : [{ label: "default", at, outcomes: addressRows(address, project.scope(file), because) }];
}

function driver(dbal: Value | undefined): Value | undefined {
  const name = dbal === undefined ? undefined : entryOf(dbal, "driver");
  return name === undefined ? undefined : known(`${(textOf(name.value) ?? "").replace(/^pdo_/, "")}:`);
}
