import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const mountedAt = (mountPath: string): string => `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    disk:
      name: media
      mountPath: ${mountPath}
      sizeGB: 1
`;

/** There is a disk, and uploads are written beside it. */
export const diskElsewhere: Rule = {
  code: "MEDIA007",
  severity: "error",
  leadsToDeploy: true,
  words: {
    en: {
      title: "A disk is mounted, and uploads are written elsewhere",
      says: ({ label, path, other }) =>
        `${label}: the files go to ${path === "" ? "another folder" : path}, and the disk is mounted at ${other}.`,
      why: "A disk keeps what lies below the folder it is mounted at, and nothing else. The two paths must meet.",
      remedy: [
        "Mount the disk at the folder that the app writes to, or let the app write below the disk's folder.",
        "Look with `df -h PATH` in the service's shell: it must name the disk.",
      ],
    },
    fr: {
      title: "Un disque est monté, mais les fichiers s’écrivent ailleurs",
      says: ({ label, path, other }) =>
        `${label} : les fichiers vont dans ${path === "" ? "un autre dossier" : path}, alors que le disque est monté sur ${other}.`,
      why: "Un disque conserve ce qui se trouve sous le dossier où il est monté, et rien d’autre. Les deux chemins doivent se rejoindre.",
      remedy: [
        "Montez le disque sur le dossier où l’application écrit, ou faites écrire l’application sous le dossier du disque.",
        "Vérifiez avec `df -h CHEMIN` dans le terminal du service : il doit nommer le disque.",
      ],
    },
    tr: {
      title: "Bir disk bağlı ama dosyalar başka yere yazılıyor",
      says: ({ label, path, other }) =>
        `${label}: dosyaların yazıldığı yer ${path === "" ? "başka bir klasör" : path}, diskin bağlı olduğu yer ise ${other}.`,
      why: "Bir disk, yalnızca bağlandığı klasörün altındakileri saklar. İki yol birbirini tutmalıdır.",
      remedy: [
        "Diski uygulamanın yazdığı klasöre bağlayın ya da uygulamayı diskin klasörünün altına yazdırın.",
        "Servisin kabuğunda `df -h YOL` ile bakın: çıktı diski göstermelidir.",
      ],
    },
  },
  find: (app) => {
    const [disk] = app.model.service?.disks ?? [];
    if (disk === undefined) return [];
    const losing = app.verdicts.uploads.sinks.filter(({ answer }) => answer === "loses");
    const [first] = losing;
    if (first === undefined) return [];
    const because = losing.flatMap((place) => place.because.slice(0, 1));
    const details = detailsOf(app, { label: first.label, path: first.path ?? "", other: disk.mountPath });
    return [{ at: { file: disk.file, line: disk.line }, because, details }];
  },
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}`, { "render.yaml": mountedAt("/var/data") }),
    silent: djangoExample(`${serverDatabase}${folderUploads}`, { "render.yaml": mountedAt("/opt/render/project/src/media") }),
  },
};
