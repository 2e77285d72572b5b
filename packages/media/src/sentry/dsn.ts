import { whyPastedWrongly } from "../env/pasted.js";

/** Where reports go. */
export interface Dsn {
  readonly url: string;
  readonly publicKey: string;
  readonly project: string;
}

/** Read a DSN, of Sentry or of whatever speaks like it: any host, any port, any path before the project. A text says what is wrong with it, and never quotes it. */
export function readDsn(text: string): Dsn | string {
  const pasted = whyPastedWrongly("SENTRY_DSN", text);
  if (pasted !== undefined) return `it ${pasted}`;
  if (!URL.canParse(text)) return "it is not a URL: copy it from the project's settings, Client Keys (DSN)";
  const { protocol, username, hostname, pathname, search, hash } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return `it begins with ${protocol}, not with https:`;
  if (username === "" || !/^\w+$/.test(username)) return "it has no public key before its @";
  const project = pathname.split("/").at(-1) ?? "";
  if (hostname === "" || !/^\d+$/.test(project)) return "it does not end with a project's number";
  if (search !== "" || hash !== "") return "it has something behind the project's number";
  return { url: text, publicKey: username, project };
}
