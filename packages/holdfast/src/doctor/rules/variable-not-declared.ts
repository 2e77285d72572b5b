import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const branch = `${serverDatabase}${folderUploads}if os.environ.get("AWS_STORAGE_BUCKET_NAME"):\n    STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\n`;
const declared = `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: AWS_STORAGE_BUCKET_NAME
        sync: false
`;

/** What decides over files or rows is not in the deploy file. */
export const variableNotDeclared: Rule = {
  code: "ENV001",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "A variable that files depend on is not in the deploy file",
      says: ({ variables, name }) => `The service "${name}" does not declare ${variables}, which the code asks for.`,
      why: "A service made from this file starts without the variable, and takes the way to the disk. Nobody is asked for it.",
      remedy: [
        "Declare it in the deploy file without its value (on Render: `- key: NAME` and `sync: false`), and set it in the dashboard.",
      ],
    },
  },
  find: (app) => {
    const { service } = app.model;
    if (service === undefined) return [];
    const known = new Set([...service.variables, ...app.model.deployment.dotenv, ...app.given.variables].map(({ name }) => name));
    const isPlatforms = (name: string): boolean =>
      name in app.platform.variables || app.platform.prefixes.some((prefix) => name.startsWith(prefix));
    const { uploads, database } = app.verdicts;
    const losing = [uploads, database].filter(({ answer, asDeclared }) => answer === "depends" && asDeclared === "loses");
    const missing = [...new Set(losing.flatMap(({ dependsOn }) => dependsOn))].filter((name) => !known.has(name) && !isPlatforms(name));
    if (missing.length === 0) return [];
    const because = losing.flatMap((verdict) => verdict.because.slice(0, 1));
    return [{ at: service.at, because, details: detailsOf(app, { variables: missing.join(", "), name: service.name }) }];
  },
  example: { fires: djangoExample(branch), silent: djangoExample(branch, { "render.yaml": declared }) },
};
