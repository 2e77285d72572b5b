import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow, root } from "./workspace.js";

const schemas = filesBelow("examples", (path) => path.endsWith("/holdfast.yaml"));

describe("the environments of the examples", () => {
  it("are said in a holdfast.yaml", () => {
    expect(schemas).toContain(join("examples", "articles", "holdfast.yaml"));
  });

  it.each(schemas)("are read and exemplified as %s says", (path) => {
    for (const what of ["types", "example"]) {
      const program = join(root, "packages/holdfast/dist/bin.js");
      const { status, stderr } = spawnSync(process.execPath, [program, "env", what, "--check"], {
        cwd: join(root, dirname(path)),
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining("is up to date") });
    }
  });
});
