import { matchObserved, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, serverDatabase } from "./example-apps.js";

const blueprint = (plan: string): Readonly<Record<string, string>> => ({
  "render.yaml": `services:\n  - type: web\n    name: shop\n    runtime: python\n    startCommand: gunicorn shop.wsgi\ndatabases:\n  - name: shop-db\n    plan: ${plan}\n`,
});

/** The database is a server, on a plan whose databases are deleted after a while. */
export const databaseExpires: Rule = {
  code: "DATA006",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "The database is on a plan that ends",
      says: ({ platform }) => `${platform} deletes a database of its free plan some weeks after it was made, with everything in it.`,
      why: "No deploy touches it, and so it seems safe. On Render a free database ends 30 days after it was made, and is deleted 14 days later.",
      remedy: ["Choose a paid plan before it ends.", "Until then, save it with pg_dump, and keep the file elsewhere."],
    },
    fr: {
      title: "La base de données est sur une offre qui prend fin",
      says: ({ platform }) =>
        `${platform} supprime une base de son offre gratuite quelques semaines après sa création, avec tout ce qu’elle contient.`,
      why: "Aucun déploiement n’y touche, et elle semble donc à l’abri. Sur Render, une base gratuite expire 30 jours après sa création et est supprimée 14 jours plus tard.",
      remedy: ["Choisissez une offre payante avant l’échéance.", "D’ici là, sauvegardez-la avec pg_dump, et gardez le fichier ailleurs."],
    },
    tr: {
      title: "Veritabanı süresi dolan bir planda",
      says: ({ platform }) =>
        `${platform}, ücretsiz plandaki bir veritabanını kurulduktan birkaç hafta sonra içindeki her şeyle birlikte siler.`,
      why: "Hiçbir dağıtım ona dokunmadığı için güvende görünür. Render’da ücretsiz veritabanının süresi 30 gün sonra dolar, 14 gün sonra da silinir.",
      remedy: ["Süresi dolmadan ücretli bir plan seçin.", "O zamana dek pg_dump ile yedekleyin ve dosyayı başka yerde saklayın."],
    },
  },
  find: (app) => matchObserved(app, "database-expires", ({ platform = "Render" }) => ({ platform })),
  example: {
    fires: djangoExample(`${serverDatabase}${bucketUploads}`, blueprint("free")),
    silent: djangoExample(`${serverDatabase}${bucketUploads}`, blueprint("basic-256mb")),
  },
};
