import { matchObserved, type Rule } from "../rule.js";
import { expressExample, folderRoute } from "./example-apps.js";

const names: Readonly<Record<string, string>> = { cloudinary: "Cloudinary", s3: "S3" };

/** A cloud is wired in a comment, and files go to the disk. */
export const cloudInDeadCode: Rule = {
  code: "MEDIA013",
  severity: "note",
  leadsToDeploy: true,
  words: {
    en: {
      title: "The code for a storage service is commented out",
      says: ({ name }) => `The code that would send uploads to ${name} is a comment here; what runs writes them to the instance's disk.`,
      why: "A search for the service finds it, and everybody takes uploads for safe. A comment stores nothing.",
      remedy: [
        "Bring the code back to life, with its variables set on the platform.",
        "Or delete it, and choose another storage that lasts.",
      ],
    },
    fr: {
      title: "Le code d’un service de stockage est en commentaire",
      says: ({ name }) =>
        `Le code qui enverrait les fichiers à ${name} est ici un commentaire ; ce qui s’exécute les écrit sur le disque de l’instance.`,
      why: "Une recherche trouve le nom du service, et chacun croit les fichiers à l’abri. Un commentaire ne conserve rien.",
      remedy: [
        "Réactivez ce code, avec ses variables définies sur la plateforme.",
        "Ou supprimez-le, et choisissez un autre stockage durable.",
      ],
    },
    tr: {
      title: "Bir depolama hizmetinin kodu yorum satırında kalmış",
      says: ({ name }) =>
        `Yüklenen dosyaları ${name} hizmetine gönderecek kod burada yorum satırı; çalışan kod onları sunucunun diskine yazıyor.`,
      why: "Arayan hizmetin adını bulur ve herkes dosyaları güvende sanır. Yorum satırı hiçbir şey saklamaz.",
      remedy: ["Kodu yeniden etkinleştirin ve değişkenlerini platformda tanımlayın.", "Ya da silin ve kalıcı başka bir depolama seçin."],
    },
  },
  find: (app) => matchObserved(app, "cloud-in-dead-code", ({ service = "" }) => ({ name: names[service] ?? service })),
  example: {
    fires: expressExample(`// const storage = new CloudinaryStorage({ cloudinary });\n${folderRoute}`),
    silent: expressExample(folderRoute),
  },
};
