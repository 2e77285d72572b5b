import { matchObserved, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const blueprint = (disk: string, plan = ""): string => `services:
  - type: web
    name: shop
    runtime: python
${plan}    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
${disk}`;
const fields = "name: media\n      mountPath: /opt/render/project/src/media\n      sizeGB: 1\n";

/** The deploy file asks for a disk in a way that gives none. */
export const diskWithoutEffect: Rule = {
  code: "MEDIA010",
  severity: "error",
  leadsToDeploy: true,
  words: {
    en: {
      title: "The deploy file asks for a disk that there will not be",
      says: ({ name, platform }) => `${name}: ${platform} makes no disk of this.`,
      why: "A key that is misspelled is passed over, and a free plan has no disks. The deploy succeeds, and the folder is an ordinary one.",
      remedy: [
        "On Render a disk is `disk:` with `name`, `mountPath` and `sizeGB`, one for each service.",
        "Choose a plan that has disks, or keep uploads in a bucket instead.",
      ],
    },
    fr: {
      title: "Le fichier de déploiement demande un disque qui n’existera pas",
      says: ({ name, platform }) => `${name} : ${platform} n’en fait aucun disque.`,
      why: "Une clé mal écrite est ignorée, et une offre gratuite n’a pas de disque. Le déploiement réussit, et le dossier reste un dossier ordinaire.",
      remedy: [
        "Sur Render, un disque s’écrit `disk:` avec `name`, `mountPath` et `sizeGB`, un par service.",
        "Choisissez une offre qui comprend des disques, ou conservez les fichiers dans un bucket.",
      ],
    },
    tr: {
      title: "Dağıtım dosyası, oluşmayacak bir disk istiyor",
      says: ({ name, platform }) => `${name}: platform (${platform}) bundan bir disk oluşturmaz.`,
      why: "Yanlış yazılmış bir anahtar görmezden gelinir, ücretsiz planda da disk yoktur. Dağıtım başarılı olur, klasör sıradan bir klasör olarak kalır.",
      remedy: [
        "Render’da disk, `name`, `mountPath` ve `sizeGB` alanlarıyla `disk:` olarak yazılır; her servise bir tane.",
        "Disk sunan bir plan seçin ya da dosyaları bir nesne deposunda saklayın.",
      ],
    },
  },
  find: (app) => [
    ...matchObserved(app, "disk-key-invalid", ({ key = "disks:" }) => ({ name: key })),
    ...matchObserved(app, "disk-on-free-plan", ({ plan = "free" }) => ({ name: `plan: ${plan}` })),
  ],
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}`, {
      "render.yaml": blueprint(`    disks:\n      - ${fields.replaceAll("\n      ", "\n        ")}`),
    }),
    silent: djangoExample(`${serverDatabase}${folderUploads}`, {
      "render.yaml": blueprint(`    disk:\n      ${fields}`, "    plan: starter\n"),
    }),
  },
};
