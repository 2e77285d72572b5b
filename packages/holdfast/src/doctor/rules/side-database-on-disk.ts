import { matchObserved, type Rule } from "../rule.js";

const gemfile = 'source "https://rubygems.org"\ngem "rails", "8.0.2"\ngem "pg"\ngem "sqlite3"\ngem "solid_queue"\n';
const yaml = (queue: string): string =>
  `default: &default\n  adapter: postgresql\n  url: <%= ENV["DATABASE_URL"] %>\n\nproduction:\n  primary:\n    <<: *default\n  queue:\n${queue}`;

const rails = (queue: string): Readonly<Record<string, string>> => ({
  Gemfile: gemfile,
  "Gemfile.lock": "GEM\n  specs:\n    rails (8.0.2)\n    pg (1.5.9)\n    sqlite3 (2.6.0)\n",
  "config/application.rb":
    'require "rails/all"\nmodule Shop\n  class Application < Rails::Application\n    config.load_defaults 8.0\n  end\nend\n',
  "config/environments/production.rb": "Rails.application.configure do\n  config.active_storage.service = :local\nend\n",
  "config/database.yml": yaml(queue),
  "render.yaml":
    "services:\n  - type: web\n    name: shop\n    runtime: ruby\n    buildCommand: bundle install\n    startCommand: bundle exec puma\n",
});

/** The app's rows are safe, and those of a queue or a cache lie in a file. */
export const sideDatabaseOnDisk: Rule = {
  code: "DATA005",
  severity: "note",
  leadsToDeploy: true,
  words: {
    en: {
      title: "A database beside the main one is a file on the instance's disk",
      says: ({ name }) => `"${name}" is a SQLite file: what waits in it is gone at the next deploy.`,
      why: "A cache may be lost. A queue may not: mails that were to be sent and jobs that were to run are lost with its file, and nobody is told.",
      remedy: ["Give a queue a database on the server of the main one; leave only caches in a file."],
    },
    fr: {
      title: "Une base à côté de la principale est un fichier sur le disque de l’instance",
      says: ({ name }) => `« ${name} » est un fichier SQLite : ce qui y attend disparaît au prochain déploiement.`,
      why: "Un cache peut se perdre. Une file d’attente, non : les courriels à envoyer et les tâches à exécuter sont perdus avec son fichier, et personne n’en est averti.",
      remedy: ["Donnez à la file d’attente une base sur le serveur de la principale ; ne laissez que les caches dans un fichier."],
    },
    tr: {
      title: "Ana veritabanının yanındaki bir veritabanı, örneğin diskinde bir dosya",
      says: ({ name }) => `“${name}” bir SQLite dosyası: içinde bekleyenler bir sonraki dağıtımda silinir.`,
      why: "Bir önbellek kaybolabilir. Bir kuyruk kaybolmamalıdır: gönderilecek e-postalar ve çalışacak işler dosyasıyla birlikte gider, kimsenin de haberi olmaz.",
      remedy: ["Kuyruğa ana veritabanının sunucusunda bir veritabanı verin; dosyada yalnızca önbellekler kalsın."],
    },
  },
  find: (app) => matchObserved(app, "side-database-on-disk", ({ database = "queue" }) => ({ name: database })),
  example: {
    fires: rails("    adapter: sqlite3\n    database: storage/production_queue.sqlite3\n"),
    silent: rails("    <<: *default\n"),
  },
};
