import { detailsOf, type Rule } from "../rule.js";
import { bucketUploads, djangoExample, serverDatabase } from "./example-apps.js";

/** The verdict itself: where the database is could not be told. */
export const databaseUnknown: Rule = {
  code: "DATA003",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "Where the database is could not be told",
      says: ({ name }) => `Not understood: ${name}.`,
      why: "The doctor reads code without running it. What it does not understand it does not call safe.",
      remedy: [
        "Look at the line yourself: is production's database a server, or a file of the app?",
        "Count the rows before a deploy and after it.",
      ],
    },
    fr: {
      title: "L’emplacement de la base de données n’a pas pu être établi",
      says: ({ name }) => `Non compris : ${name}.`,
      why: "Le docteur lit le code sans l’exécuter. Ce qu’il ne comprend pas, il ne le déclare pas sûr.",
      remedy: [
        "Regardez la ligne vous-même : la base de production est-elle un serveur, ou un fichier de l’application ?",
        "Comptez les lignes avant un déploiement, puis après.",
      ],
    },
    tr: {
      title: "Veritabanının nerede olduğu anlaşılamadı",
      says: ({ name }) => `Anlaşılamayan: ${name}.`,
      why: "Doktor kodu çalıştırmadan okur. Anlamadığı şeye güvenli demez.",
      remedy: [
        "Satıra kendiniz bakın: canlı ortamın veritabanı bir sunucu mu, yoksa uygulamanın bir dosyası mı?",
        "Dağıtımdan önce ve sonra satırları sayın.",
      ],
    },
  },
  find: (app) => {
    const { answer, notUnderstood, sinks } = app.verdicts.database;
    if (answer !== "unknown") return [];
    const [first] = notUnderstood;
    const at = first ?? sinks[0]?.at ?? { file: app.model.root, line: 1 };
    return [
      {
        at: { file: at.file, line: at.line },
        because: notUnderstood,
        details: detailsOf(app, { name: first?.why ?? "where the rows go" }),
        carries: { question: "database", answer: "unknown" },
      },
    ];
  },
  example: {
    fires: djangoExample(`${bucketUploads}from company_settings import databases\nDATABASES = databases()\n`),
    silent: djangoExample(`${bucketUploads}${serverDatabase}`),
  },
};
