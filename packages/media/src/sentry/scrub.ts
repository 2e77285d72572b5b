import type { Environment } from "../env/platform.js";

/** Takes out of texts what must not leave the app. */
export interface Scrubber {
  /** For sentences: secrets, e-mails, addresses, and what was quoted, which is people's own: file names, keys of objects, values. */
  words(text: string): string;
  /** For lines of source code, whose strings are the app's own: secrets only. */
  code(line: string): string;
}

const secretName =
  /SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|(?:^|_)PASS$|(?:^|_)KEYS?$|KEY_ID|APIKEY|API_KEY|ACCESS_KEY|APPLICATION_KEY|PRIVATE|CREDENTIAL|SIGNING|SALT$|DSN$/i;
/** Shorter ones are words too, and would be taken out of everything. */
const leastSecret = 6;
const maxRead = 100_000;
/** Patterns are tried on so much: what more there is was cut off at a space, lest half a secret be left that none of them knows. */
const maxMatched = 4000;
const maxWritten = 2000;

/** What ends the names of files that people have. Names of modules tell where something failed, and stay. */
const fileEndings =
  "jpe?g|jpe|png|gif|webp|avif|hei[cf]|tiff?|bmp|svg|ico|pdf|docx?|xlsx?|pptx?|od[tsp]|rtf|txt|csv|md|zip|rar|7z|gz|mp[34]|m4[av]|mov|avi|mkv|webm|wav|ogg|flac";

/** Secrets of any app, by their looks. */
const secretPatterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|$)/g, "[secret]"],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s"'`<>]*@/gi, "$1[secret]@"],
  [/([^\s?"'`])\?[^\s"'`<>()?]*=[^\s"'`<>()]*/g, "$1?[query]"],
  [/\b((?:proxy-)?authorization|(?:set-)?cookie)\b(["']?\s*[:=]\s*)[^\n]+/gi, "$1$2[secret]"],
  [
    /\b((?:x-)?(?:api|access|secret|private|signing)[-_ ]?key(?:[-_ ]?id)?|[\w-]*(?:token|secret|passw(?:or)?d|passwd|pwd|signature|credential|csrf)|session(?:[-_]?id)?|sig)\b(["'`]?\s*[:=]\s*)(?:"[^"\n]*"|'[^'\n]*'|[^\s,;&)}\]]+)/gi,
    "$1$2[secret]",
  ],
  [/\b(bearer|basic|digest|AWS4-HMAC-SHA256)\s+[\w.~+/=-]{6,}/gi, "$1 [secret]"],
  [/\beyJ[\w-]+(?:\.[\w-]*){1,4}/g, "[secret]"],
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, "[secret]"],
  [/\b(?:[srp]k_(?:live|test)|gh[opsur]|github_pat|xox[a-z]|rnd|sntry[a-z]|npm|dckr_pat|glpat|hvs)[-_][\w-]{10,}/g, "[secret]"],
];

/** Make a scrubber that knows the secrets in the environment, and those that are given, however they are written. */
export function createScrubber(env: Environment, more: readonly string[] = []): Scrubber {
  const secrets = [...new Set([...secretsIn(env), ...more.flatMap(spellings)])].toSorted((a, b) => b.length - a.length);
  const code = (line: string): string => {
    let text = line.slice(0, maxRead);
    for (const secret of secrets) text = text.replaceAll(secret, "[secret]");
    if (text.length > maxMatched) text = text.slice(0, maxMatched).replace(/\S{1,4000}$/, "…");
    for (const [pattern, instead] of secretPatterns) text = text.replace(pattern, instead);
    return text.replace(/[\w+/=-]{32,}/g, (long) => (isRandom(long) ? "[secret]" : long));
  };
  return {
    code: (line) => code(line).slice(0, maxWritten),
    words: (text) => withoutPeople(code(text)).slice(0, maxWritten),
  };
}

/** A text of 32 characters with letters and digits, and no folder's slashes at a path's distances, was drawn by chance. */
function isRandom(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text) && !/\/node_modules\/|^\/(?:app|home|opt|srv|usr|var)\//.test(text);
}

