import { detailsOf, type Rule } from "../rule.js";
import { expressExample, folderRoute } from "./example-apps.js";

const soundsSecret = /SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|^CLOUDINARY_URL$|^DATABASE_URL$|^MONGO(?:DB)?_UR[IL]$/;
const isPlaceholder =
  /^$|^<|>$|^\$|your|change|example|xxx|\.\.\.|…|placeholder|dummy|replace|todo|localhost|127\.0\.0\.1|^(?:true|false|none|null|dev|test|secret|password|postgres)$/i;

/** A committed `.env` holds the keys to the storage. */
export const secretCommitted: Rule = {
  code: "ENV005",
  severity: "warning",
  leadsToDeploy: false,
  words: {
    en: {
      title: "A committed .env holds secrets",
      says: ({ variables, path }) => `${path} is in version control and sets ${variables}.`,
      why: "Whoever can read the repository, or ever could, can read, change and delete what people uploaded.",
      remedy: [
        "Make new keys at the service and put them into the platform's dashboard; the old ones stay readable in the history.",
        "Take the file out of version control: `git rm --cached .env`, and add it to .gitignore. Commit a .env.example without values.",
      ],
    },
  },
  find: (app) => {
    const files = app.tree.paths.filter(
      (path) => /(?:^|\/)\.env(?:\.production|\.prod|\.local)?$/.test(path) && app.tree.isCommitted(path),
    );
    return files.flatMap((file) => {
      const secrets = (app.tree.read(file) ?? "").split(/\r?\n/).flatMap((text, index) => {
        const [, name = "", value = ""] = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*["']?([^"'#\s]*)/.exec(text) ?? [];
        return soundsSecret.test(name) && value.length >= 8 && !isPlaceholder.test(value) ? [{ name, line: index + 1 }] : [];
      });
      const [first] = secrets;
      if (first === undefined) return [];
      const shown = secrets.slice(0, 4).map(({ name }) => name);
      const variables = [...shown, ...(secrets.length > 4 ? [`${secrets.length - 4} more`] : [])].join(", ");
      return [{ at: { file, line: first.line }, because: [], details: detailsOf(app, { variables, path: file }) }];
    });
  },
  example: {
    fires: expressExample(folderRoute, { ".env": "PORT=3000\nCLOUD_API_SECRET=h7Gt2mQx9LpZ\n" }),
    silent: expressExample(folderRoute, { ".env": "PORT=3000\nCLOUD_API_SECRET=your-secret-here\n" }),
  },
};
