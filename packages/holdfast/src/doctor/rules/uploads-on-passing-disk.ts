import { matchPlaces, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

/** The verdict itself: a place writes uploads where the next deploy deletes them. */
export const uploadsOnPassingDisk: Rule = {
  code: "MEDIA001",
  severity: "error",
  leadsToDeploy: true,
  recipe: "storage",
  words: {
    en: {
      title: "Uploads are written to a disk that the next deploy wipes",
      says: ({ label, path, platform }) =>
        `${label}: the files go to ${path === "" ? "the instance's own disk" : `${path} on the instance's own disk`}, and ${platform} keeps nothing that is written there.`,
      why: "The disk of a web service belongs to one instance. A deploy, a restart or a pause starts a new instance from the build, without the files that were uploaded; the rows in the database stay, and their pictures answer 404.",
      remedy: [
        "Keep uploads apart from the instance: in a bucket (S3, R2, B2 and their like) or at Cloudinary, or on a disk that the platform mounts.",
        "Let the app stop with an error when the storage's variables are missing, so that it never falls back to the disk.",
        "After the deploy, upload a test picture, deploy again, and run `npx holdfast verify` with its URL.",
      ],
    },
    fr: {
      title: "Les fichiers envoyés vont sur un disque effacé au prochain déploiement",
      says: ({ label, path, platform }) =>
        `${label} : les fichiers vont ${path === "" ? "sur le disque de l’instance" : `dans ${path}, sur le disque de l’instance`}, et ${platform} ne conserve rien de ce qui y est écrit.`,
      why: "Le disque d’un service web appartient à une seule instance. Un déploiement, un redémarrage ou une mise en veille en crée une nouvelle, sans les fichiers envoyés ; les lignes de la base restent, et leurs images répondent 404.",
      remedy: [
        "Conservez les fichiers hors de l’instance : dans un bucket (S3, R2, B2 et semblables), chez Cloudinary, ou sur un disque monté par la plateforme.",
        "Faites échouer l’application quand les variables du stockage manquent, pour qu’elle ne retombe jamais sur le disque.",
        "Après le déploiement, envoyez une image d’essai, déployez de nouveau, puis lancez `npx holdfast verify` avec son URL.",
      ],
    },
    tr: {
      title: "Yüklenen dosyalar bir sonraki dağıtımda silinen bir diske yazılıyor",
      says: ({ label, path, platform }) =>
        `${label}: dosyalar ${path === "" ? "çalışan örneğin kendi diskine" : `çalışan örneğin kendi diskine (${path})`} yazılıyor; platform (${platform}) oraya yazılan hiçbir şeyi saklamaz.`,
      why: "Bir web servisinin diski tek bir örneğe aittir. Dağıtım, yeniden başlatma veya uykuya geçme, yüklenen dosyalar olmadan yeni bir örnek başlatır; veritabanındaki satırlar kalır, resimleri 404 döner.",
      remedy: [
        "Dosyaları örneğin dışında saklayın: bir nesne deposunda (S3, R2, B2 ve benzerleri), Cloudinary’de ya da platformun bağladığı kalıcı bir diskte.",
        "Depolama değişkenleri eksikse uygulama hata verip dursun; sessizce diske dönmesin.",
        "Dağıtımdan sonra bir deneme resmi yükleyin, yeniden dağıtın ve `npx holdfast verify` komutunu resmin URL’siyle çalıştırın.",
      ],
    },
  },
  find: (app) => matchPlaces(app, "uploads", "loses").filter(() => app.verdicts.uploads.asDeclared !== "rejected"),
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}`),
    silent: djangoExample(`${serverDatabase}${bucketUploads}`, { "requirements.txt": "Django==5.2\ndjango-storages[s3]==1.14.6\n" }),
  },
};
