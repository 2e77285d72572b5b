import { describe, expect, it } from "vitest";
import { treeOf } from "../source-tree.fixture.js";
import { readKamal } from "./kamal.js";

const deploy = `
service: meadow
image: someone/meadow
servers:
  web:
    - 192.0.2.1
  job:
    hosts: [192.0.2.1]
    cmd: bin/jobs
env:
  secret:
    - RAILS_MASTER_KEY
    - DATABASE_URL:MEADOW_DATABASE_URL
  clear:
    SOLID_QUEUE_IN_PUMA: true
    HOST: <%= ENV["HOST"] %>
volumes:
  - "meadow_storage:/rails/storage"
`;

describe("config/deploy.yml of Kamal", () => {
  it("names the services, their variables and the volumes that last", () => {
    const [web, job] = readKamal(treeOf({ "config/deploy.yml": deploy }), ".", "/rails");
    expect(web).toMatchObject({ name: "meadow", platform: "kamal", kind: "web", root: ".", containerRoot: "/rails" });
    expect(web?.disks).toEqual([{ mountPath: "/rails/storage", file: "config/deploy.yml", line: 17 }]);
    expect(web?.variables.map(({ name, declared }) => [name, declared])).toEqual([
      ["SOLID_QUEUE_IN_PUMA", { kind: "value", value: "true" }],
      ["HOST", { kind: "asked" }],
      ["RAILS_MASTER_KEY", { kind: "asked" }],
      ["DATABASE_URL", { kind: "asked" }],
    ]);
    expect(job).toMatchObject({ name: "meadow-job", kind: "worker" });
  });

  it("takes what the destination for production adds", () => {
    const tree = treeOf({ "config/deploy.yml": deploy, "config/deploy.production.yml": "env:\n  clear:\n    RAILS_ENV: production\n" });
    expect(readKamal(tree, ".", undefined)[0]?.variables.map(({ name }) => name)).toContain("RAILS_ENV");
  });

  it("is not looked for in a file of another tool by the same name", () => {
    expect(readKamal(treeOf({ "config/deploy.yml": "steps: [build, ship]\n" }), ".", undefined)).toEqual([]);
    expect(readKamal(treeOf({}), ".", undefined)).toEqual([]);
  });
});
