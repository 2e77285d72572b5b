import type { VerdictWords } from "./verdict-words.js";

/** The platform in brackets, where one is known. */
const on = (platform: string): string => (platform === "" ? "" : ` (${platform})`);

export const frenchWords: VerdictWords = {
  questions: {
    uploads: {
      loses: "Les fichiers envoyés seront perdus au prochain déploiement.",
      losesSome: "Une partie des fichiers envoyés sera perdue au prochain déploiement.",
      rejected: "Les envois échouent ici : le disque de cette plateforme n’accepte aucun fichier.",
      keeps: "Les fichiers envoyés survivent au prochain déploiement.",
      keepsAsGiven: "Les fichiers envoyés survivent au prochain déploiement, d’après vos déclarations.",
      dependsAndLoses: (variables) => `Les fichiers envoyés seront perdus, sauf si le tableau de bord en décide autrement : ${variables}.`,
      dependsAndKeeps: (variables) => `Les fichiers envoyés survivent si ce qui est déclaré est bien défini : ${variables}.`,
      depends: (variables) => `La survie des fichiers envoyés dépend de ceci : ${variables}.`,
      none: "Cette application ne conserve aucun fichier envoyé.",
      unknown: "La destination des fichiers envoyés n’a pas pu être établie.",
    },
    database: {
      loses: "La base de données sera perdue au prochain déploiement.",
      losesSome: "Une partie de la base de données sera perdue au prochain déploiement.",
      rejected: "La base de données ne peut pas être écrite ici : le disque de cette plateforme n’accepte aucun fichier.",
      keeps: "La base de données survit au prochain déploiement.",
      keepsAsGiven: "La base de données survit au prochain déploiement, d’après vos déclarations.",
      dependsAndLoses: (variables) => `La base de données sera perdue, sauf si le tableau de bord en décide autrement : ${variables}.`,
      dependsAndKeeps: (variables) => `La base de données survit si ce qui est déclaré est bien défini : ${variables}.`,
      depends: (variables) => `La survie de la base de données dépend de ceci : ${variables}.`,
      none: "Cette application n’a pas de base de données.",
      unknown: "L’emplacement de la base de données n’a pas pu être établi.",
    },
  },
  decide: (command, other) =>
    `Si c’est défini dans le tableau de bord, dites-le :\n${command}${other === undefined ? "" : ` (ou ${other})`}`,
  notUnderstood: (what) => `Non compris : ${what}.`,
  whatDecides: "ce que dit le tableau de bord de la plateforme",
  firstAid: {
    warning: (platform) =>
      `Le prochain déploiement supprime les fichiers encore présents sur le disque de l’instance${on(platform)}. Sauvez-les d’abord.`,
    warningIfDepends: (platform) =>
      `Si des fichiers sont allés sur le disque de l’instance${on(platform)}, le prochain déploiement les supprime. Sauvez-les d’abord.`,
    database: "Le fichier de la base de données en fait partie.",
    steps: {
      shell: "Copiez-les hors de l’instance en marche, sans la redémarrer :",
      site: "Sans terminal, enregistrez-les à travers le site tant qu’il répond :",
      herokuFirst:
        "Le premier `heroku ps:exec` d’une application redémarre ses dynos, ce qui supprime les fichiers. S’il n’a jamais servi, passez par le site :",
      check: "Vérifiez la copie avant de déployer.",
    },
  },
  aHost: "l’hébergeur",
  noPlatform:
    "Aucun fichier de déploiement ne nomme de plateforme. La réponse vaut pour un hébergeur qui efface son disque à chaque déploiement.",
  noApp: (directory) => `${directory} : aucune application web d’un type connu n’a été trouvée ici.`,
  setInVain: (name) => `--set ${name} : rien dans ce code ne la demande.`,
  asked: (platform, service, count, isComplete) =>
    `${platform} a été interrogé au sujet de ${service} : ${count === 1 ? "1 variable y est définie" : `${count} variables y sont définies`}${isComplete ? "" : ", et un fichier secret peut en définir d’autres"}. Seuls leurs noms ont été gardés.`,
  ignoreWithoutReason: (place) => `${place} : une exception sans motif ne compte pas. Écrivez : holdfast-ignore CODE: motif`,
  fires: "Elle se déclenche ici",
  silent: "Elle ne se déclenche pas ici",
  report: {
    uploads: "fichiers envoyés",
    database: "base de données",
    firstAid: "Premiers secours",
    remedy: "Remède",
    because: "Parce que",
    decidedBy: "Décidé par",
    otherwise: "sinon",
    set: (names) => `${names.join(", ")} ${names.length === 1 ? "est définie" : "sont définies"}`,
    unset: (names) => `${names.join(", ")} ${names.length === 1 ? "n’est pas définie" : "ne sont pas définies"}`,
    diskIfMounted: "conserve, si un disque y est monté",
    app: "application",
    findings: "constats",
    none: "Aucun problème n’a été trouvé.",
    accepted: "accepté",
    known: "déjà connu",
    colon: " : ",
    alsoAt: "Aussi à",
    where: "où",
    title: "Cette application perdra-t-elle des données au prochain déploiement ?",
    answers: {
      keeps: "conserve",
      loses: "perd",
      depends: "dépend",
      none: "rien",
      unknown: "inconnu",
      fails: "s’arrête avec une erreur",
      rejected: "n’accepte aucun fichier",
    },
    storages: {
      "ephemeral-disk": "le disque qui est effacé",
      "read-only-disk": "un disque qui n’accepte aucun fichier",
      disk: "un disque durable",
      error: "une erreur",
      none: "rien n’est conservé",
      unknown: "inconnu",
    },
    severities: { error: "erreur", warning: "avertissement", note: "remarque" },
    moreHow: (command) => `Tout le rapport : ${command}`,
    explainHow: (command) => `Pourquoi, avec des exemples : ${command}`,
  },
};
