import type { CorsRule } from "./driver.js";

/** The id of the rule that is ours in a bucket; it is the only one that is ever changed. */
const ownId = "holdfast-uploads";
/** A form that is posted, and the picture read back. */
const methods = ["GET", "HEAD", "POST"] as const;

/** What a storage's rules let pages of some origins do, against what direct uploads need. */
export interface CorsPlan {
  /** The rule that direct uploads from these origins need. */
  readonly needed: CorsRule;
  /** What is not allowed yet, by origin: `POST`, `POST with content-type`, `ETag of GET`. Empty where all is well. */
  readonly missing: readonly { readonly origin: string; readonly what: readonly string[] }[];
  /** All rules as they are to be: ours first, every other as it is. The same as before where nothing is missing. */
  readonly rules: readonly CorsRule[];
}

/**
 * Tell what lacks for direct uploads from pages of `origins`, and how the rules would have to be. Rules that are not ours
 * are kept, and what they expose to these origins stays exposed, although ours comes before them.
 */
export function planCors(existing: readonly CorsRule[], origins: readonly string[]): CorsPlan {
  const needed: CorsRule = { id: ownId, origins, methods, headers: ["content-type"], exposedHeaders: ["ETag"], maxAgeSeconds: 3600 };
  const missing = origins.flatMap((origin) => {
    const what = methods.flatMap((method) => lacking(existing, origin, method));
    return what.length === 0 ? [] : [{ origin, what }];
  });
  if (missing.length === 0) return { needed, missing, rules: existing };
  const own = existing.find(({ id }) => id === ownId);
  const others = existing.filter(({ id }) => id !== ownId);
  const overlapping = others.filter((rule) => origins.some((origin) => allowsOrigin(rule, origin)));
  const ours: CorsRule = {
    ...needed,
    origins: unique([...(own?.origins ?? []), ...origins]),
    exposedHeaders: uniqueIgnoringCase([
      ...needed.exposedHeaders,
      ...[...(own === undefined ? [] : [own]), ...overlapping].flatMap((rule) => rule.exposedHeaders),
    ]),
  };
  return { needed, missing, rules: [ours, ...others] };
}

/** What a page of `origin` lacks for `method`, judged as a service does: by the first rule that fits. */
function lacking(rules: readonly CorsRule[], origin: string, method: string): readonly string[] {
  const allowing = rules.filter((rule) => allowsOrigin(rule, origin) && rule.methods.includes(method));
  if (allowing.length === 0) return [method];
  const withHeaders = allowing.filter((rule) => rule.headers.some((header) => matches(header.toLowerCase(), "content-type")));
  if (method === "POST" && withHeaders.length === 0) return ["POST with content-type"];
  const [first] = method === "POST" ? withHeaders : allowing;
  return first?.exposedHeaders.some((header) => header.toLowerCase() === "etag") === true ? [] : [`ETag of ${method}`];
}

function allowsOrigin(rule: CorsRule, origin: string): boolean {
  return rule.origins.some((pattern) => matches(pattern, origin));
}

/** A pattern has at most one `*`, which stands for anything. */
function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star === -1) return pattern === text;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function uniqueIgnoringCase(texts: readonly string[]): readonly string[] {
  return texts.filter((text, at) => texts.findIndex((other) => other.toLowerCase() === text.toLowerCase()) === at);
}
