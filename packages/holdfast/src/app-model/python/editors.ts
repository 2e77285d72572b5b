import { entryOf, textOf } from "../abstract-value.js";
import type { Outcome, Place, Sink } from "../model.js";
import { closed, outcome } from "../outcomes.js";
import type { Settings } from "./settings.js";
import type { Storages } from "./storages.js";
import { itemsOf } from "./values.js";

interface Editor {
  readonly app: string;
  readonly label: string;
  /** The URLs without which it takes no files; undefined where being installed is enough. */
  readonly urls?: string;
  /** A setting of its own for where files go: the setting, and the key in it. */
  readonly storage?: readonly [setting: string, key: string | undefined];
}

/** Apps that take files of their own, which no model of the app's shows. */
const editors: readonly Editor[] = [
  {
    app: "django_summernote",
    label: "pictures in the Summernote editor",
    urls: "django_summernote.urls",
    storage: ["SUMMERNOTE_CONFIG", "attachment_storage_class"],
  },
  {
    app: "ckeditor_uploader",
    label: "pictures in the CKEditor",
    urls: "ckeditor_uploader.urls",
    storage: ["CKEDITOR_STORAGE_BACKEND", undefined],
  },
  {
    app: "django_ckeditor_5",
    label: "pictures in the CKEditor",
    urls: "django_ckeditor_5.urls",
    storage: ["CKEDITOR_5_FILE_STORAGE", undefined],
  },
  { app: "froala_editor", label: "pictures in the Froala editor", urls: "froala_editor.urls" },
  { app: "filer", label: "files in the Filer", storage: ["FILER_STORAGES", undefined] },
  { app: "wagtail.images", label: "pictures in Wagtail" },
  { app: "wagtail.documents", label: "documents in Wagtail" },
  { app: "photologue", label: "pictures in Photologue", urls: "photologue.urls" },
  { app: "filebrowser", label: "files in the file browser" },
];

/** Find what installed apps write of their own accord. `included` are the URL modules that the app includes. */
export function editorSinks(settings: Settings, storages: Storages, included: ReadonlyMap<string, Place>): readonly Sink[] {
  const installed = itemsOf(settings.value("INSTALLED_APPS") ?? { kind: "unknown", what: "" })?.map(textOf) ?? [];
  const [apps] = settings.casesOf("INSTALLED_APPS");
  return editors.flatMap((editor) => {
    if (!installed.some((name) => name === editor.app || name?.startsWith(`${editor.app}.`) === true)) return [];
    const at = editor.urls === undefined ? apps?.place : included.get(editor.urls);
    if (at === undefined) return [];
    const place = { file: at.file, line: at.line };
    const because = { ...place, why: `${editor.label} are uploaded here` };
    const rows = rowsOf(editor, settings, storages).map((row) => ({ ...row, because: [because, ...row.because] }));
    return [{ label: editor.label, at: place, outcomes: closed(rows, outcome({ kind: "passing" }, [because])) }];
  });
}

function rowsOf(editor: Editor, settings: Settings, storages: Storages): readonly Outcome[] {
  const [setting, key] = editor.storage ?? [];
  const value = setting === undefined || setting === "FILER_STORAGES" ? undefined : settings.value(setting);
  const entry = value === undefined || key === undefined ? undefined : entryOf(value, key);
  if (key !== undefined && entry === undefined) return storages.default();
  const chosen = entry?.value ?? value;
  const [place] = settings.casesOf(setting ?? "");
  if (chosen === undefined || place?.place === undefined) return storages.default();
  return storages.of(chosen, [
    { file: entry?.file ?? place.place.file, line: entry?.line ?? place.place.line, why: `${setting ?? ""} says where they go` },
  ]);
}
