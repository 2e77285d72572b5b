import { describe, expect, it } from "vitest";
import { fullImageName, problemsOf } from "./answers.js";
import { usual } from "./sample-apps.fixture.js";

describe("the name of an image", () => {
  it.each([
    ["camille/shop", "docker.io/camille/shop"],
    ["docker.io/camille/shop", "docker.io/camille/shop"],
    ["GHCR.io/Camille/Shop", "ghcr.io/camille/shop"],
    ["https://registry.example.com/team/shop", "registry.example.com/team/shop"],
    ["localhost:5000/camille/shop", "localhost:5000/camille/shop"],
  ])("%s is %s in full", (text, full) => {
    expect(fullImageName(text)).toBe(full);
  });

  it.each(["shop", "camille/shop:latest", "docker.io/camille/shop@sha256:00", "camille/shop && rm", "camille/$(id)", "", "a b/c"])(
    "%j is none",
    (text) => {
      expect(fullImageName(text)).toBeUndefined();
    },
  );
});

describe("answers", () => {
  it("that do not go together are told of all at once", () => {
    expect(problemsOf(usual)).toEqual([]);
    expect(problemsOf({ ...usual, disk: "/var/data", registry: undefined })).toEqual([
      expect.stringContaining("A free service at Render has no disk"),
      expect.stringContaining("Say where the image is published"),
    ]);
    expect(problemsOf({ ...usual, platform: "other", deploy: "git" })).toEqual([expect.stringContaining("Only Render")]);
  });

  it.each(["/", "/etc", "/opt/render/project/src/", "data", "/var/../etc", "/data # x", "/data\n- x"])(
    "no disk is mounted at %s",
    (disk) => {
      expect(problemsOf({ ...usual, plan: "starter", disk })).toEqual([expect.stringContaining("No disk can be mounted")]);
    },
  );
});
