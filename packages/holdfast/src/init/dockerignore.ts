import type { Stack } from "./stack.js";

/** Write a `.dockerignore`: what is made, what is secret and what only developers need stays out of the image and of its cache. */
export function dockerignore(stack: Stack): string {
  const { kind } = stack;
  const common = [
    "# What is not sent to the build. Made by holdfast init.",
    ".git",
    ".github",
    ".gitignore",
    "**/.DS_Store",
    "",
    "# Secrets, and what lies about on a developer's machine",
    "**/.env",
    "**/.env.*",
    "!**/.env.example",
    "**/*.pem",
    "**/*.sqlite3",
    "**/*.db",
    "**/.holdfast",
    "**/coverage",
    "**/*.log",
    "",
    "# The image does not depend on its own recipe",
    "**/Dockerfile",
    "**/.dockerignore",
    "**/render.yaml",
    "",
  ];
  const own: readonly string[] =
    kind === "django"
      ? ["# Made by Python", "**/__pycache__", "**/*.pyc", "**/.venv", "**/venv", "**/.pytest_cache", "**/staticfiles"]
      : kind === "node"
        ? [
            "# Installed and built in the image",
            "**/node_modules",
            ...(stack.build === undefined ? [] : ["**/dist"]),
            "**/.next",
            "**/*.tsbuildinfo",
          ]
        : ["**/node_modules"];
  return `${[...common, ...own].join("\n")}\n`;
}
