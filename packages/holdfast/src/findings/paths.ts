import { posix } from "node:path";
import type { AppReport } from "./report.js";

/**
 * The path of a file as tools that look from the working directory need it: below the examined folder where that lies in the
 * working directory; an absolute folder is left as it is.
 */
export function pathFromHere(app: AppReport, file: string): string {
  const folder = app.directory.replaceAll("\\", "/");
  return posix.join(folder, file);
}

/** An app for people: its folder, with the app's own root where it is deeper. */
export function nameOfApp(app: AppReport): string {
  return app.root === "." ? app.directory : posix.join(app.directory.replaceAll("\\", "/"), app.root);
}
