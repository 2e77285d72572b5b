import { entryOf, known, textOf } from "../abstract-value.js";
import type { Sink } from "../model.js";
import { namedDiskRows } from "./disks.js";
import { readYaml } from "../yaml-value.js";
import type { PhpProject } from "./project.js";

/** Packages that bring upload forms of their own, and the setting that names their disk. */
const packages: readonly { readonly name: string; readonly label: string; readonly setting: string }[] = [
  { name: "tcg/voyager", label: "Voyager's media", setting: "voyager.storage.disk" },
  { name: "unisharp/laravel-filemanager", label: "the file manager", setting: "lfm.disk" },
];

/** Find the uploads that packages take without a line of the app's own code. */
export function packagedSinks(project: PhpProject): readonly Sink[] {
  const found = packages.flatMap(({ name, label, setting }) => {
    const entry = project.packages.has(name) ? project.setting(setting) : undefined;
    if (entry === undefined) return [];
    const at = { file: entry.file, line: entry.line };
    return [
      { label, at, outcomes: namedDiskRows(project, entry.value, [{ ...at, why: `${label} keeps files on the disk that is named here` }]) },
    ];
  });
  return [...found, ...jetstream(project), ...statamic(project)];
}

function jetstream(project: PhpProject): readonly Sink[] {
  const file = project.path("config/jetstream.php");
  const features = project.setting("jetstream.features")?.value;
  const line = (project.text(file) ?? "").split("\n").findIndex((one) => /^\s*Features::profilePhotos\(\)/.test(one));
  const disk = project.setting("jetstream.profile_photo_disk");
  if (features === undefined || line === -1 || disk === undefined || !project.packages.has("laravel/jetstream")) return [];
  const at = { file, line: line + 1 };
  return [
    {
      label: "User.profile_photo",
      at,
      outcomes: namedDiskRows(project, disk.value, [{ ...at, why: "people may upload a profile photo" }]),
    },
  ];
}

function statamic(project: PhpProject): readonly Sink[] {
  if (!project.packages.has("statamic/cms")) return [];
  return project.tree.find(project.path("content/assets"), ".yaml").flatMap((file) => {
    const table = readYaml(project.text(file) ?? "", file);
    const disk = entryOf(table, "disk");
    if (disk === undefined) return [];
    const at = { file, line: disk.line };
    const label = `the assets ${textOf(entryOf(table, "title")?.value ?? known("")) ?? ""}`.trim();
    return [{ label, at, outcomes: namedDiskRows(project, disk.value, [{ ...at, why: "Statamic keeps these files on this disk" }]) }];
  });
}
