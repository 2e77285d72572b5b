import { matchObserved, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

/** A storage setting that this version of the framework does not read. */
export const settingWithoutEffect: Rule = {
  code: "MEDIA004",
  severity: "error",
  leadsToDeploy: true,
  recipe: "storage",
  words: {
    en: {
      title: "A storage setting has no effect",
      says: ({ name, other }) => `${name} is not read by ${other}: uploads go to the default folder, and no error says so.`,
      why: "Django removed DEFAULT_FILE_STORAGE and STATICFILES_STORAGE in 5.1. A setting that nobody reads is not an error, so the app starts, uploads work, and the files lie on the disk.",
      remedy: [
        'Write the same storage into STORAGES["default"], and delete the old setting.',
        "Pin the framework's version in the requirements, so that an update cannot change where files go.",
      ],
    },
    fr: {
      title: "Un réglage de stockage est sans effet",
      says: ({ name, other }) => `${name} n’est pas lu par ${other} : les fichiers vont dans le dossier par défaut, sans aucune erreur.`,
      why: "Django a supprimé DEFAULT_FILE_STORAGE et STATICFILES_STORAGE dans la version 5.1. Un réglage que personne ne lit n’est pas une erreur : l’application démarre, les envois fonctionnent, et les fichiers restent sur le disque.",
      remedy: [
        'Reportez le même stockage dans STORAGES["default"], puis supprimez l’ancien réglage.',
        "Fixez la version du framework dans les dépendances, pour qu’une mise à jour ne puisse pas changer la destination des fichiers.",
      ],
    },
    tr: {
      title: "Bir depolama ayarının etkisi yok",
      says: ({ name, other }) => `${name} ayarını ${other} okumuyor: dosyalar varsayılan klasöre gider ve hiçbir hata bunu söylemez.`,
      why: "Django, DEFAULT_FILE_STORAGE ve STATICFILES_STORAGE ayarlarını 5.1 sürümünde kaldırdı. Kimsenin okumadığı bir ayar hata sayılmaz: uygulama açılır, yüklemeler çalışır, dosyalar diskte kalır.",
      remedy: [
        'Aynı depolamayı STORAGES["default"] içine yazın ve eski ayarı silin.',
        "Çatının sürümünü bağımlılıklarda sabitleyin; böylece bir güncelleme dosyaların yerini değiştiremez.",
      ],
    },
  },
  find: (app) => [
    ...matchObserved(app, "setting-ignored-by-version", ({ setting = "The setting", framework = "the framework", version = "" }) => ({
      name: setting,
      other: `${framework} ${version}`.trim(),
    })),
    ...matchObserved(app, "setting-unknown", ({ setting = "The setting", framework = "the framework" }) => ({
      name: setting,
      other: framework,
    })),
  ],
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}DEFAULT_FILE_STORAGE = "storages.backends.s3boto3.S3Boto3Storage"\n`),
    silent: djangoExample(`${serverDatabase}${folderUploads}DEFAULT_FILE_STORAGE = "storages.backends.s3boto3.S3Boto3Storage"\n`, {
      "requirements.txt": "Django==4.2.16\ndjango-storages[s3]==1.14.6\n",
    }),
  },
};
