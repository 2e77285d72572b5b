import { describe, expect, it } from "vitest";
import { app, cloud, disk, leads, mounted, service, variable } from "./model.fixture.js";
import { judge } from "./judge.js";
import { nothingGiven } from "./verdict.js";

const set = (name: string) => ({ kind: "set", name }) as const;
const isValue = (name: string, value: string, ifUnset?: string) =>
  ({ kind: "equals", name, values: [value], ...(ifUnset === undefined ? {} : { ifUnset }) }) as const;

describe("a verdict", () => {
  it("keeps what goes to a service, whatever the variables are", () => {
    const { uploads } = judge(app([[leads(cloud)]]));
    expect(uploads).toMatchObject({ answer: "keeps", asDeclared: "keeps", storage: "cloudinary", depends: [], needsFirstAid: false });
  });

  it("loses what lies on the instance's own disk, says which line writes it and which file names the platform", () => {
    const { uploads } = judge(app([[leads(disk("media"))]]));
    expect(uploads).toMatchObject({ answer: "loses", storage: "ephemeral-disk", needsFirstAid: true });
    expect(uploads.because.map(({ file, line }) => `${file}:${line}`)).toEqual(["app.py:7", "render.yaml:2"]);
    expect(uploads.because[1]?.why).toContain("every deploy, restart and idle spin-down");
  });

  it("takes the disk for temporary where no platform is named", () => {
    expect(judge(app([[leads(disk("/data/uploads"))]], { service: undefined })).uploads.answer).toBe("loses");
  });

  it("depends where a variable that nothing declares decides, and says what it is as declared", () => {
    const { uploads } = judge(app([[leads(cloud, set("CLOUDINARY_URL")), leads(disk("media"))]]));
    expect(uploads).toMatchObject({ answer: "depends", asDeclared: "loses", dependsOn: ["CLOUDINARY_URL"], needsFirstAid: true });
    expect(uploads.depends).toEqual([
      { when: { CLOUDINARY_URL: "set" }, answer: "keeps", storage: "cloudinary" },
      { when: { CLOUDINARY_URL: "unset" }, answer: "loses", storage: "ephemeral-disk" },
    ]);
  });

  it("depends on what is asked for, and keeps as declared", () => {
    const asked = service({ variables: [variable("CLOUDINARY_URL")] });
    const { uploads } = judge(app([[leads(cloud, set("CLOUDINARY_URL")), leads(disk("media"))]], { service: asked }));
    expect(uploads).toMatchObject({ answer: "depends", asDeclared: "keeps" });
  });

  it("is decided by a variable that is declared with its value", () => {
    const table = [leads(cloud, isValue("USE_S3", "True")), leads(disk("media"))];
    const on = service({ variables: [variable("USE_S3", "True")] });
    const off = service({ variables: [variable("USE_S3", "False")] });
    expect(judge(app([table], { service: on })).uploads.answer).toBe("keeps");
    expect(judge(app([table], { service: off })).uploads.answer).toBe("loses");
  });

  it("is decided by what the person gives, and says so", () => {
    const model = app([[leads(cloud, set("CLOUDINARY_URL")), leads(disk("media"))]]);
    const given = judge(model, { ...nothingGiven, variables: [variable("CLOUDINARY_URL")] });
    expect(given.uploads).toMatchObject({ answer: "keeps", isAsGiven: true, dependsOn: ["CLOUDINARY_URL"] });
    const value = judge(model, { ...nothingGiven, variables: [variable("CLOUDINARY_URL", "")] });
    expect(value.uploads.answer).toBe("loses");
  });

  it("does not depend on what somebody would have to set against a default that keeps", () => {
    const table = [leads(disk("media"), isValue("STORAGE", "local", "s3")), leads(cloud)];
    expect(judge(app([table])).uploads.answer).toBe("keeps");
    const declared = service({ variables: [variable("STORAGE", "local")] });
    expect(judge(app([table], { service: declared })).uploads.answer).toBe("loses");
  });

  it("is the worst of its places, under the same variables", () => {
    const first = [leads(cloud, set("KEY")), leads(disk("media"))];
    const second = [leads(disk("media"), set("KEY")), leads(cloud)];
    const { uploads } = judge(app([first, second]));
    expect(uploads.sinks.map(({ answer }) => answer)).toEqual(["depends", "depends"]);
    expect(uploads.answer).toBe("loses");
    const mixed = judge(app([[leads(cloud)], [leads(disk("media"))]])).uploads;
    expect(mixed).toMatchObject({ answer: "loses", isPartial: true });
  });

  it("says where nothing is kept, and keeps where the code fails rather than lose", () => {
    expect(judge(app([])).uploads.answer).toBe("none");
    expect(judge(app([[leads({ kind: "passing" })]])).uploads.answer).toBe("none");
    expect(judge(app([[leads(cloud, set("KEY")), leads({ kind: "fails" })]])).uploads.answer).toBe("keeps");
  });

  it("loses where the only other way is to fail", () => {
    expect(judge(app([[leads(disk("media"), set("KEY")), leads({ kind: "fails" })]])).uploads.answer).toBe("loses");
  });

  it("loses where the only default is to fail", () => {
    const table = [leads(disk("media"), isValue("STORAGE", "local")), leads({ kind: "fails" })];
    expect(judge(app([table])).uploads.answer).toBe("loses");
  });

  it("is never all clear on doubt", () => {
    const doubt = { notUnderstood: [{ file: "app.py", line: 3, why: "a storage class that was not found" }] };
    expect(judge(app([[leads(cloud)]], { reading: doubt })).uploads.answer).toBe("unknown");
    expect(judge(app([], { reading: doubt })).uploads.answer).toBe("unknown");
    expect(judge(app([[leads(disk("media"))]], { reading: doubt })).uploads.answer).toBe("loses");
    expect(judge({ ...app([]), readings: [] }).uploads.answer).toBe("unknown");
  });

  it("does not know where a test that it cannot read decides between keeping and losing", () => {
    const table = [leads(cloud, { kind: "unknown", what: "whether the bucket answers" }), leads(disk("media"))];
    const { uploads } = judge(app([table]));
    expect(uploads.answer).toBe("unknown");
    expect(uploads.notUnderstood.map(({ why }) => why)).toEqual(["whether the bucket answers"]);
  });

  it("ends with many variables, and loses nothing by it", () => {
    const names = Array.from({ length: 40 }, (_, index) => `KEY_${index}`);
    const table = [
      leads(cloud, { kind: "any", of: names.map((name) => ({ kind: "all", of: [set(name), set(`${name}_B`)] })) }),
      leads(disk("m")),
    ];
    expect(["depends", "unknown"]).toContain(judge(app([table])).uploads.answer);
  });
});

