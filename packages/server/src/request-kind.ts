/** What a request is about, in few words: a label of metrics may have a dozen values, never as many as there are files. */
export type RequestKind = "original" | "variant" | "initials" | "upload" | "api" | "health" | "metrics" | "page";

const healthPaths: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** Say what a request is about, by its method and its path without the query. */
export function kindOf(method: string, path: string, basePath: string): RequestKind {
  if (path === basePath || path === `${basePath}/`) return "upload";
  if (path.startsWith(`${basePath}/initials/`)) return "initials";
  if (path.startsWith(`${basePath}/`)) return path.split("/").length - basePath.split("/").length >= 3 ? "variant" : "original";
  if (path === "/api/v1/files" && method === "POST") return "upload";
  if (path.startsWith("/api/")) return "api";
  if (healthPaths.has(path)) return "health";
  return path === "/metrics" ? "metrics" : "page";
}

/** A path as it may stand in a log: a file's name is its owner's, and what a query holds may be a signature. */
export function pathForLog(path: string, basePath: string): string {
  return path.startsWith(`${basePath}/`) ? path.replace(/[^/]*$/, "…") : path;
}
