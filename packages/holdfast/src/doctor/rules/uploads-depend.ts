import { matchPlaces, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

/** The verdict itself: variables decide whether uploads last. */
export const uploadsDepend: Rule = {
  code: "MEDIA002",
  severity: "warning",
  leadsToDeploy: true,
  words: {
    en: {
      title: "Variables decide whether uploads survive",
      says: ({ label, path, variables }) =>
        `${label}: ${variables === "" ? "where the files go is decided outside the repository" : `where the files go depends on ${variables}`}; in one case they go to ${path === "" ? "the instance's own disk" : path} and are wiped.`,
      why: "The code has two ways, and the repository does not say which one production takes. A variable that is missing in the dashboard, or misspelled there, sends uploads to the disk without a word.",
      remedy: [
        "Look in the platform's dashboard whether the variables are set, and tell the doctor: `holdfast doctor --set NAME`.",
        "Write them into the deploy file (without their values: `sync: false` on Render), so that a new service is asked for them.",
        "Make the app stop with an error in production when they are missing, instead of writing to the disk.",
      ],
    },
    fr: {
      title: "Des variables décident si les fichiers envoyés survivent",
      says: ({ label, path, variables }) =>
        `${label} : ${variables === "" ? "la destination des fichiers se décide hors du dépôt" : `la destination des fichiers dépend de ${variables}`} ; dans un cas, ils vont ${path === "" ? "sur le disque de l’instance" : `dans ${path}`} et sont effacés.`,
      why: "Le code connaît deux chemins, et le dépôt ne dit pas lequel la production emprunte. Une variable absente du tableau de bord, ou mal écrite, envoie les fichiers sur le disque sans un mot.",
      remedy: [
        "Vérifiez dans le tableau de bord de la plateforme que les variables sont définies, et dites-le : `holdfast doctor --set NOM`.",
        "Inscrivez-les dans le fichier de déploiement (sans leur valeur : `sync: false` sur Render), pour qu’un nouveau service les demande.",
        "En production, faites échouer l’application quand elles manquent, plutôt que d’écrire sur le disque.",
      ],
    },
    tr: {
      title: "Yüklenen dosyaların kalıp kalmayacağını değişkenler belirliyor",
      says: ({ label, path, variables }) =>
        `${label}: dosyaların nereye gideceğini ${variables === "" ? "depo dışındaki bir ayar" : variables} belirliyor; bir durumda dosyalar ${path === "" ? "örneğin kendi diskine" : `${path} klasörüne`} gider ve silinir.`,
      why: "Kodun iki yolu var ve depo, canlı ortamın hangisini izlediğini söylemiyor. Panelde eksik ya da yanlış yazılmış bir değişken, dosyaları hiçbir uyarı vermeden diske gönderir.",
      remedy: [
        "Değişkenlerin platformun panelinde tanımlı olup olmadığına bakın ve bildirin: `holdfast doctor --set AD`.",
        "Onları dağıtım dosyasına yazın (değerlerini değil: Render’da `sync: false`); böylece yeni bir servis onları sorar.",
        "Canlı ortamda eksik olduklarında uygulama diske yazmak yerine hata verip dursun.",
      ],
    },
  },
  find: (app) => matchPlaces(app, "uploads", "depends"),
  example: {
    fires: djangoExample(
      `${serverDatabase}${folderUploads}if os.environ.get("AWS_STORAGE_BUCKET_NAME"):\n    STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\n`,
    ),
    silent: djangoExample(`${serverDatabase}${bucketUploads}`),
  },
};
