import type { NodeStack } from "./stack.js";

/** Versions of package managers that are taken where `packageManager` says none. */
const usualVersions = { pnpm: "10.34.8", yarn: "1.22.22", "yarn-berry": "4.18.1" } as const;

/** The command that installs the package manager itself, where Node does not bring it along. */
export function managerInstall({ manager, managerVersion }: NodeStack): string | undefined {
  if (manager === "npm") return undefined;
  const name = manager === "yarn-berry" ? "@yarnpkg/cli-dist" : manager;
  return `npm install --global --force --no-audit --no-fund ${name}@${managerVersion ?? usualVersions[manager]}`;
}

/** The command that installs what an app is built and checked with, exactly as its lock file says. */
export function nodeInstall({ manager, workspace, isLocked }: NodeStack): string {
  const names = workspace === undefined ? [] : [...workspace.needs, workspace.app].map(({ name }) => name);
  switch (manager) {
    case "npm":
      return [
        isLocked ? "npm ci" : "npm install",
        ...(names.length === 0 ? [] : ["--include-workspace-root", ...names.map((name) => `-w ${name}`)]),
      ].join(" ");
    case "pnpm":
      return `pnpm install --frozen-lockfile${workspace === undefined ? "" : ` --filter "${workspace.app.name}..." --filter "{.}"`}`;
    case "yarn":
      return "yarn install --frozen-lockfile";
    case "yarn-berry":
      return "yarn install --immutable";
  }
}
