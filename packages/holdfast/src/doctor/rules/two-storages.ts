import { variablesOf } from "../../app-model/conditions.js";
import type { Condition } from "../../app-model/model.js";
import { detailsOf, keepingWays, matchObserved, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const cloudinary =
  'STORAGES = {"default": {"BACKEND": "cloudinary_storage.storage.MediaCloudinaryStorage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}';
const bucket =
  'STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}';

/** Whether each of two ways asks that a variable of the other is not set: then no order of lines decides between them. */
function excludeEachOther(one: Condition, other: Condition): boolean {
  const refused = (when: Condition): readonly string[] =>
    when.kind === "all" ? when.of.flatMap(refused) : when.kind === "not" ? variablesOf(when.of) : [];
  const rules = (when: Condition, out: Condition): boolean => refused(when).some((name) => variablesOf(out).includes(name));
  return rules(one, other) && rules(other, one);
}

/** Two storages are wired, and which one is used hangs on the order of lines. */
export const twoStorages: Rule = {
  code: "MEDIA012",
  severity: "note",
  leadsToDeploy: false,
  words: {
    en: {
      title: "Two storages are wired, and the order of lines decides",
      says: ({ name, other }) =>
        `Both ${name} and ${other} can be chosen here; where the variables of both are set, one of them wins silently.`,
      why: "Credentials that were tried once stay in the dashboard. Then uploads go to the storage nobody looks at, and old pictures are searched for in the wrong one.",
      remedy: ["Choose one storage by one variable, and stop with an error when both are configured."],
    },
    fr: {
      title: "Deux stockages sont branchés, et l’ordre des lignes décide",
      says: ({ name, other }) =>
        `${name} et ${other} peuvent tous deux être choisis ici ; si les variables des deux sont définies, l’un l’emporte en silence.`,
      why: "Des identifiants essayés une fois restent dans le tableau de bord. Les fichiers vont alors dans le stockage que personne ne regarde, et les anciennes images sont cherchées dans le mauvais.",
      remedy: ["Choisissez le stockage par une seule variable, et échouez avec une erreur quand les deux sont configurés."],
    },
    tr: {
      title: "İki depolama bağlı; hangisinin kullanılacağını satır sırası belirliyor",
      says: ({ name, other }) =>
        `Burada hem ${name} hem ${other} seçilebiliyor; ikisinin de değişkenleri tanımlıysa biri sessizce kazanır.`,
      why: "Bir kez denenmiş kimlik bilgileri panelde kalır. Dosyalar o zaman kimsenin bakmadığı depolamaya gider, eski resimler de yanlış yerde aranır.",
      remedy: ["Depolamayı tek bir değişkenle seçin; ikisi birden yapılandırıldığında uygulama hata verip dursun."],
    },
  },
  find: (app) => {
    const told = matchObserved(app, "two-backends", ({ first = "", second = "" }) => ({ name: first, other: second }));
    if (told.length > 0) return told;
    for (const place of app.verdicts.uploads.sinks) {
      const ways = keepingWays(app, "uploads", place);
      const [first] = ways;
      const second = ways.find(
        ({ storage, when }) => storage !== first?.storage && !(first !== undefined && excludeEachOther(first.when, when)),
      );
      if (first === undefined || second === undefined) continue;
      const { file, line } = first.evidence;
      return [{ at: { file, line }, because: [second.evidence], details: detailsOf(app, { name: first.storage, other: second.storage }) }];
    }
    return [];
  },
  example: {
    fires: djangoExample(
      `${serverDatabase}${folderUploads}if os.environ.get("CLOUDINARY_URL"):\n    ${cloudinary}\nif os.environ.get("AWS_STORAGE_BUCKET_NAME"):\n    ${bucket}\n`,
    ),
    silent: djangoExample(`${serverDatabase}${folderUploads}if os.environ.get("CLOUDINARY_URL"):\n    ${cloudinary}\n`),
  },
};
