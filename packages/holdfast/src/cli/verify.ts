import { relative, resolve } from "node:path";
import { fail } from "../errors.js";
import { parsePictureUrl, maskUrl, type PictureUrl } from "../deploy/picture-url.js";
import { readRemembered, type RememberedPicture, updateRemembered } from "../deploy/remembered.js";
import { newlyRemembered, type Verified, verifyAll } from "../deploy/verification.js";
import type { Io } from "./io.js";
import { startProgress } from "./progress.js";
import { exitCodeOf, printReport, reportJson } from "./verify-report.js";

/** What `holdfast verify` was asked. */
export interface VerifyOptions {
  readonly urls: readonly string[];
  /** The state file; relative to the working directory. */
  readonly state: string;
  readonly timeoutMs: number;
  readonly forget?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly version: string;
}

const help = "holdfast verify --help";

/**
 * Remember pictures the first time, and tell each later time what became of them. Answers 0 when all are there, 1 when
 * something is gone or changed, 3 when nothing is but something could not be checked.
 *
 * @throws USAGE_INVALID, NOTHING_REMEMBERED, NOT_REMEMBERED, STATE_UNREADABLE, STATE_UNWRITABLE, INTERRUPTED
 */
export async function run(options: VerifyOptions, io: Io): Promise<number> {
  const path = resolve(io.cwd, options.state);
  if (options.all === true && options.forget !== true) {
    throw fail("USAGE_INVALID", { problems: ["--all goes with --forget; without URLs, all pictures are looked at anyway."], help });
  }
  if (options.forget === true) return await forget(options, path, io);

  const remembered = await readRemembered(path);
  const urls = options.urls.length > 0 ? parseUrls(options.urls, remembered) : remembered.map(({ url }) => url);
  if (urls.length === 0) throw fail("NOTHING_REMEMBERED", { path: shortPath(path, io) });

  const results = await lookAtAll(urls, remembered, options, io);
  const now = new Date();
  const fresh = newlyRemembered(results, now);
  if (fresh.length > 0) await remember(path, fresh);

  if (options.json === true) io.stdout.write(`${JSON.stringify(reportJson(results, path, now), undefined, 2)}\n`);
  else printReport(results, { again: commandAgain(options, io), state: shortPath(path, io) }, io);
  return exitCodeOf(results);
}

async function lookAtAll(
  urls: readonly PictureUrl[],
  remembered: readonly RememberedPicture[],
  options: VerifyOptions,
  io: Io,
): Promise<readonly Verified[]> {
  const progress = startProgress("looking at pictures", new Set(urls).size, io);
  try {
    return await verifyAll(urls, remembered, {
      fetch: io.fetch,
      timeoutMs: options.timeoutMs,
      signal: io.signal,
      userAgent: `holdfast/${options.version} (verify)`,
      onVerified: () => progress.advance(),
    });
  } catch (error) {
    if (!io.signal.aborted) throw error;
    const resume = `Nothing new was remembered. Run \`${commandAgain(options, io)}\` with the same URLs to begin again.`;
    throw fail("INTERRUPTED", { resume }, { cause: error });
  } finally {
    progress.end();
  }
}

/** Add pictures; one that another run remembered meanwhile stays as that run saw it. */
async function remember(path: string, fresh: readonly RememberedPicture[]): Promise<void> {
  await updateRemembered(path, (before) => {
    const known = new Set(before.map(({ url }) => url));
    return [...before, ...fresh.filter(({ url }) => !known.has(url))];
  });
}

async function forget(options: VerifyOptions, path: string, io: Io): Promise<number> {
  if (options.all === true && options.urls.length > 0) {
    throw fail("USAGE_INVALID", { problems: ["Give --forget either URLs or --all, not both."], help });
  }
  if (options.all !== true && options.urls.length === 0) {
    throw fail("USAGE_INVALID", { problems: ["Say what to forget: one or more URLs, or --all."], help });
  }
  const remembered = await readRemembered(path);
  const urls = options.all === true ? remembered.map(({ url }) => url) : parseUrls(options.urls, remembered);
  const known = new Set(remembered.map(({ url }) => url));
  const unknown = urls.filter((url) => !known.has(url));
  if (unknown.length > 0) throw fail("NOT_REMEMBERED", { urls: unknown.map(maskUrl), path: shortPath(path, io) });
  const forgotten = new Set(urls);
  if (forgotten.size > 0) await updateRemembered(path, (before) => before.filter(({ url }) => !forgotten.has(url)));

  const shown = [...forgotten].map(maskUrl);
  if (options.json === true) io.stdout.write(`${JSON.stringify({ version: 1, state: path, forgotten: shown }, undefined, 2)}\n`);
  else if (shown.length === 0) io.stdout.write("Nothing was remembered.\n");
  else for (const url of shown) io.stdout.write(`forgotten  ${url}\n`);
  return 0;
}

/** Parse all URLs, or report all that are none. One copied from our own output, with its secrets masked, means those it stands for. */
function parseUrls(texts: readonly string[], remembered: readonly RememberedPicture[]): readonly PictureUrl[] {
  const problems: string[] = [];
  const urls = texts.flatMap((text) => {
    const parsed = parsePictureUrl(text);
    if ("problem" in parsed) {
      problems.push(parsed.problem);
      return [];
    }
    if (!text.includes("***")) return [parsed.url];
    const meant = remembered.map(({ url }) => url).filter((url) => maskUrl(url) === text.trim());
    if (meant.length > 0) return meant;
    problems.push(`${text} has *** where a secret was masked: give the whole URL.`);
    return [];
  });
  if (problems.length > 0) throw fail("USAGE_INVALID", { problems, help });
  return urls;
}

/** The command that looks again, as this person ran it. */
function commandAgain(options: VerifyOptions, io: Io): string {
  const name = io.env["npm_command"] === "exec" ? "npx holdfast" : "holdfast";
  const state = options.state === ".holdfast/verify.json" ? "" : ` --state ${quoted(options.state)}`;
  return `${name} verify${state}`;
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function shortPath(path: string, io: Io): string {
  const short = relative(io.cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}
