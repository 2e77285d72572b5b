/** The absolute http(s) URL of a picture. Only `parsePictureUrl` makes one. */
export type PictureUrl = string & { readonly __brand: "PictureUrl" };

/** Either the URL, or the sentence that says why it is none. */
export type ParsedPictureUrl = { readonly url: PictureUrl } | { readonly problem: string };

/** Validate what a person typed as a picture's URL; the fragment, which no server sees, is dropped. */
export function parsePictureUrl(text: string): ParsedPictureUrl {
  const trimmed = text.trim();
  if (trimmed === "") return { problem: "An empty text is no URL." };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) {
    const scheme = /^(localhost|127\.|\[::1\])/.test(trimmed) ? "http" : "https";
    const completed = `${scheme}://${trimmed.replace(/^\/+/, "")}`;
    const isLikely = !trimmed.startsWith("/") && URL.canParse(completed);
    const hint = isLikely ? ` Did you mean ${maskUrl(completed)}?` : " Give the whole address, beginning with https://";
    return { problem: `"${mask(trimmed)}" has no scheme.${hint}` };
  }
  if (!URL.canParse(trimmed)) return { problem: `"${mask(trimmed)}" is not a URL.` };
  const url = new URL(trimmed);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return { problem: `"${mask(trimmed)}" begins with ${url.protocol}//, and only https:// and http:// can be looked at.` };
  }
  url.hash = "";
  return { url: url.href as PictureUrl };
}

/** Names of query parameters whose values let the reader in: signatures of S3, Azure, Cloudinary, tokens and keys. */
const secretName = /sig|token|key|secret|auth|pass|pwd|cred|session|jwt|hmac|hash|policy|code|ticket/i;
/** Longer values are no width, format or version; nobody misses them in a terminal. */
const longestShownValue = 24;

/** Write a URL for people: user name, password and query values that may be secret become `***`. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return mask(text);
  const url = new URL(text);
  const user = url.username === "" && url.password === "" ? "" : "***@";
  return `${url.protocol}//${user}${url.host}${url.pathname}${maskQuery(url.search)}`;
}

function maskQuery(search: string): string {
  return search.replace(/([?&])([^=&]*)=([^&]*)/g, (_, separator: string, name: string, value: string) => {
    const isSecret = value !== "" && (secretName.test(name) || value.length > longestShownValue);
    return `${separator}${name}=${isSecret ? "***" : value}`;
  });
}

/** The same for what is no URL. */
function mask(text: string): string {
  const [path = "", ...query] = text.split("?");
  const shown = query.length === 0 ? path : `${path}${maskQuery(`?${query.join("?")}`)}`;
  return shown.replace(/\/\/[^/@]*@/, "//***@").replace(/[\u0000-\u001f\u007f-\u009f]/g, "\uFFFD");
}
