import type { Condition, Destination, Evidence, Place } from "../model.js";
import { always, covering, needsFailure, withoutData } from "./conditions.js";
import type { Machine } from "./flow.js";
import { joinTexts, repositoryRoot } from "./natives.js";
import type { Choices, Site } from "./values.js";
import { textOf } from "./values.js";

export const placeOf = (site: Site): Place => ({ file: site.module.path, line: site.module.syntax.lineOf(site.node) });

export const evidence = (site: Site, why: string): Evidence => ({ ...placeOf(site), why });

const serviceNames: Readonly<Record<string, string>> = {
  cloudinary: "Cloudinary",
  s3: "S3",
  gcs: "Google Cloud Storage",
  firebase: "Firebase Storage",
  supabase: "Supabase Storage",
  azure: "Azure Blob Storage",
  imagekit: "ImageKit",
  "vercel-blob": "Vercel Blob",
  uploadthing: "UploadThing",
  "google-drive": "Google Drive",
  dropbox: "Dropbox",
  r2: "R2",
  gridfs: "GridFS",
};

export const serviceName = (service: string): string => serviceNames[service] ?? service;

/** A path as the model writes it: absolute in the container, or relative to the app's folder; undefined where it is not known. */
export const modelPath = (machine: Machine, text: string): string | undefined => {
  const folder = machine.folder;
  let path = text.includes("..") ? joinTexts([text]) : text;
  if (path === folder) path = ".";
  else if (path.startsWith(`${folder}/`)) path = path.slice(folder.length + 1);
  else if (path.startsWith(repositoryRoot)) {
    const up = folder
      .slice(repositoryRoot.length)
      .split("/")
      .filter((part) => part !== "")
      .map(() => "..");
    path = [...up, path.slice(repositoryRoot.length + 1)].filter((part) => part !== "").join("/") || ".";
  }
  // What a variable names below one of the app's own folders stays in there.
  if (text.startsWith(`${folder}/`) || text.startsWith(repositoryRoot)) path = path.replace(/\$\{[^]*$/, "*");
  path = path.replace(/^\.\/(?=.)/, "");
  // What is not known at its end is the file's own name.
  const known = path.split("*")[0] ?? "";
  if (known === path) return path.length > 1 ? path.replace(/\/$/, "") : path;
  const cut = known.slice(0, known.lastIndexOf("/") + 1);
  if (cut === "") return known === "" && !text.startsWith(repositoryRoot) ? undefined : ".";
  return cut === "/" ? undefined : cut.replace(/\/$/, "");
};

/** The disk destinations that a path's values mean, each under its condition. */
export const diskRows = (machine: Machine, path: Choices): readonly { readonly when: Condition; readonly destination: Destination }[] => {
  const rows = path
    .filter((row) => !needsFailure(row.when))
    .map((row) => {
      const text = textOf(row.value);
      return {
        when: withoutData(row.when),
        destination: { kind: "disk", path: text === undefined ? undefined : modelPath(machine, text) } as const,
      };
    });
  const kept = [...covering(rows)];
  const last = kept.at(-1);
  if (last === undefined) return [{ when: always, destination: { kind: "disk", path: undefined } }];
  if (last.when.kind !== "always") kept[kept.length - 1] = { ...last, when: always };
  return kept;
};
