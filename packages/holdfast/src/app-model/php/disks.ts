import { cases, entryOf, equal, known, textOf, type Value } from "../abstract-value.js";
import type { Evidence, Outcome } from "../model.js";
import { closed, diskRows, namedRows, outcome, plainPath, under } from "../outcomes.js";
import type { PhpProject } from "./project.js";

/** Drivers of Laravel's disks in the cloud, and the package each cannot do without. */
const drivers: Readonly<Record<string, { readonly service: string; readonly packages: readonly string[] }>> = {
  s3: { service: "s3", packages: ["league/flysystem-aws-s3-v3", "league/flysystem-async-aws-s3"] },
  gcs: { service: "gcs", packages: [] },
  cloudinary: {
    service: "cloudinary",
    packages: ["cloudinary-labs/cloudinary-laravel", "cloudinary/cloudinary_php", "yoelpc4/laravel-cloudinary"],
  },
  azure: { service: "azure", packages: [] },
  "azure-storage-blob": { service: "azure", packages: [] },
  dropbox: { service: "dropbox", packages: [] },
  google: { service: "google-drive", packages: [] },
  bunnycdn: { service: "bunny", packages: [] },
  bunny: { service: "bunny", packages: [] },
  supabase: { service: "supabase", packages: [] },
  oss: { service: "aliyun-oss", packages: [] },
  cos: { service: "tencent-cos", packages: [] },
  backblaze: { service: "backblaze", packages: [] },
  b2: { service: "backblaze", packages: [] },
  r2: { service: "s3", packages: [] },
  minio: { service: "s3", packages: [] },
  do: { service: "s3", packages: [] },
  vapor: { service: "s3", packages: [] },
  uploadcare: { service: "uploadcare", packages: [] },
  imagekit: { service: "imagekit", packages: [] },
  "vercel-blob": { service: "vercel-blob", packages: [] },
  ftp: { service: "ftp server", packages: [] },
  sftp: { service: "sftp server", packages: [] },
  webdav: { service: "webdav server", packages: [] },
};

/** Where a disk of this name keeps its files, row by row; the rows cover every environment. */
export function namedDiskRows(project: PhpProject, name: Value, because: readonly Evidence[]): readonly Outcome[] {
  const rows = cases(name).flatMap(({ when, value }) => under(when, ofName(project, value, because)));
  return closed(rows, outcome({ kind: "unknown", what: "which disk files are kept on" }, because));
}

/** Where the standard disk keeps its files. */
export function standardDiskRows(project: PhpProject, because: readonly Evidence[]): readonly Outcome[] {
  const setting = project.setting("filesystems.default");
  if (setting === undefined) return [outcome({ kind: "unknown", what: "the standard disk" }, because)];
  const why = "no disk is named, so the standard one is taken, which is chosen here";
  return namedDiskRows(project, setting.value, [...because, { file: setting.file, line: setting.line, why }]);
}

function ofName(project: PhpProject, name: Value, because: readonly Evidence[]): readonly Outcome[] {
  if (name.kind === "known") return ofDisk(project, String(name.value ?? ""), because, 0, true);
  if (name.kind === "variable") {
    const place = because.at(-1) ?? { file: project.path("config/filesystems.php"), line: 1 };
    const rest = outcome({ kind: "fails" }, [...because, { ...place, why: "any other name is no disk, and uploads fail" }]);
    return namedRows(name, diskNames(project), (one) => ofDisk(project, one, because, 0, isStandard(name, one)), rest);
  }
  return [outcome({ kind: "unknown", what: name.kind === "unknown" ? name.what : "a disk that is chosen while the app runs" }, because)];
}

function isStandard(name: Value, disk: string): boolean {
  return name.kind === "variable" && textOf(name.ifUnset) === disk;
}

function diskNames(project: PhpProject): readonly string[] {
  const own = project.setting("filesystems.disks")?.value;
  return [...new Set([...(own?.kind === "table" ? own.entries.keys() : []), "local", "public", "s3"])];
}

/** A disk that is only there in the framework's own configuration, without its package, is no way out: it gets no row. */
function ofDisk(project: PhpProject, name: string, because: readonly Evidence[], depth: number, isChosen: boolean): readonly Outcome[] {
  const disk = project.setting(`filesystems.disks.${name}`);
  if (disk === undefined || depth > 3)
    return [outcome({ kind: "fails" }, [...because, last(project, because, `there is no disk called ${name}`)])];
  const driver = entryOf(disk.value, "driver");
  const at = { file: disk.file, line: driver?.line ?? disk.line };
  return cases(driver?.value ?? known("")).flatMap(({ when, value }) => {
    const kind = (textOf(value) ?? "").toLowerCase();
    if (value.kind === "variable" || kind === "") {
      const names = ["local", "s3"];
      const rows = names.flatMap((one) =>
        under(equal(value, known(one)), ofDriver(project, name, one, disk.value, at, because, depth, isChosen)),
      );
      return under(when, closed(rows, outcome({ kind: "unknown", what: `the driver of the disk ${name}` }, because)));
    }
    return under(when, ofDriver(project, name, kind, disk.value, at, because, depth, isChosen));
  });
}

function ofDriver(
  project: PhpProject,
  name: string,
  kind: string,
  disk: Value,
  at: { readonly file: string; readonly line: number },
  because: readonly Evidence[],
  depth: number,
  isChosen: boolean,
): readonly Outcome[] {
  const seen = (why: string): readonly Evidence[] => [...because, { ...at, why }];
  if (kind === "local") {
    const root = entryOf(disk, "root");
    const why = `the disk ${name} is the disk of the instance`;
    return diskRows(
      root?.value ?? known("storage/app"),
      [...because, { file: root?.file ?? at.file, line: root?.line ?? at.line, why }],
      plainPath,
    );
  }
  if (kind === "scoped" || kind === "read-only") {
    const inner = textOf(entryOf(disk, "disk")?.value ?? known("")) ?? "";
    return ofDisk(project, inner, seen(`the disk ${name} is a part of ${inner}`), depth + 1, isChosen);
  }
  const cloud = drivers[kind];
  if (cloud === undefined) {
    const isExtended = project
      .usersOf("extend")
      .some((file) => new RegExp(`extend\\(\\s*['"]${kind.replaceAll(/\W/g, ".")}['"]`).test(project.text(file) ?? ""));
    if (isExtended)
      return [outcome({ kind: "cloud", service: kind }, seen(`the disk ${name} is kept by a driver of the app's own, ${kind}`))];
    return [outcome({ kind: "unknown", what: `the storage driver ${kind}` }, seen("not understood"))];
  }
  const isMissing = project.packages.isKnown && cloud.packages.length > 0 && !cloud.packages.some((one) => project.packages.has(one));
  if (isMissing) {
    return isChosen
      ? [outcome({ kind: "fails" }, seen(`the disk ${name} needs ${cloud.packages[0] ?? ""}, which is not in composer.json`))]
      : [];
  }
  return [outcome({ kind: "cloud", service: cloud.service }, seen(`the disk ${name} is kept by ${cloud.service}`))];
}

function last(project: PhpProject, because: readonly Evidence[], why: string): Evidence {
  const { file, line } = because.at(-1) ?? { file: project.path("config/filesystems.php"), line: 1 };
  return { file, line, why };
}
