import { isNamed, matchPlaces, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, serverDatabase } from "./example-apps.js";

const sqlite = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}\n';

/** The verdict itself: the database is a file that the next deploy deletes. */
export const databaseOnPassingDisk: Rule = {
  code: "DATA001",
  severity: "error",
  leadsToDeploy: true,
  recipe: "database",
  words: {
    en: {
      title: "The database is a file that the next deploy deletes",
      says: ({ label, path, platform }) =>
        `The database${isNamed(label) ? ` "${label}"` : ""} is ${path === "" ? "a file" : path} on the instance's own disk, and ${platform} keeps nothing that is written there: accounts, orders, everything goes.`,
      why: "SQLite and JSON files live on the instance's disk like uploads do. Each deploy begins with the file as the build made it: empty, or as it was committed.",
      remedy: [
        "Use a database that is a service of its own, and stop with an error when its URL is missing.",
        "Or put the file on a disk that the platform mounts, with one instance only.",
      ],
    },
    fr: {
      title: "La base de données est un fichier que le prochain déploiement supprime",
      says: ({ label, path, platform }) =>
        `La base${isNamed(label) ? ` « ${label} »` : ""} est ${path === "" ? "un fichier" : path} sur le disque de l’instance, et ${platform} ne conserve rien de ce qui y est écrit : comptes, commandes, tout disparaît.`,
      why: "SQLite et les fichiers JSON vivent sur le disque de l’instance, comme les fichiers envoyés. Chaque déploiement repart du fichier tel que le build l’a fait : vide, ou tel qu’il a été versionné.",
      remedy: [
        "Utilisez une base qui est un service à part, et échouez avec une erreur quand son URL manque.",
        "Ou placez le fichier sur un disque monté par la plateforme, avec une seule instance.",
      ],
    },
    tr: {
      title: "Veritabanı, bir sonraki dağıtımda silinen bir dosya",
      says: ({ label, path, platform }) =>
        `${isNamed(label) ? `“${label}” veritabanı` : "Veritabanı"}, örneğin kendi diskindeki ${path === "" ? "bir dosyadır" : `${path} dosyasıdır`}; platform (${platform}) oraya yazılan hiçbir şeyi saklamaz: hesaplar, siparişler, hepsi gider.`,
      why: "SQLite ve JSON dosyaları da yüklenen dosyalar gibi örneğin diskinde durur. Her dağıtım, dosyanın derlemedeki hâliyle başlar: boş ya da depoya işlendiği gibi.",
      remedy: [
        "Ayrı bir servis olan bir veritabanı kullanın; URL’si eksikse uygulama hata verip dursun.",
        "Ya da dosyayı platformun bağladığı kalıcı bir diske koyun; tek örnekle çalıştırın.",
      ],
    },
  },
  find: (app) => matchPlaces(app, "database", "loses"),
  example: { fires: djangoExample(`${bucketUploads}${sqlite}`), silent: djangoExample(`${bucketUploads}${serverDatabase}`) },
};
