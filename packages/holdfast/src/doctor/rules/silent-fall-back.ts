import { matchObserved, type Rule } from "../rule.js";
import { expressExample } from "./example-apps.js";

const upload = (recovery: string): string => `import { v2 as cloudinary } from "cloudinary";
import { writeFile } from "node:fs/promises";
const upload = multer({ storage: multer.memoryStorage() });
app.post("/photos", upload.single("photo"), async (request, response) => {
  try {
    const kept = await cloudinary.uploader.upload("data:image/jpeg;base64," + request.file.buffer.toString("base64"));
    response.json({ url: kept.secure_url });
  } catch (error) {
${recovery}  }
});
`;

/** An error of the cloud is caught, and the file goes to the disk instead. */
export const silentFallBack: Rule = {
  code: "MEDIA005",
  severity: "warning",
  leadsToDeploy: true,
  words: {
    en: {
      title: "When the cloud fails, files go to the disk without a word",
      says: ({ label }) => `${label}: an error of the cloud storage is caught here, and the file is written to the disk instead.`,
      why: "The person sees a success, and the file is gone at the next deploy. A wrong key or a full account turns every upload into a loss that nobody notices.",
      remedy: [
        "Let the error reach the person: an upload that failed can be tried again, a lost one cannot.",
        "Log the error with its cause.",
      ],
    },
    fr: {
      title: "Quand le cloud échoue, les fichiers vont sur le disque sans un mot",
      says: ({ label }) =>
        `${label} : une erreur du stockage distant est interceptée ici, et le fichier est écrit sur le disque à la place.`,
      why: "La personne voit un succès, et le fichier disparaît au prochain déploiement. Une clé erronée ou un compte plein transforme chaque envoi en perte que personne ne remarque.",
      remedy: [
        "Laissez l’erreur parvenir à la personne : un envoi échoué se recommence, un fichier perdu ne revient pas.",
        "Journalisez l’erreur avec sa cause.",
      ],
    },
    tr: {
      title: "Bulut hata verince dosyalar sessizce diske yazılıyor",
      says: ({ label }) => `${label}: bulut depolamanın hatası burada yakalanıyor ve dosya onun yerine diske yazılıyor.`,
      why: "Kullanıcı yüklemenin başarılı olduğunu görür, dosya ise bir sonraki dağıtımda silinir. Yanlış bir anahtar ya da dolu bir hesap, her yüklemeyi kimsenin fark etmediği bir kayba çevirir.",
      remedy: [
        "Hatayı kullanıcıya gösterin: başarısız bir yükleme yinelenebilir, kaybolan dosya geri gelmez.",
        "Hatayı nedeniyle birlikte günlüğe yazın.",
      ],
    },
  },
  find: (app) => matchObserved(app, "silent-fallback", ({ label, route }) => ({ label: label ?? route ?? "Uploads" })),
  example: {
    fires: expressExample(
      upload(
        '    await writeFile("public/uploads/" + request.file.originalname, request.file.buffer);\n    response.json({ kept: true });\n',
      ),
    ),
    silent: expressExample(upload('    response.status(502).json({ error: "not kept: " + error.message });\n')),
  },
};
