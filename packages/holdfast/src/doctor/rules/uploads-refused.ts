import { matchPlaces, type Rule } from "../rule.js";
import { expressExample, folderRoute } from "./example-apps.js";

const { "render.yaml": _, ...withoutBlueprint } = expressExample(folderRoute);

/** The platform's disk takes no files: uploads fail. */
export const uploadsRefused: Rule = {
  code: "MEDIA008",
  severity: "error",
  leadsToDeploy: true,
  recipe: "storage",
  words: {
    en: {
      title: "Uploads fail here: the disk takes no files",
      says: ({ label, path, platform }) =>
        `${label}: writing ${path === "" ? "to the disk" : `to ${path}`} fails on ${platform} with EROFS, a read-only file system.`,
      why: "Functions run from an image that cannot be written to; only /tmp can, and it is wiped with each instance.",
      remedy: ["Send uploads to a storage apart from the function: a bucket, Cloudinary, or the platform's own blob storage."],
    },
    fr: {
      title: "Les envois échouent ici : le disque n’accepte aucun fichier",
      says: ({ label, path, platform }) =>
        `${label} : écrire ${path === "" ? "sur le disque" : `dans ${path}`} échoue sur ${platform} avec EROFS (système de fichiers en lecture seule).`,
      why: "Les fonctions s’exécutent depuis une image en lecture seule ; seul /tmp est inscriptible, et il disparaît avec chaque instance.",
      remedy: ["Envoyez les fichiers vers un stockage à part : un bucket, Cloudinary, ou le stockage d’objets de la plateforme."],
    },
    tr: {
      title: "Yüklemeler burada başarısız olur: disk dosya kabul etmiyor",
      says: ({ label, path, platform }) =>
        `${label}: ${path === "" ? "diske" : `${path} klasörüne`} yazma işlemi bu platformda (${platform}) EROFS (salt okunur dosya sistemi) hatası verir.`,
      why: "İşlevler yazılamayan bir imajdan çalışır; yalnızca /tmp yazılabilir ve o da her örnekle birlikte silinir.",
      remedy: ["Dosyaları işlevin dışındaki bir depolamaya gönderin: bir nesne deposu, Cloudinary ya da platformun kendi blob depolaması."],
    },
  },
  find: (app) => matchPlaces(app, "uploads", "loses").filter(() => app.verdicts.uploads.asDeclared === "rejected"),
  example: {
    fires: {
      ...withoutBlueprint,
      "vercel.json":
        '{ "version": 2, "builds": [{ "src": "server.js", "use": "@vercel/node" }], "routes": [{ "src": "/(.*)", "dest": "server.js" }] }\n',
    },
    silent: expressExample(folderRoute),
  },
};
