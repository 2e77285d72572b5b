import { posix } from "node:path";
import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const isMedia = /\.(?:jpe?g|png|gif|webp|avif|heic|mp4|mov|pdf|docx?)$/i;

/** The folder that uploads go to is in version control: old files come back with each deploy and hide the loss. */
export const committedUploads: Rule = {
  code: "MEDIA009",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "The folder of uploads has files in version control, which hide the loss",
      says: ({ path, name, other }) =>
        `${path} holds ${other} committed ${other === "1" ? "file" : "files"}, such as ${name}: these are there after each deploy, what people upload is not.`,
      why: "Committed files make it look as if uploads survived: the old pictures come back with the build, only the new ones vanish. They may also be other people's personal files, in a public history.",
      remedy: [
        "Move what people uploaded to the storage; keep in the repository only what belongs to the app, in another folder.",
        "Add the folder to .gitignore. If the files are personal, remove them from the history as well.",
      ],
    },
    fr: {
      title: "Le dossier des envois contient des fichiers versionnés, qui masquent la perte",
      says: ({ path, name, other }) =>
        `${path} contient des fichiers versionnés (${other}), par exemple ${name} : ceux-là reviennent à chaque déploiement, ceux que l’on envoie non.`,
      why: "Les fichiers versionnés donnent l’illusion que les envois survivent : les anciennes images reviennent avec le build, seules les nouvelles disparaissent. Il peut aussi s’agir de fichiers personnels, dans un historique public.",
      remedy: [
        "Déplacez vers le stockage ce que les gens ont envoyé ; ne gardez dans le dépôt que ce qui appartient à l’application, dans un autre dossier.",
        "Ajoutez le dossier à .gitignore. Si les fichiers sont personnels, retirez-les aussi de l’historique.",
      ],
    },
    tr: {
      title: "Yükleme klasöründeki dosyalar sürüm denetiminde ve kaybı gizliyor",
      says: ({ path, name, other }) =>
        `${path} klasöründe depoya işlenmiş dosyalar var (${other} tane; örneğin ${name}): bunlar her dağıtımda geri gelir, kullanıcıların yükledikleri gelmez.`,
      why: "Depoya işlenmiş dosyalar, yüklemeler kalıcıymış izlenimi verir: eski resimler derlemeyle geri gelir, yalnızca yenileri kaybolur. Üstelik bunlar herkese açık bir geçmişte duran kişisel dosyalar olabilir.",
      remedy: [
        "Kullanıcıların yüklediklerini depolamaya taşıyın; depoda yalnızca uygulamaya ait olanları, başka bir klasörde tutun.",
        "Klasörü .gitignore dosyasına ekleyin. Dosyalar kişiselse geçmişten de kaldırın.",
      ],
    },
  },
  find: (app) => {
    const folders = new Map<string, { readonly file: string; readonly line: number }>();
    for (const { path, at, answer } of app.verdicts.uploads.sinks) {
      if (path === undefined || path.startsWith("/") || path.includes("${") || (answer !== "loses" && answer !== "depends")) continue;
      const folder = posix.join(app.model.root, path).replace(/^\.\//, "").replace(/\/$/, "");
      if (folder !== "." && !folder.startsWith("..") && !folders.has(folder)) folders.set(folder, at);
    }
    return [...folders].flatMap(([folder]) => {
      const files = app.tree.find(folder, "").filter((path) => isMedia.test(path) && app.tree.isCommitted(path));
      const [first] = files;
      if (first === undefined) return [];
      const details = detailsOf(app, { path: `${folder}/`, name: posix.relative(folder, first), other: String(files.length) });
      return [{ at: { file: first, line: 1 }, because: [], details }];
    });
  },
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}`, { "media/photos/first-flat.jpg": "a picture" }),
    silent: djangoExample(`${serverDatabase}${folderUploads}`, { "media/.gitkeep": "" }),
  },
};
