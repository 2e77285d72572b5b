import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, serverDatabase } from "./example-apps.js";

const mounted = `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    disk:
      name: data
      mountPath: /var/data
      sizeGB: 1
`;

/** Uploads go to a path that looks like a disk's, and no disk is mounted there. */
export const pathWithoutDisk: Rule = {
  code: "MEDIA006",
  severity: "error",
  leadsToDeploy: true,
  words: {
    en: {
      title: "A path is chosen for uploads, and no disk is mounted there",
      says: ({ path, platform, label }) => `${label}: ${path} is only a folder of the instance; no disk of ${platform} is declared for it.`,
      why: "A path such as /data or /var/data keeps nothing by its name. Only a disk that the platform mounts at it does.",
      remedy: [
        "Declare a disk in the deploy file, mounted at this path or above it, on a plan that has disks.",
        "If the disk is set up in the dashboard, write it into holdfast.yaml: `disks: [PATH]`.",
      ],
    },
    fr: {
      title: "Un chemin est choisi pour les fichiers, mais aucun disque n’y est monté",
      says: ({ path, platform, label }) =>
        `${label} : ${path} n’est qu’un dossier de l’instance ; aucun disque (${platform}) n’est déclaré à cet endroit.`,
      why: "Un chemin comme /data ou /var/data ne conserve rien par son seul nom. Seul un disque monté là par la plateforme le fait.",
      remedy: [
        "Déclarez dans le fichier de déploiement un disque monté sur ce chemin ou au-dessus, avec une offre qui en propose.",
        "Si le disque existe dans le tableau de bord, inscrivez-le dans holdfast.yaml : `disks: [CHEMIN]`.",
      ],
    },
    tr: {
      title: "Dosyalar için bir yol seçilmiş ama oraya disk bağlanmamış",
      says: ({ path, platform, label }) =>
        `${label}: ${path} yalnızca örneğin bir klasörü; bu yol için tanımlanmış kalıcı bir disk yok (platform: ${platform}).`,
      why: "/data ya da /var/data gibi bir yol, adı yüzünden hiçbir şeyi saklamaz. Bunu yalnızca platformun oraya bağladığı bir disk yapar.",
      remedy: [
        "Dağıtım dosyasında bu yola ya da üstüne bağlanan bir disk tanımlayın; seçtiğiniz plan disk sunmalı.",
        "Disk panelde tanımlıysa holdfast.yaml dosyasına yazın: `disks: [YOL]`.",
      ],
    },
  },
  find: (app) => {
    if ((app.model.service?.disks ?? []).length > 0 || app.platform.lastingDisk === "none") return [];
    const seen = new Set<string>();
    return app.verdicts.uploads.sinks.flatMap((place) => {
      const { path, answer } = place;
      if (
        path === undefined ||
        answer !== "loses" ||
        !/^(?:\/|\$\{)/.test(path) ||
        /^\/(?:tmp|app|usr|opt|home|workspace)(?:\/|$)/.test(path)
      )
        return [];
      if (seen.has(path)) return [];
      seen.add(path);
      const at = place.because[0] ?? place.at;
      return [{ at: { file: at.file, line: at.line }, because: place.because, details: detailsOf(app, { path, label: place.label }) }];
    });
  },
  example: {
    fires: djangoExample(`${serverDatabase}MEDIA_URL = "/media/"\nMEDIA_ROOT = "/var/data/media"\n`),
    silent: djangoExample(`${serverDatabase}MEDIA_URL = "/media/"\nMEDIA_ROOT = "/var/data/media"\n`, { "render.yaml": mounted }),
  },
};
