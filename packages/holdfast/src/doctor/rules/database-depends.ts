import { isNamed, matchPlaces, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, serverDatabase } from "./example-apps.js";

const fallBack =
  'if os.environ.get("DB_HOST"):\n    DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["DB_HOST"]}}\nelse:\n    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}\n';

/** The verdict itself: without a variable the app falls back to a file. */
export const databaseDepends: Rule = {
  code: "DATA002",
  severity: "warning",
  leadsToDeploy: true,
  recipe: "database",
  words: {
    en: {
      title: "Without a variable, the database falls back to a file",
      says: ({ label, path, variables }) =>
        `The database${isNamed(label) ? ` "${label}"` : ""} is a server only where ${variables === "" ? "the environment says so" : `${variables} says so`}; otherwise it is ${path === "" ? "a file on the instance's own disk" : `${path} on the instance's own disk`}, and is wiped.`,
      why: "A fall-back to SQLite makes a missing variable look like an empty but working app: people sign up, and are gone at the next deploy.",
      remedy: [
        "Look in the platform's dashboard whether the variable is set, and tell the doctor: `holdfast doctor --set DATABASE_URL`.",
        "Keep the fall-back for development only: in production stop with an error when the variable is missing.",
      ],
    },
    fr: {
      title: "Sans une variable, la base retombe sur un fichier",
      says: ({ label, path, variables }) =>
        `La base${isNamed(label) ? ` « ${label} »` : ""} n’est un serveur que si ${variables === "" ? "l’environnement le dit" : `${variables} le dit`} ; sinon c’est ${path === "" ? "un fichier" : path} sur le disque de l’instance, qui est effacé.`,
      why: "Un repli sur SQLite donne à une variable manquante l’apparence d’une application vide mais qui marche : les gens s’inscrivent, et disparaissent au prochain déploiement.",
      remedy: [
        "Vérifiez dans le tableau de bord de la plateforme que la variable est définie, et dites-le : `holdfast doctor --set DATABASE_URL`.",
        "Réservez ce repli au développement : en production, échouez avec une erreur quand la variable manque.",
      ],
    },
    tr: {
      title: "Bir değişken eksikse veritabanı bir dosyaya dönüyor",
      says: ({ label, path, variables }) =>
        `${isNamed(label) ? `“${label}” veritabanı` : "Veritabanı"} yalnızca ${variables === "" ? "ortam öyle diyorsa" : `${variables} öyle diyorsa`} bir sunucudur; aksi hâlde örneğin kendi diskindeki ${path === "" ? "bir dosyadır" : `${path} dosyasıdır`} ve silinir.`,
      why: "SQLite’a dönmek, eksik bir değişkeni boş ama çalışan bir uygulama gibi gösterir: insanlar kaydolur, bir sonraki dağıtımda yok olur.",
      remedy: [
        "Değişkenin platformun panelinde tanımlı olup olmadığına bakın ve bildirin: `holdfast doctor --set DATABASE_URL`.",
        "Bu dönüşü yalnızca geliştirme için bırakın: canlı ortamda değişken eksikse uygulama hata verip dursun.",
      ],
    },
  },
  find: (app) => matchPlaces(app, "database", "depends"),
  example: { fires: djangoExample(`${bucketUploads}${fallBack}`), silent: djangoExample(`${bucketUploads}${serverDatabase}`) },
};