describe("a disk that lasts", () => {
  const onDisk = service({ disks: [mounted("/var/data")] });

  it("keeps what is written below its mount", () => {
    const { uploads } = judge(app([[leads(disk("/var/data/uploads"))]], { service: onDisk }));
    expect(uploads).toMatchObject({ answer: "keeps", storage: "disk" });
    expect(uploads.because.at(-1)).toMatchObject({ file: "render.yaml", line: 12 });
  });

  it("keeps nothing beside it: a folder of a like name, a path in the app's own folder", () => {
    expect(judge(app([[leads(disk("/var/database"))]], { service: onDisk })).uploads.answer).toBe("loses");
    expect(judge(app([[leads(disk("media"))]], { service: onDisk })).uploads.answer).toBe("loses");
    expect(judge(app([[leads(disk("/var/data/../media"))]], { service: onDisk })).uploads.answer).toBe("loses");
  });

  it("is found through the app's folder in the container", () => {
    const inside = service({ disks: [mounted("/opt/render/project/src/media")] });
    expect(judge(app([[leads(disk("media/photos"))]], { service: inside })).uploads.answer).toBe("keeps");
  });

  it("is found through links that the image is built with", () => {
    const linked = service({ disks: [mounted("/data")], containerRoot: "/app", links: [{ from: "/app/uploads", to: "/data/uploads" }] });
    expect(judge(app([[leads(disk("uploads"))]], { service: linked })).uploads.answer).toBe("keeps");
    const loop = service({ disks: [mounted("/data")], containerRoot: "/app", links: [{ from: "/app/a", to: "/app/a/b" }] });
    expect(judge(app([[leads(disk("a"))]], { service: loop })).uploads.answer).toBe("loses");
  });

  it("does not cover a path that could not be told, and says so", () => {
    expect(judge(app([[leads(disk(undefined))]], { service: onDisk })).uploads.answer).toBe("unknown");
    expect(judge(app([[leads(disk(undefined))]])).uploads.answer).toBe("loses");
  });

  it("joins the variable that holds the path", () => {
    const table = [leads(disk("${UPLOAD_FOLDER:-media}/photos"))];
    const kept = service({ disks: [mounted("/var/data")], variables: [variable("UPLOAD_FOLDER", "/var/data/uploads")] });
    const lost = service({ variables: [variable("UPLOAD_FOLDER", "/var/data/uploads")] });
    expect(judge(app([table], { service: kept })).uploads.answer).toBe("keeps");
    expect(judge(app([table], { service: lost })).uploads.answer).toBe("loses");
    const open = judge(app([table])).uploads;
    expect(open).toMatchObject({ answer: "depends", asDeclared: "loses", dependsOn: ["UPLOAD_FOLDER"] });
    const heroku = service({ platform: "heroku", containerRoot: "/app" });
    expect(judge(app([table], { service: heroku })).uploads.answer).toBe("loses");
  });

  it("is asked for by a condition", () => {
    const table = [leads(disk("/data"), { kind: "disk", path: "/data" }), leads(cloud)];
    expect(judge(app([table], { service: service({ disks: [mounted("/data")] }) })).uploads).toMatchObject({
      answer: "keeps",
      storage: "disk",
    });
    expect(judge(app([table])).uploads).toMatchObject({ answer: "keeps", storage: "cloudinary" });
  });
});

