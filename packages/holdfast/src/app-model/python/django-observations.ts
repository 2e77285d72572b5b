import type { Observation, Place } from "../model.js";
import type { Call } from "./frames.js";
import type { PythonProject } from "./project.js";
import type { Settings } from "./settings.js";
import { externalName } from "./values.js";

/** What hands uploaded files out, as the URL configuration has it. */
export interface Serving {
  /** Django's `static()`, which makes no route unless DEBUG is on. */
  readonly development: Place[];
  /** The view `serve`, which hands out in production as well. */
  readonly always: Place[];
}

/** Note a call of the URL configuration that hands out files below MEDIA_URL. */
export function noteServing(serving: Serving, call: Call, source: string): void {
  const place = { file: call.file, line: call.line };
  if (call.name === "django.conf.urls.static.static") {
    const text = source
      .split("\n")
      .slice(call.line - 1, call.line + 3)
      .join(" ");
    if (text.includes("MEDIA")) serving.development.push(place);
  }
  const view = call.items[1];
  if (/\.(?:path|re_path|url)$/.test(call.name ?? "") && view !== undefined && externalName(view) === "django.views.static.serve") {
    serving.always.push(place);
  }
}

/** Say what the settings and the URL configuration leave out in production. */
export function djangoObservations(project: PythonProject, settings: Settings, serving: Serving): readonly Observation[] {
  return [...unchosenSettings(project, settings), ...unservedMedia(project, settings, serving)];
}

const isForProduction =
  /(?:^|[/_])(?:prod|production|live|deploy(?:ment)?|render|heroku|railway|fly)(?:_?settings)?\.py$|settings_(?:prod|production|render|heroku|railway)\.py$/i;

/** A module of settings for production lies beside the one that is loaded, and nothing chooses it. */
function unchosenSettings(project: PythonProject, settings: Settings): readonly Observation[] {
  const [used] = settings.modules;
  if (used?.chosenAt === undefined || settings.modules.length > 1 || isForProduction.test(used.file)) return [];
  const source = project.source(used.file);
  const other = project.files.find(
    (file) =>
      isForProduction.test(file) &&
      /settings/i.test(file) &&
      /^\s*(?:from\s+\S+\s+import\s+\*|DEBUG\s*=|DATABASES\s*=|STORAGES\s*=)/m.test(project.source(file)) &&
      !source.includes(/([^/]+)\.py$/.exec(file)?.[1] ?? file),
  );
  if (other === undefined) return [];
  return [{ ...used.chosenAt, name: "settings-module-not-set", details: { used: used.module, other } }];
}

function unservedMedia(project: PythonProject, settings: Settings, { development, always }: Serving): readonly Observation[] {
  const [first] = development;
  const debug = settings.value("DEBUG");
  if (first === undefined || always.length > 0 || (debug?.kind === "known" && debug.value === true)) return [];
  const isServedElsewhere = project.tree
    .find(".", ".conf", "Caddyfile", "nginx.conf.erb")
    .some((path) => /media|alias|file_server/i.test(project.tree.read(path) ?? ""));
  return isServedElsewhere ? [] : [{ ...first, name: "media-not-served", details: { path: "/media/" } }];
}
