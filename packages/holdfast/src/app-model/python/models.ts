import { cases, textOf, type Value } from "../abstract-value.js";
import { isNever, possible } from "../conditions.js";
import type { Evidence, Outcome, Sink } from "../model.js";
import { closed, outcome, under } from "../outcomes.js";
import { casesOf } from "./bindings.js";
import { cloudOf } from "./clouds.js";
import { librariesOf } from "./calls.js";
import type { Machine, PythonClass } from "./frames.js";
import type { Settings } from "./settings.js";
import type { Storages } from "./storages.js";
import { itemsOf, madeAs } from "./values.js";

const notModels = /forms|serializers|wtforms|wtf|marshmallow|graphene|filters|widgets|pydantic|ninja|crispy|peewee|import_export/i;
const fileFields =
  /(File|Image|Images|Video|Audio|Photo|Picture|Avatar|Document|Media|Thumbnailer?Image|StdImage|Sorl\w*|Attachment|Signature|PDF)Field$/;

/** Find the fields of Django models that keep files. */
export function modelSinks(machine: Machine, settings: Settings, storages: Storages): readonly Sink[] {
  const installed = itemsOf(settings.value("INSTALLED_APPS") ?? { kind: "unknown", what: "" })?.map(textOf);
  return machine.classes.flatMap((own) => (isInstalled(machine, own, installed) ? fieldsOf(machine, own, storages) : []));
}

/** Whether the app that a model belongs to is one of the installed; where that is not known it counts as one. */
function isInstalled(machine: Machine, own: PythonClass, installed: readonly (string | undefined)[] | undefined): boolean {
  if (installed === undefined || installed.length === 0 || installed.includes(undefined)) return true;
  const path = machine.project.fromRoot(own.file);
  const folders = path
    .split("/")
    .slice(0, -1)
    .filter((folder) => folder !== "models" && folder !== "src");
  if (folders.length === 0) return true;
  return installed.some((name) => {
    const parts = (name ?? "").split(".");
    return folders.some((_folder, index) => {
      const dotted = folders.slice(0, folders.length - index).join(".");
      return (
        dotted !== "" &&
        (name === dotted ||
          (name ?? "").startsWith(`${dotted}.`) ||
          dotted.endsWith(`.${parts.filter((part) => !/^[A-Z]|^apps$/.test(part)).join(".")}`) ||
          parts.includes(folders.at(-1) ?? ""))
      );
    });
  });
}

function fieldsOf(machine: Machine, own: PythonClass, storages: Storages): readonly Sink[] {
  const found: Sink[] = [];
  for (const [name, binding] of own.names) {
    const rows: Outcome[] = [];
    let isFile = false;
    let line = own.line;
    for (const one of casesOf(binding)) {
      if (one.value === undefined || isNever(one.when)) continue;
      for (const way of cases(one.value)) {
        const field = fieldOf(machine, way.value);
        if (field === undefined) continue;
        const place: Evidence = { file: own.file, line: one.place?.line ?? own.line, why: `${own.name}.${name} keeps a file` };
        isFile = true;
        line = place.line;
        rows.push(...under(possible(one.when), under(possible(way.when), rowsOf(field, way.value, place, storages))));
      }
    }
    if (isFile && rows.length > 0)
      found.push({ label: `${own.name}.${name}`, at: { file: own.file, line }, outcomes: closed(rows, outcome({ kind: "passing" }, [])) });
  }
  return found;
}

/** The library's field behind a value: its dotted name; undefined for what keeps no file. */
function fieldOf(machine: Machine, value: Value): string | undefined {
  const own = madeAs(value, "instance:class:");
  const name =
    own === undefined
      ? madeAs(value, "instance:")
      : librariesOf(machine, machine.classes[Number(own)]).find((base) => fileFields.test(base));
  if (name === undefined || notModels.test(name)) return undefined;
  if (/Cloudinary\w*Field$|Uploadcare|ImageKitField/i.test(name)) return name;
  return fileFields.test(name) || /(^|\.)(FilerImageField|FilerFileField|RichTextUploadingField|CKEditor5Field|ImageSpecField)$/.test(name)
    ? name.endsWith("ImageSpecField")
      ? undefined
      : name
    : undefined;
}

function rowsOf(field: string, value: Value, place: Evidence, storages: Storages): readonly Outcome[] {
  if (/Cloudinary\w*Field$/.test(field))
    return [
      outcome({ kind: "cloud", service: "cloudinary" }, [
        { ...place, why: `${place.why} with Cloudinary itself, whatever the settings say` },
      ]),
    ];
  if (/Uploadcare|ImageKitField/i.test(field)) return [outcome(cloudOf(field) ?? { kind: "cloud", service: field }, [place])];
  if (field.startsWith("mongoengine")) return [outcome({ kind: "database", engine: "mongodb" }, [place])];
  const storage = value.kind === "made" ? value.named.get("storage") : undefined;
  const rows =
    storage === undefined ? storages.default() : storages.of(storage, [{ ...place, why: `${place.why} and names its own storage` }]);
  return rows.map((row) => ({
    ...row,
    because: [place, ...row.because.filter((one) => !(one.file === place.file && one.line === place.line))],
  }));
}
