import { posix } from "node:path";
import type { AppModel } from "../app-model/model.js";
import type { FirstAid } from "../findings/report.js";
import type { Platform } from "../platforms/platform.js";
import type { Language } from "./language.js";
import { verdictWords } from "./verdict-words.js";
import type { Verdicts } from "./verdict.js";

/**
 * Say how to save what is on the running disk, before any advice that leads to a deploy. Undefined where nothing can be there.
 * The commands copy only: none of them deploys or restarts.
 */
export function firstAidFor(model: AppModel, platform: Platform, verdicts: Verdicts, language: Language): FirstAid | undefined {
  const { uploads, database } = verdicts;
  if (!uploads.needsFirstAid && !database.needsFirstAid) return undefined;
  const words = verdictWords[language].firstAid;
  const isCertain = [uploads, database].some((verdict) => verdict.needsFirstAid && verdict.answer === "loses");
  const named = platform.id === "any" ? "" : platform.title;
  const warning = isCertain ? words.warning(named) : words.warningIfDepends(named);
  const folders = foldersOf(model, platform, verdicts);
  const { shell, site } = commandsFor(platform.id, model.service?.name ?? "SERVICE", folders);
  const steps: FirstAid["steps"][number][] = [];
  if (shell !== undefined) steps.push({ say: words.steps.shell, command: shell });
  if (uploads.needsFirstAid) {
    steps.push({ say: platform.id === "heroku" ? words.steps.herokuFirst : words.steps.site, command: site });
  }
  const whole = database.needsFirstAid ? `${warning} ${words.database}` : warning;
  return { warning: whole, steps: [...steps, { say: words.steps.check, command: undefined }] };
}

/** The folders to copy, as the container sees them; at most two, each without what a shell would obey. */
function foldersOf(model: AppModel, platform: Platform, { uploads, database }: Verdicts): readonly string[] {
  const root = model.service?.containerRoot ?? platform.containerRoot ?? "/app";
  const places = [...(uploads.needsFirstAid ? uploads.sinks : []), ...(database.needsFirstAid ? database.sinks : [])];
  const paths = places.flatMap(({ path, answer }) =>
    path !== undefined && (answer === "loses" || answer === "depends") && /^[\w./@-]+$/.test(path)
      ? [posix.join(path.startsWith("/") ? "/" : root, path)]
      : [],
  );
  const distinct = [...new Set(paths)];
  return distinct.length === 0 ? [root] : distinct.slice(0, 2);
}

interface Commands {
  readonly shell: string | undefined;
  readonly site: string;
}

function commandsFor(platform: string, service: string, folders: readonly string[]): Commands {
  const site = "curl -fO https://your-app.example/PATH-OF-A-PICTURE";
  const tar = `tar czf - ${folders.join(" ")}`;
  switch (platform) {
    case "render":
      return { shell: `ssh YOUR-SERVICE@ssh.YOUR-REGION.render.com "${tar}" > saved.tgz`, site };
    case "fly":
      return {
        shell: `fly ssh console -C "tar czf /tmp/saved.tgz ${folders.join(" ")}" && fly ssh sftp get /tmp/saved.tgz saved.tgz`,
        site,
      };
    case "railway":
      return { shell: `railway ssh "${tar} | base64" | base64 -d > saved.tgz`, site };
    case "heroku":
      return { shell: undefined, site };
    case "kamal":
      return { shell: `kamal app exec --reuse "${tar}" > saved.tgz`, site };
    case "container":
    case "coolify":
      return { shell: `docker exec ${/^[\w.-]+$/.test(service) ? service : "CONTAINER"} ${tar} > saved.tgz`, site };
    default:
      return { shell: `${tar} > saved.tgz`, site };
  }
}
