import { textOf } from "../abstract-value.js";
import type { Outcome, Sink } from "../model.js";
import { outcome } from "../outcomes.js";
import { descend, type Syntax } from "../syntax.js";
import { cloudRows } from "./cloud-calls.js";
import { namedDiskRows } from "./disks.js";
import { evaluate, type Scope } from "./evaluate.js";
import { argument, argumentsOf, callOf, chainAfter, classAround, lastName, nameOf, type Call } from "./php-syntax.js";
import type { PhpProject } from "./project.js";
import { isCommand } from "./liveness.js";
import { writeRows } from "./writes.js";
import { isNever } from "../conditions.js";
import { reachOf } from "./evaluate.js";

/** A field of an admin panel that keeps files, and how it chooses its disk. */
interface Field {
  readonly panel: string;
  /** What a file that uses it says. */
  readonly sign: RegExp;
  /** The methods that name the disk. */
  readonly methods: readonly string[];
  /** The setting that names the disk where the field does not. */
  readonly setting: string;
  /** A field whose files come with its text, such as an editor's. */
  readonly isEditor?: true;
}

const filament = {
  panel: "Filament",
  sign: /Filament\\/,
  methods: ["disk", "diskName"],
  setting: "filament.default_filesystem_disk",
} as const;
const editor = { ...filament, methods: ["fileAttachmentsDisk", "disk"], isEditor: true } as const;
const nova = { panel: "Nova", sign: /Laravel\\Nova\\Fields/, methods: ["disk"], setting: "nova.storage_disk" } as const;
const moonshine = { panel: "MoonShine", sign: /MoonShine\\/, methods: ["disk"], setting: "moonshine.disk" } as const;
const orchid = { panel: "Orchid", sign: /Orchid\\Screen\\Fields/, methods: ["storage"], setting: "platform.attachment.disk" } as const;

const fields: Readonly<Record<string, readonly Field[]>> = {
  FileUpload: [filament],
  SpatieMediaLibraryFileUpload: [{ ...filament, setting: "media-library.disk_name" }],
  RichEditor: [editor],
  MarkdownEditor: [editor],
  TinyEditor: [editor],
  TiptapEditor: [editor],
  CuratorPicker: [filament],
  Image: [nova, moonshine],
  File: [nova, moonshine],
  Avatar: [nova],
  Images: [{ ...nova, setting: "media-library.disk_name" }],
  Files: [{ ...nova, setting: "media-library.disk_name" }],
  Upload: [orchid],
  Picture: [orchid],
  Cropper: [orchid],
  Attach: [orchid],
};

/** Find the fields of admin panels that keep files, and what Spatie's media library is given. */
export function fieldSinks(project: PhpProject): readonly Sink[] {
  return project.files.flatMap((file) => {
    const text = project.text(file) ?? "";
    const hasField = /::make\(/.test(text) && /Filament\\|Nova\\|MoonShine\\|Orchid\\/.test(text);
    if (isCommand(file) || (!hasField && !/toMediaCollection|uploadFileToDisk|Encore\\Admin|OpenAdmin/.test(text))) return [];
    const root = project.parse(file);
    const scope = project.scope(file);
    return [...(root === undefined ? [] : descend(root))].flatMap((node) => {
      const call = callOf(node);
      if (call === undefined) return [];
      const sinks = fieldSink(project, call, scope, text) ?? mediaSink(project, call, scope) ?? formSink(project, call, scope, text) ?? [];
      return sinks.length === 0 || isNever(reachOf(node, scope)) ? [] : sinks;
    });
  });
}

function fieldSink(project: PhpProject, call: Call, scope: Scope, text: string): readonly Sink[] | undefined {
  if (!call.isStatic || call.name !== "make") return undefined;
  const kind = lastName(call.on?.text ?? "");
  const field = (fields[kind] ?? []).find((one) => one.sign.test(text));
  if (field === undefined) return undefined;
  const chain = chainAfter(call.node);
  if (field.isEditor === true && refusesFiles(chain)) return [];
  if (isForImport(call, chain)) return [];
  const never = chain.find((one) => one.name === "storeFiles" && argumentsOf(one.node).items[0]?.text === "false");
  if (never !== undefined) return [];
  const at = { file: scope.file, line: call.node.line };
  const name =
    textOf(evaluate(argument(call.node, field.panel === "Nova" ? 1 : 0, "name") ?? argumentsOf(call.node).items[0], scope)) ?? kind;
  const label = `${nameOf(classAround(call.node)) ?? scope.file}.${name}`;
  const own = chain.find((one) => one.name === "saveUploadedFileUsing" || one.name === "saveUploadedFilesUsing");
  if (own !== undefined)
    return keepsByItself(project, own, scope)
      ? []
      : [
          {
            label,
            at,
            outcomes: [
              outcome({ kind: "unknown", what: "an upload that the app keeps by its own code" }, [{ ...at, why: "not understood" }]),
            ],
          },
        ];
  const because = [{ ...at, why: `${label} is a field of ${field.panel} that keeps files` }];
  const disk = chain.findLast((one) => field.methods.includes(one.name)) ?? configuredFor(project, kind, field);
  const chosen = disk === undefined ? undefined : argumentsOf(disk.node).items[0];
  if (chosen !== undefined) {
    const place = { file: scope.file, line: disk?.node.line ?? at.line, why: "its disk is named here" };
    return [{ label, at, outcomes: namedDiskRows(project, evaluate(chosen, scope), [...because, place]) }];
  }
  return [{ label, at, outcomes: settingRows(project, field.setting, because) }];
}

/** A table that is uploaded to be imported is read, not kept. */
function isForImport(call: Call, chain: readonly Call[]): boolean {
  if (/import|csv|excel|spreadsheet/i.test(argumentsOf(call.node).items[0]?.text ?? "")) return true;
  const types = chain.find((one) => one.name === "acceptedFileTypes");
  const named =
    types === undefined
      ? []
      : [...(argumentsOf(types.node).items[0]?.text ?? "").matchAll(/['"]([^'"]+)['"]/g)].map(([, type]) => type ?? "");
  return named.length > 0 && named.every((type) => /sheet|excel|csv|xlsx?$|text\/plain|\.ods$/i.test(type));
}

function settingRows(project: PhpProject, name: string, because: Sink["outcomes"][number]["because"]): readonly Outcome[] {
  const setting = project.setting(name);
  if (setting === undefined) return [outcome({ kind: "unknown", what: "the disk of a field" }, because)];
  const why = "no disk is named, so this setting chooses it";
  return namedDiskRows(project, setting.value, [...because, { file: setting.file, line: setting.line, why }]);
}

function refusesFiles(chain: readonly Call[]): boolean {
  return chain.some((one) => {
    if (one.name === "disableAllToolbarButtons") return true;
    if (one.name === "disableToolbarButtons") return one.node.text.includes("attachFiles");
    if (one.name === "fileAttachments") return argumentsOf(one.node).items[0]?.text === "false";
    return one.name === "toolbarButtons" && !/attachFiles|attachmentUpload/.test(argumentsOf(one.node).items[0]?.text ?? "attachFiles");
  });
}

function keepsByItself(project: PhpProject, call: Call, scope: Scope): boolean {
  return [...descend(call.node)].some((node) => {
    const inner = callOf(node);
    if (inner === undefined || inner.node === call.node) return false;
    return writeRows(project, inner, scope) !== undefined || cloudRows(inner, scope) !== undefined;
  });
}

/** What `FileUpload::configureUsing(…)` says for every field of a kind. */
function configuredFor(project: PhpProject, kind: string, field: Field): Call | undefined {
  for (const file of project.usersOf("configureUsing")) {
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const call = callOf(node);
      if (call?.name !== "configureUsing" || lastName(call.on?.text ?? "") !== kind) continue;
      const named = [...descend(node)].flatMap((one) => callOf(one) ?? []).find((one) => field.methods.includes(one.name));
      if (named !== undefined) return named;
    }
  }
  return undefined;
}

