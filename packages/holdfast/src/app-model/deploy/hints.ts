import type { SourceTree } from "../model.js";

/** What names a platform without declaring a service there: addresses, command names, files of scripts. */
const signs: readonly (readonly [platform: string, sign: RegExp])[] = [
  ["render", /onrender\.com|dashboard\.render\.com|render\.com\/docs|\bRENDER_EXTERNAL_HOSTNAME\b|deploy(?:ed|ment)? (?:on|to) render\b/i],
  ["heroku", /herokuapp\.com|\bheroku (?:create|config|login|git|run|addons)|dashboard\.heroku\.com|django[-_]heroku/i],
  ["railway", /\.railway\.app|\brailway (?:up|login|link|init)\b|RAILWAY_(?:ENVIRONMENT|PUBLIC_DOMAIN|STATIC_URL|VOLUME)/],
  ["fly", /\.fly\.dev|\bfly(?:ctl)? (?:deploy|launch|secrets)\b/],
  ["vercel", /\.vercel\.app|vercel\.com\/new|\bvercel (?:--prod|deploy)\b/],
  ["netlify", /\.netlify\.app|netlify\.com\/drop/],
  ["koyeb", /\.koyeb\.app/],
  ["coolify", /\bcoolify\b/i],
  ["digitalocean", /\.ondigitalocean\.app/],
];

const files: readonly (readonly [platform: string, sign: RegExp])[] = [
  ["render", /(^|\/)(bin\/)?render[-_]build(\.sh)?$|(^|\/)RENDER[\w-]*\.md$|(^|\/)settings[_/]render\.py$/],
  ["heroku", /(^|\/)Procfile$/],
  ["railway", /(^|\/)RAILWAY[\w-]*\.md$|(^|\/)railway[\w.-]*\.sh$/],
];

/** Texts that tell where an app runs, without being its code. */
const endings = [
  "README.md",
  "readme.md",
  "Readme.md",
  "settings.py",
  "production.py",
  "prod.py",
  "build.sh",
  ".env",
  ".env.example",
  ".env.production",
  "cors.js",
  "server.js",
  "index.js",
  "app.js",
  "app.py",
  "main.py",
  "config.js",
  "application.rb",
  "production.rb",
  "package.json",
];

/** Platforms that the repository names in passing, the most often named first. */
export function hintedPlatforms(tree: SourceTree): readonly string[] {
  const counts = new Map<string, number>();
  const count = (platform: string): Map<string, number> => counts.set(platform, (counts.get(platform) ?? 0) + 1);
  for (const path of tree.paths) for (const [platform, sign] of files) if (sign.test(path)) count(platform);
  for (const path of tree.find(".", ...endings).slice(0, 120)) {
    const text = tree.read(path)?.slice(0, 200_000) ?? "";
    for (const [platform, sign] of signs) if (sign.test(text)) count(platform);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([platform]) => platform);
}
