import { describe, expect, it } from "vitest";
import { noDeployment } from "../app-model/source-tree.fixture.js";
import type { AppModel } from "../app-model/model.js";
import { platformOf } from "../platforms/platforms.js";
import { firstAidFor } from "./first-aid.js";
import type { Verdict, Verdicts } from "./verdict.js";

const model: AppModel = { root: ".", service: undefined, deployment: noDeployment, readings: [] };

function lost(path: string | undefined, needsFirstAid = true): Verdict {
  const place = {
    label: "Photo.file",
    at: { file: "models.py", line: 1 },
    answer: "loses",
    asDeclared: "loses",
    storage: "ephemeral-disk",
    path,
    because: [],
    depends: [],
  } as const;
  return {
    answer: "loses",
    asDeclared: "loses",
    storage: "ephemeral-disk",
    because: [],
    depends: [],
    dependsOn: [],
    sinks: [place],
    notUnderstood: [],
    isPartial: false,
    isAsGiven: false,
    needsFirstAid,
  };
}

const verdicts = (path: string | undefined): Verdicts => ({ uploads: lost(path), database: lost(undefined, false) });
const commandsOn = (id: string, path: string | undefined): string =>
  (firstAidFor(model, platformOf(id), verdicts(path), "en")?.steps ?? []).flatMap(({ command }) => command ?? []).join("\n");

describe("first aid", () => {
  it("is given only where files can lie on the running disk", () => {
    const safe = { uploads: lost("media", false), database: lost("db.sqlite3", false) };
    expect(firstAidFor(model, platformOf("render"), safe, "en")).toBeUndefined();
    expect(firstAidFor(model, platformOf("render"), verdicts("media"), "en")?.warning).toContain("Save them first.");
  });

  it.each(["render", "fly", "railway", "container", "any"])("copies the folder out of the instance on %s, and touches nothing", (id) => {
    const commands = commandsOn(id, "media");
    expect(commands).toMatch(/tar czf .*\/media/);
    expect(commands).not.toMatch(/\b(?:deploy|restart|rm|up|redeploy|scale|release)\b/);
  });

  it("warns on Heroku that a first look into the dyno restarts it", () => {
    const aid = firstAidFor(model, platformOf("heroku"), verdicts("media"), "en");
    expect(aid?.steps.map(({ say }) => say).join(" ")).toContain("restarts its dynos, which deletes the files");
    expect(commandsOn("heroku", "media")).not.toContain("ps:exec");
  });

  it("says that the database is among what is deleted", () => {
    const aid = firstAidFor(model, platformOf("render"), { uploads: lost("media"), database: lost("db.sqlite3") }, "en");
    expect(aid?.warning).toContain("The database file is among them.");
    expect(JSON.stringify(aid)).toContain("/opt/render/project/src/db.sqlite3");
  });

  it.each(["media; rm -rf /", "$(id)", "`id`", "a\nb", 'a"b', "${MEDIA_ROOT}"])(
    "puts no path into a command that a shell would obey: %j",
    (path) => {
      const commands = commandsOn("render", path);
      expect(commands).not.toContain(path);
      expect(commands).toContain("/opt/render/project/src");
    },
  );

  it("takes the service's name into a command only where it is a name", () => {
    const service = { name: "web; id", platform: "container", kind: "web", at: { file: "compose.yaml", line: 1 }, root: "." } as const;
    const strange: AppModel = { ...model, service: { ...service, containerRoot: "/app", phases: [], variables: [], disks: [] } };
    const aid = firstAidFor(strange, platformOf("container"), verdicts("media"), "en");
    expect(JSON.stringify(aid)).toContain("docker exec CONTAINER tar");
  });
});
