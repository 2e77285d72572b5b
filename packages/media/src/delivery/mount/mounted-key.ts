import { originalOfManifest, ownPrefixes } from "../../catalogue/layout.js";
import { isKey, type Key } from "../../storage/key.js";

/** The folder of what a storage notes about itself. */
const storagesOwn = ".holdfast/";

/**
 * Find the keys that a path below a mount may mean: the path as it stands, each segment decoded once, then in the two spellings that
 * Unicode has for accented letters, for systems do not agree on them. None where the path is no key: it would leave the prefix, hides
 * a slash, a backslash or a control character in its encoding, or is not UTF-8. None either for files whose name begins with a dot,
 * and for what is Holdfast's own, unless just that is mounted; manifests never are.
 */
export function mountedKeys(path: string, prefix: string): readonly Key[] {
  const segments = path.split("/").map(decodeOnce);
  if (!segments.every((segment): segment is string => segment !== undefined && isFileName(segment))) return [];
  const below = segments.join("/");
  return [...new Set([below, below.normalize("NFC"), below.normalize("NFD")])]
    .map((spelling) => `${prefix}${spelling}`)
    .filter(isKey)
    .filter((key) => !isOurs(key, prefix));
}

/** The prefix as keys begin with it: empty, or with a slash at its end. Undefined where no key can begin with it. */
export function readPrefix(prefix: string): string | undefined {
  const withSlash = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  return isKey(`${withSlash}x`) ? withSlash : undefined;
}

function decodeOnce(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Dots at its beginning are `.` and `..`, and what servers keep to themselves: `.env`, `.git`, `.htaccess`. */
function isFileName(segment: string): boolean {
  return segment !== "" && !segment.startsWith(".") && !/[/\\\u0000-\u001f\u007f-\u009f]/.test(segment);
}

function isOurs(key: Key, prefix: string): boolean {
  // On a disk that does not tell capitals from small letters these are the same folder.
  const folded = key.normalize("NFC").toLowerCase();
  if (originalOfManifest(folded as Key) !== undefined) return true;
  return [...ownPrefixes, storagesOwn].some((own) => folded.startsWith(own) && !prefix.startsWith(own));
}
