import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const branch = `${serverDatabase}${folderUploads}if os.environ.get("CLOUD_NAME") and os.environ.get("CLOUD_KEY"):\n    STORAGES = {"default": {"BACKEND": "cloudinary_storage.storage.MediaCloudinaryStorage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\n`;
const declaring = (...names: readonly string[]): string => `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
${names.map((name) => `      - key: ${name}\n        sync: false\n`).join("")}`;

/** A storage needs several variables, and only some of them are declared. */
export const variablesHalfSet: Rule = {
  code: "ENV003",
  severity: "error",
  leadsToDeploy: false,
  words: {
    en: {
      title: "Only some of the variables that belong together are declared",
      says: ({ variables, other }) => `${other} is declared, ${variables} is not: without all of them the app falls back to the disk.`,
      why: "Code that asks for several variables and finds one missing takes the other way, without an error.",
      remedy: ["Declare the missing ones beside the others.", "Let the app stop with an error when some are set and others are not."],
    },
  },
  find: (app) => {
    const { service } = app.model;
    if (service === undefined) return [];
    const declared = new Map(service.variables.map((variable) => [variable.name, variable]));
    const given = new Set([...app.model.deployment.dotenv, ...app.given.variables].map(({ name }) => name));
    const isThere = (name: string): boolean => declared.has(name) || given.has(name) || name in app.platform.variables;
    for (const verdict of [app.verdicts.uploads, app.verdicts.database]) {
      if (verdict.asDeclared !== "loses") continue;
      for (const { when, answer } of verdict.depends) {
        const wanted = Object.entries(when).flatMap(([name, value]) => (value === "set" ? [name] : []));
        const [some] = wanted.flatMap((name) => declared.get(name) ?? []);
        const missing = wanted.filter((name) => !isThere(name));
        if (answer !== "keeps" || some === undefined || missing.length === 0) continue;
        const there = wanted.filter(isThere);
        const details = detailsOf(app, { variables: missing.join(", "), other: there.join(", ") });
        return [{ at: { file: some.file, line: some.line }, because: verdict.because.slice(0, 1), details }];
      }
    }
    return [];
  },
  example: {
    fires: djangoExample(branch, { "render.yaml": declaring("CLOUD_NAME") }),
    silent: djangoExample(branch, { "render.yaml": declaring("CLOUD_NAME", "CLOUD_KEY") }),
  },
};
