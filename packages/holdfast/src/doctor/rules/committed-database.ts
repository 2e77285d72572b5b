import { detailsOf, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, serverDatabase } from "./example-apps.js";

const sqlite = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}\n';

const isForTests = /(?:^|\/)(?:tests?|fixtures?|__tests__|spec)\/|Thumbs\.db$/i;

/** A database file is committed: each deploy brings its old rows back. */
export const committedDatabase: Rule = {
  code: "DATA004",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "A database file is in version control",
      says: ({ path }) => `${path} is committed: each deploy starts from its old rows, and everybody with the repository can read them.`,
      why: "An app on a committed SQLite file seems to keep its data, because the rows of the last commit come back. What was written since is gone. The file also holds password hashes and addresses of whoever was in it.",
      remedy: [
        "Take the file out of version control: `git rm --cached FILE`, and add it to .gitignore.",
        "If it held people's data, remove it from the history as well, and change the passwords and keys that were in it.",
      ],
    },
    fr: {
      title: "Un fichier de base de données est dans le dépôt",
      says: ({ path }) =>
        `${path} est versionné : chaque déploiement repart de ses anciennes lignes, lisibles par tous ceux qui ont le dépôt.`,
      why: "Une application posée sur un fichier SQLite versionné semble garder ses données, puisque les lignes du dernier commit reviennent. Ce qui a été écrit depuis est perdu. Le fichier contient aussi les empreintes de mots de passe et les adresses de ceux qui y figuraient.",
      remedy: [
        "Retirez le fichier du suivi : `git rm --cached FICHIER`, et ajoutez-le à .gitignore.",
        "S’il contenait des données personnelles, retirez-le aussi de l’historique, et changez les mots de passe et les clés qu’il contenait.",
      ],
    },
    tr: {
      title: "Bir veritabanı dosyası sürüm denetiminde",
      says: ({ path }) => `${path} depoya işlenmiş: her dağıtım onun eski satırlarıyla başlar ve depoya erişen herkes onları okuyabilir.`,
      why: "Depoya işlenmiş bir SQLite dosyasını kullanan uygulama verilerini saklıyor gibi görünür; çünkü son işlenen satırlar geri gelir. O günden beri yazılanlar gider. Dosyada parola özetleri ve kişilerin adresleri de bulunur.",
      remedy: [
        "Dosyayı sürüm denetiminden çıkarın: `git rm --cached DOSYA`; ardından .gitignore dosyasına ekleyin.",
        "İçinde kişisel veriler varsa geçmişten de kaldırın; içindeki parolaları ve anahtarları değiştirin.",
      ],
    },
  },
  find: (app) => {
    const files = app.tree
      .find(app.model.root, ".sqlite3", ".sqlite", ".db")
      .filter((path) => !isForTests.test(path) && app.tree.isCommitted(path));
    return files.slice(0, 3).map((path) => ({ at: { file: path, line: 1 }, because: [], details: detailsOf(app, { path }) }));
  },
  example: {
    fires: djangoExample(`${bucketUploads}${sqlite}`, { "db.sqlite3": "SQLite format 3" }),
    silent: djangoExample(`${bucketUploads}${serverDatabase}`),
  },
};