describe("a platform", () => {
  it("sets its own variables, and not those of others", () => {
    const table = [leads(cloud, set("RENDER")), leads(disk("media"))];
    expect(judge(app([table])).uploads.answer).toBe("keeps");
    expect(judge(app([table], { service: service({ platform: "heroku" }) })).uploads.answer).toBe("loses");
    expect(judge(app([table], { service: undefined })).uploads.answer).toBe("depends");
  });

  it("is the one that is named where no service runs the app, unless it is one for pages", () => {
    const table = [leads(cloud, set("RENDER")), leads(disk("media"))];
    const named = (...platforms: string[]) => judge(app([table], { service: undefined, deployment: { platforms } })).uploads;
    expect(named("render", "vercel").answer).toBe("keeps");
    expect(named("heroku").answer).toBe("loses");
    expect(named("render", "railway").answer).toBe("depends");
    expect(named("vercel")).toMatchObject({ answer: "depends", storage: "ephemeral-disk" });
  });

  it("tells where its volume is mounted only with a volume", () => {
    const railway = service({ platform: "railway", containerRoot: "/app" });
    const table = [leads(disk("${RAILWAY_VOLUME_MOUNT_PATH}/u"), set("RAILWAY_VOLUME_MOUNT_PATH")), leads(disk("uploads"))];
    const { uploads } = judge(app([table], { service: railway }));
    expect(uploads).toMatchObject({ answer: "depends", asDeclared: "loses" });
    expect(uploads.depends[0]).toEqual({ when: { RAILWAY_VOLUME_MOUNT_PATH: "set" }, answer: "keeps", storage: "disk" });
  });

  it("refuses what is written to a disk that is read-only, outside the temporary folder", () => {
    const vercel = service({ platform: "vercel", containerRoot: "/var/task" });
    const refused = judge(app([[leads(disk("public/uploads"))]], { service: vercel })).uploads;
    expect(refused).toMatchObject({ answer: "loses", asDeclared: "rejected", storage: "read-only-disk", needsFirstAid: false });
    expect(judge(app([[leads(disk("/tmp/uploads"))]], { service: vercel })).uploads.asDeclared).toBe("loses");
  });
});

describe("the database", () => {
  it("is judged by itself", () => {
    const databases = [{ label: "default", at: { file: "app.py", line: 2 }, outcomes: [leads(disk("db.sqlite3"))] }];
    const verdicts = judge(app([[leads(cloud)]], { reading: { databases } }));
    expect(verdicts.uploads.answer).toBe("keeps");
    expect(verdicts.database).toMatchObject({ answer: "loses", needsFirstAid: true });
  });

  const atAddress = (more: Parameters<typeof app>[1]) => {
    const server = leads({ kind: "database", engine: "postgres", address: "DATABASE_URL" }, set("DATABASE_URL"));
    const databases = [{ label: "default", at: { file: "app.py", line: 2 }, outcomes: [server, leads(disk("db.sqlite3"))] }];
    return judge(app([], { ...more, reading: { databases } })).database;
  };

  it("is a file where the variable with its address is declared to name one", () => {
    const declared = (value: string) => atAddress({ service: service({ variables: [variable("DATABASE_URL", value)] }) });
    expect(declared("sqlite:///db.sqlite3")).toMatchObject({ answer: "loses" });
    expect(declared("sqlite:///db.sqlite3").because[0]?.why).toBe("DATABASE_URL holds the address of a file");
    expect(declared("postgres://db/app").answer).toBe("keeps");
  });

  it("depends where only the .env beside the code names a file: what the platform sets wins over it", () => {
    const dotenv = [{ ...variable("DATABASE_URL", "sqlite:///db.sqlite3"), file: ".env" }];
    expect(atAddress({ deployment: { dotenv } })).toMatchObject({
      answer: "depends",
      asDeclared: "loses",
      dependsOn: ["DATABASE_URL"],
      depends: [
        { when: { DATABASE_URL: "set" }, answer: "keeps" },
        { when: { DATABASE_URL: "unset" }, answer: "loses" },
      ],
    });
  });
});