/** `$post->addMediaFromRequest("photo")->toMediaCollection("photos", "s3")`. */
function mediaSink(project: PhpProject, call: Call, scope: Scope): readonly Sink[] | undefined {
  if (call.name === "uploadFileToDisk") {
    const at = { file: scope.file, line: call.node.line };
    const label = nameOf(classAround(call.node)) ?? scope.file;
    return [
      {
        label,
        at,
        outcomes: namedDiskRows(project, evaluate(argument(call.node, 2, "disk"), scope), [
          { ...at, why: "an uploaded file is kept here" },
        ]),
      },
    ];
  }
  if (!/^toMediaCollection(OnCloudDisk)?$/.test(call.name)) return undefined;
  const at = { file: scope.file, line: call.node.line };
  const label = nameOf(classAround(call.node)) ?? scope.file;
  const because = [{ ...at, why: "an uploaded file is given to the media library" }];
  const own = argument(call.node, 1, "diskName");
  if (own !== undefined) return [{ label, at, outcomes: namedDiskRows(project, evaluate(own, scope), because) }];
  const name = textOf(evaluate(argument(call.node, 0, "collectionName"), scope));
  const collection = collectionDisk(project, name ?? "default");
  if (collection === undefined) return [{ label, at, outcomes: settingRows(project, "media-library.disk_name", because) }];
  const place = { file: collection.file, line: collection.node.line, why: `the collection ${name ?? "default"} names its disk` };
  return [{ label, at, outcomes: namedDiskRows(project, evaluate(collection.node, project.scope(collection.file)), [...because, place]) }];
}

function collectionDisk(project: PhpProject, name: string): { readonly node: Syntax; readonly file: string } | undefined {
  for (const file of project.usersOf("addMediaCollection")) {
    const root = project.parse(file);
    for (const node of root === undefined ? [] : descend(root)) {
      const call = callOf(node);
      if (call?.name !== "addMediaCollection" || textOf(evaluate(argumentsOf(node).items[0], project.scope(file))) !== name) continue;
      const disk = chainAfter(node).find((one) => one.name === "useDisk");
      const chosen = disk === undefined ? undefined : argumentsOf(disk.node).items[0];
      if (chosen !== undefined) return { node: chosen, file };
    }
  }
  return undefined;
}

/** `$form->image("photo")` of laravel-admin. */
function formSink(project: PhpProject, call: Call, scope: Scope, text: string): readonly Sink[] | undefined {
  if (!/Encore\\Admin|OpenAdmin/.test(text) || call.on?.text !== "$form") return undefined;
  if (!/^(image|file|multipleImage|multipleFile)$/.test(call.name)) return undefined;
  const at = { file: scope.file, line: call.node.line };
  const label = `${nameOf(classAround(call.node)) ?? scope.file}.${textOf(evaluate(argumentsOf(call.node).items[0], scope)) ?? "file"}`;
  const because = [{ ...at, why: `${label} is a field of the admin panel that keeps files` }];
  const disk = chainAfter(call.node).find((one) => one.name === "disk");
  const chosen = disk === undefined ? undefined : argumentsOf(disk.node).items[0];
  return [
    {
      label,
      at,
      outcomes:
        chosen === undefined
          ? settingRows(project, "admin.upload.disk", because)
          : namedDiskRows(project, evaluate(chosen, scope), because),
    },
  ];
}
