import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findRepository, repositoryName } from "./git-repository.js";

const base = mkdtempSync(join(tmpdir(), "holdfast-git-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function git(cwd: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@t.example"];
  execFileSync("git", [...identity, ...args], { cwd, stdio: "ignore" });
}

describe("the repository around a folder", () => {
  const main = join(base, "main");
  mkdirSync(join(main, "api/src"), { recursive: true });
  git(main, "init");
  git(main, "remote", "add", "origin", "git@github.com:Owner/Shop.git");
  git(main, "remote", "add", "fork", "https://token@github.com/Other/shop");

  it("is found from a folder in it, with its remotes", () => {
    expect(findRepository(join(main, "api"))).toEqual({ remotes: ["github.com/owner/shop", "github.com/other/shop"], path: "api" });
    expect(findRepository(main)?.path).toBe(".");
  });

  it("is found from a work tree, whose .git is a file", () => {
    git(main, "commit", "--allow-empty", "-m", "x");
    git(main, "worktree", "add", join(base, "tree"));
    expect(findRepository(join(base, "tree"))).toEqual({ remotes: ["github.com/owner/shop", "github.com/other/shop"], path: "." });
  });

  it("is not invented", () => {
    expect(findRepository(join(base, "none"))).toBeUndefined();
  });
});

describe("a repository's name", () => {
  it.each([
    "git@github.com:Owner/shop.git",
    "https://github.com/owner/shop",
    "https://me:token@github.com/Owner/shop.git/",
    "ssh://git@github.com:22/owner/shop.git",
    "github.com:owner/shop",
  ])("is the same for %s", (url) => {
    expect(repositoryName(url)).toBe("github.com/owner/shop");
  });

  it.each(["", "/srv/git/shop.git", "../shop", "https://github.com/"])("is none for %j", (url) => {
    expect(repositoryName(url)).toBeUndefined();
  });
});
