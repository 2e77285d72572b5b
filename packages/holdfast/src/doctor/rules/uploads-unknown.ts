import { detailsOf, type Rule } from "../rule.js";
import { expressExample, folderRoute } from "./example-apps.js";

/** The verdict itself: where uploads go could not be told. */
export const uploadsUnknown: Rule = {
  code: "MEDIA003",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "Where uploads are written could not be told",
      says: ({ name }) => `Not understood: ${name}.`,
      why: "The doctor reads code without running it. What it does not understand it does not call safe.",
      remedy: [
        "Look at the line yourself: does it write to a folder of the app, or to a storage apart from it?",
        "Try it: upload a test picture, run `npx holdfast verify` with its URL, deploy, and run it again.",
      ],
    },
    fr: {
      title: "La destination des fichiers envoyés n’a pas pu être établie",
      says: ({ name }) => `Non compris : ${name}.`,
      why: "Le docteur lit le code sans l’exécuter. Ce qu’il ne comprend pas, il ne le déclare pas sûr.",
      remedy: [
        "Regardez la ligne vous-même : écrit-elle dans un dossier de l’application, ou dans un stockage à part ?",
        "Faites l’essai : envoyez une image, lancez `npx holdfast verify` avec son URL, déployez, puis relancez-le.",
      ],
    },
    tr: {
      title: "Yüklenen dosyaların nereye yazıldığı anlaşılamadı",
      says: ({ name }) => `Anlaşılamayan: ${name}.`,
      why: "Doktor kodu çalıştırmadan okur. Anlamadığı şeye güvenli demez.",
      remedy: [
        "Satıra kendiniz bakın: uygulamanın bir klasörüne mi yazıyor, yoksa ayrı bir depolamaya mı?",
        "Deneyin: bir deneme resmi yükleyin, `npx holdfast verify` komutunu URL’siyle çalıştırın, dağıtın ve yeniden çalıştırın.",
      ],
    },
  },
  find: (app) => {
    if (app.verdicts.uploads.answer !== "unknown") return [];
    const [first] = app.verdicts.uploads.notUnderstood;
    const at = first ?? app.verdicts.uploads.sinks[0]?.at ?? { file: app.model.root, line: 1 };
    return [
      {
        at: { file: at.file, line: at.line },
        because: app.verdicts.uploads.notUnderstood,
        details: detailsOf(app, { name: first?.why ?? "where the bytes go" }),
        carries: { question: "uploads", answer: "unknown" },
      },
    ];
  },
  example: {
    fires: expressExample(
      'import { engine } from "some-storage-engine";\nconst upload = multer({ storage: engine() });\napp.post("/photos", upload.single("photo"), (request, response) => response.json(request.file));\n',
    ),
    silent: expressExample(folderRoute),
  },
};
