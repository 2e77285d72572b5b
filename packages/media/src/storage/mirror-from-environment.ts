import { fail, isHoldfastError } from "../errors.js";
import { chooseStorage } from "./choose.js";
import { openChoice } from "./from-environment.js";
import { type DiskFacts, readDiskFacts } from "../env/disk.js";
import type { Environment } from "../env/platform.js";
import type { Storage } from "./storage.js";

const prefix = "MEDIA_MIRROR_";
/** Those that say MEDIA_ themselves do not say it twice. */
const shortened = new Map([
  ["MEDIA_MIRROR_ROOT", "MEDIA_ROOT"],
  ["MEDIA_MIRROR_STORAGE", "MEDIA_STORAGE"],
]);

/**
 * Open the mirror that the environment asks for: by the same variables as the storage, with MEDIA_MIRROR_ before their
 * names. Undefined where it asks for none.
 *
 * @throws CONFIG_INVALID, STORAGE_EPHEMERAL, STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function mirrorFromEnvironment(
  env: Environment,
  cwd: string,
  facts: DiskFacts = readDiskFacts(),
): Promise<Storage | undefined> {
  const set = Object.entries(env).filter(([name, value]) => name.startsWith(prefix) && value !== undefined && value !== "");
  if (set.length === 0) return undefined;
  const own = Object.fromEntries(set.map(([name, value]) => [shortened.get(name) ?? name.slice(prefix.length), value]));
  const choice = choose(own, cwd);
  if (choice.chosenBy === "default") {
    const names = set.map(([name]) => name).join(", ");
    throw fail("CONFIG_INVALID", {
      problems: [`${names} asks for a mirror and does not say where: set ${prefix}ROOT, ${prefix}S3_BUCKET or ${prefix}CLOUDINARY_URL.`],
    });
  }
  return await openChoice({ ...choice, chosenBy: asSet(choice.chosenBy) }, env, facts, "mirror");
}

function choose(own: Environment, cwd: string): ReturnType<typeof chooseStorage> {
  try {
    return chooseStorage(own, cwd);
  } catch (error) {
    if (!isHoldfastError(error, "CONFIG_INVALID")) throw error;
    const problems = error.details.problems.map(
      (problem) => `of the mirror, whose variables have ${prefix} before their names: ${problem}`,
    );
    throw fail("CONFIG_INVALID", { problems }, { cause: error });
  }
}

/** A variable by the name that was set. */
function asSet(name: string): string {
  for (const [long, short] of shortened) if (short === name) return long;
  return `${prefix}${name}`;
}
