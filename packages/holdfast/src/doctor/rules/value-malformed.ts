import { whyPastedWrongly } from "#env/pasted";
import { detailsOf, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const blueprint = (value: string): string => `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: CLOUDINARY_URL
        value: ${value}
`;

/** A declared value cannot be what is meant. */
export const valueMalformed: Rule = {
  code: "ENV006",
  severity: "error",
  leadsToDeploy: true,
  words: {
    en: {
      title: "The value of a variable cannot be what is meant",
      says: ({ name, other }) => `${name} ${other}.`,
      why: "A value pasted with its name, its quotes or its <placeholder> is set, so the code takes the way to the cloud, and every upload fails there, or is caught and falls back to the disk.",
      remedy: [
        "Paste the value alone: no name before it, no quotes, no spaces, no angle brackets. Set secrets in the dashboard, not in the file.",
      ],
    },
  },
  find: (app) =>
    [...(app.model.service?.variables ?? []), ...app.model.deployment.dotenv].flatMap((variable) => {
      if (variable.declared.kind !== "value") return [];
      const other = faultOf(variable.name, variable.declared.value);
      if (other === undefined) return [];
      return [{ at: { file: variable.file, line: variable.line }, because: [], details: detailsOf(app, { name: variable.name, other }) }];
    }),
  example: {
    fires: djangoExample(`${serverDatabase}${folderUploads}`, { "render.yaml": blueprint('"CLOUDINARY_URL=cloudinary://key:word@demo"') }),
    silent: djangoExample(`${serverDatabase}${folderUploads}`, { "render.yaml": blueprint("cloudinary://key:word@demo") }),
  },
};

const aboutStorage = /^(?:CLOUDINARY|CLOUD_|AWS_|S3_|R2_|B2_|MEDIA_|DATABASE_URL|POSTGRES|MONGO)/;

/** What is wrong with a value, without quoting it: it may be a secret. */
function faultOf(name: string, value: string): string | undefined {
  if (!aboutStorage.test(name) || value === "") return undefined;
  const pasted = whyPastedWrongly(name, value);
  if (pasted !== undefined) return pasted.split(": ", 1)[0];
  if (name === "CLOUDINARY_URL" && !value.startsWith("cloudinary://")) return "does not begin with cloudinary://";
  return undefined;
}
