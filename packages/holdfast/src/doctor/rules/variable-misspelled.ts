import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const branch = `${serverDatabase}${folderUploads}if os.environ.get("CLOUDINARY_URL"):\n    STORAGES = {"default": {"BACKEND": "cloudinary_storage.storage.MediaCloudinaryStorage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\n`;
const declaring = (name: string): string => `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: ${name}
        sync: false
`;

/** What is declared is almost, and not quite, what the code asks for. */
export const variableMisspelled: Rule = {
  code: "ENV004",
  severity: "error",
  leadsToDeploy: false,
  words: {
    en: {
      title: "A declared variable is not quite the one that the code asks for",
      says: ({ name, other }) => `${name} is declared, and the code asks for ${other}.`,
      why: "A name that nobody reads is no error anywhere. The app behaves as if the variable were missing.",
      remedy: ["Give the variable the name that the code asks for, in the deploy file and in the dashboard."],
    },
  },
  find: (app) => {
    const { service, deployment } = app.model;
    const { uploads, database } = app.verdicts;
    const asked = [...new Set([...uploads.dependsOn, ...database.dependsOn])];
    const declared = [...(service?.variables ?? []), ...deployment.dotenv];
    const names = new Set([...declared, ...app.given.variables].map(({ name }) => name));
    return declared.flatMap((variable) => {
      if (asked.includes(variable.name)) return [];
      const meant = asked.find((name) => !names.has(name) && isNear(variable.name, name));
      if (meant === undefined) return [];
      return [
        { at: { file: variable.file, line: variable.line }, because: [], details: detailsOf(app, { name: variable.name, other: meant }) },
      ];
    });
  },
  example: {
    fires: djangoExample(branch, { "render.yaml": declaring("CLOUDINARY_URI") }),
    silent: djangoExample(branch, { "render.yaml": declaring("CLOUDINARY_URL") }),
  },
};

/** The same words in another order or case, or one or two letters apart. A digit more is another variable. */
function isNear(one: string, other: string): boolean {
  const words = (name: string): string => name.toUpperCase().split("_").toSorted().join("_");
  if (words(one) === words(other)) return true;
  if (one.length < 6 || /\d/.test(one) || /\d/.test(other) || Math.abs(one.length - other.length) > 1) return false;
  return distance(one, other) <= 1;
}

/** How many letters have to be changed, added or removed to make one of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const change = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(change, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