const inBrackets = new RegExp(`\\([^()\\n]{1,300}\\.(?:${fileEndings})\\)`, "giu");
const fileName = new RegExp(`[^\\s"'\`/\\\\<>|:()\\[\\]]+\\.(?:${fileEndings})\\b`, "giu");

const quotes: readonly RegExp[] = [
  /"((?:[^"\\\n]|\\.){0,2000})"/g,
  /(?<![\p{L}\p{N}_])'([^\n]{0,2000}?)'(?![\p{L}\p{N}_])/gu,
  /`([^`\n]{0,2000})`/g,
  /“([^”\n]{0,2000})”/g,
  /«([^»\n]{0,2000})»/g,
];

function withoutPeople(given: string): string {
  let text = given;
  for (const pattern of quotes) {
    // What is quoted is somebody's, unless it is the name of a thing in a program.
    text = text.replace(pattern, (all: string, inner: string) =>
      /^[A-Za-z_$][\w$]{0,62}$/.test(inner) || inner === "" || /^\[\w+\]$/.test(inner) ? all : `${all.charAt(0)}…${all.slice(-1)}`,
    );
  }
  return text
    .replace(/[^\s@"'<>(),;:=[\]]{1,100}(?:@|%40)[^\s@"'<>(),;:[\]]{1,200}\.[^\s@"'<>(),;:[\]]+/gu, "[e-mail]")
    .replace(/\b(https?:\/\/[^\s/"'<>]+)\/[^\s"'<>]+/gi, "$1/…")
    .replace(/(?<![\w:.…/])(?:[A-Za-z]:)?[\\/]?(?:[\p{L}\p{N}_%.~+@=-]+[\\/])+[\p{L}\p{N}_%.~+@=-]*/gu, (path) =>
      isOfProgram(path) ? path.replace(/^.*[\\/](?=node_modules[\\/])/, "") : "[path]",
    )
    .replace(inBrackets, "([file])")
    .replace(fileName, "[file]")
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, (address) => (isPrivate(address) ? address : "[address]"))
    .replace(/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4})*(?![\w:])/gi, "[address]");
}

/** A module's path, or a short type such as `image/webp`. */
function isOfProgram(path: string): boolean {
  return /\.(?:[cm]?[jt]sx?|node|json|wasm|so)$/.test(path) || /^(?:image|text|application|video|audio|multipart)\/[\w.+-]+$/.test(path);
}

function isPrivate(address: string): boolean {
  return /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address);
}

function secretsIn(env: Environment): readonly string[] {
  return Object.entries(env).flatMap(([name, value = ""]) => {
    const parts = [...value.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/([^\s"'<>]*)@/gi)].flatMap(([, login = ""]) => {
      const colon = login.indexOf(":");
      return colon === -1 ? [login] : [login.slice(colon + 1)];
    });
    return [...(secretName.test(name) ? [value] : []), ...parts].flatMap(spellings);
  });
}

/** A secret as it may be met: as it is, percent-encoded, decoded, in JSON, in base64. */
function spellings(secret: string): readonly string[] {
  const plain = secret.trim();
  if (plain.length < leastSecret || /^(?:true|false|production|development|localhost|\d{1,8})$/i.test(plain)) return [];
  const all = [
    plain,
    encodeURIComponent(plain),
    JSON.stringify(plain).slice(1, -1),
    Buffer.from(plain).toString("base64").replace(/=+$/, ""),
  ];
  try {
    all.push(decodeURIComponent(plain));
  } catch {
    // It has a percent sign of its own.
  }
  return all.filter((text) => text.length >= leastSecret);
}

/** A path as it may be told: the words that a program has in its routes. Ids, names and whatever else is a visitor's are left out. */
export function routeOf(path: string): string {
  const parts = (path.split(/[?#]/, 1)[0] ?? "").split("/").slice(0, 12);
  return parts.map((part) => (part === "" || /^(?:[a-z]{1,24}(?:-[a-z]{1,24}){0,3}|v\d{1,2})$/.test(part) ? part : "…")).join("/");
}
