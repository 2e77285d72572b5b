/** What the sentence of each error quotes. */
export interface ErrorDetailsByCode {
  USAGE_INVALID: { problems: readonly string[]; help: string };
  NOTHING_REMEMBERED: { path: string };
  NOT_REMEMBERED: { urls: readonly string[]; path: string };
  STATE_UNREADABLE: { path: string; reason: string };
  STATE_UNWRITABLE: { path: string; reason: string };
  SERVER_NOT_INSTALLED: { folder: string; command: string };
  SERVER_UNUSABLE: { path: string; reason: string };
  SERVER_REFUSED: { message: string };
  MEDIA_NOT_INSTALLED: { folder: string; command: string; again: string };
  MEDIA_UNUSABLE: { path: string; reason: string };
  STORAGE_UNUSABLE: { message: string };
  CATALOGUE_UNUSABLE: { message: string };
  JOB_NOT_FOUND: { ids: readonly string[] };
  CORS_UNAVAILABLE: { storage: string; reason: string };
  FOLDER_UNREADABLE: { path: string; reason: string };
  INPUT_UNREADABLE: { path: string; reason: string };
  OUTPUT_UNWRITABLE: { path: string; reason: string };
  PLATFORM_KEY_MISSING: { platform: string; variable: string; problem: string; page: string };
  PLATFORM_REFUSED: { platform: string; variable: string; reason: string };
  PLATFORM_UNREACHABLE: { platform: string; reason: string };
  PLATFORM_NOT_ASKED: { platform: string; example: string };
  SERVICE_NOT_CHOSEN: { platform: string; problem: string; services: readonly string[] };
  ENV_UNUSABLE: { problems: readonly string[] };
  STATIC_UNUSABLE: { path: string; reason: string };
  STEP_FAILED: { step: string; command: string; exitCode: number };
  DATABASE_CLIENT_MISSING: { folder: string; command: string };
  DATABASE_UNREACHABLE: { variable: string; reason: string };
  MIGRATION_UNLOCKABLE: { variable: string; scheme: string };
  MIGRATION_LOCK_LOST: { variable: string };
  MIGRATION_TIMED_OUT: { who: string; seconds: number };
  MIGRATION_FAILED: { command: string; exitCode: number };
  COMMAND_UNUSABLE: { command: string; reason: string };
  APP_UNKNOWN: { path: string; reason: string };
  FILES_UNWRITABLE: { problems: readonly string[] };
  INTERRUPTED: { resume: string };
  UNEXPECTED: { message: string };
}

/**
 * Every failure a person who runs `holdfast` can meet. The exit code, the sentence and the page in docs/errors.md all
 * derive from this table; a test keeps the documentation equal to it. A finding is not a failure: it exits with 1.
 */
export const catalogue: { readonly [C in ErrorCode]: ErrorEntry<ErrorDetailsByCode[C]> } = {
  USAGE_INVALID: {
    exitCode: 2,
    title: "The command was not understood",
    say: (d) => `${d.problems.join("\n")}\nSee: ${d.help}`,
  },
  NOTHING_REMEMBERED: {
    exitCode: 2,
    title: "Nothing is remembered yet",
    say: (d) =>
      `No picture is remembered in ${d.path}. Give the URL of an uploaded picture first:\n` +
      `  holdfast verify https://your-app.example/media/cat.jpg`,
  },
  NOT_REMEMBERED: {
    exitCode: 2,
    title: "The URL is not remembered",
    say: (d) =>
      `${d.path} does not remember ${d.urls.join(", ")}. Nothing was forgotten. Run \`holdfast verify\` to see what it remembers.`,
  },
  STATE_UNREADABLE: {
    exitCode: 3,
    title: "What was remembered cannot be read",
    say: (d) =>
      `${d.path} cannot be read: ${d.reason}. It was left as it is. Name another file with --state, ` +
      `or move this one away to begin again.`,
  },
  STATE_UNWRITABLE: {
    exitCode: 3,
    title: "What was seen cannot be remembered",
    say: (d) => `${d.path} cannot be written: ${d.reason}. Nothing was remembered. Name a file you may write with --state.`,
  },
  SERVER_NOT_INSTALLED: {
    exitCode: 3,
    title: "The media service is not installed",
    say: (d) =>
      `The media service is a package of its own, @holdfast/server, and was not found from ${d.folder}. Install it there with:\n` +
      `  ${d.command}\nThen run \`holdfast serve\` again.`,
  },
  SERVER_UNUSABLE: {
    exitCode: 3,
    title: "The media service cannot be loaded",
    say: (d) => `The media service at ${d.path} cannot be loaded: ${d.reason}. Install it anew, in the version of holdfast.`,
  },
  SERVER_REFUSED: {
    exitCode: 3,
    title: "The media service refused to start",
    say: (d) => d.message,
  },
  MEDIA_NOT_INSTALLED: {
    exitCode: 3,
    title: "The storages are not installed",
    say: (d) =>
      `What speaks to storages is a package of its own, @holdfast/media, and was not found from ${d.folder}. Install it there with:\n` +
      `  ${d.command}\nThen run \`${d.again}\` again.`,
  },
  MEDIA_UNUSABLE: {
    exitCode: 3,
    title: "The storages cannot be loaded",
    say: (d) => `@holdfast/media at ${d.path} cannot be loaded: ${d.reason}. Install it anew, in the version of holdfast.`,
  },
  STORAGE_UNUSABLE: {
    exitCode: 3,
    title: "The storage cannot be used",
    say: (d) => d.message,
  },
  CATALOGUE_UNUSABLE: {
    exitCode: 3,
    title: "The catalogue cannot be used",
    say: (d) => d.message,
  },
  JOB_NOT_FOUND: {
    exitCode: 2,
    title: "There is no such job",
    say: (d) =>
      `There is no job ${d.ids.join(", ")} with which that could be done: it is done, it runs just now, or it never was. ` +
      `Look at those there are with: holdfast jobs list`,
  },
  CORS_UNAVAILABLE: {
    exitCode: 3,
    title: "There are no CORS rules to be had",
    say: (d) => `${d.storage} has no CORS rules that could be read or set here: ${d.reason}.`,
  },
  FOLDER_UNREADABLE: {
    exitCode: 3,
    title: "The folder cannot be examined",
    say: (d) => `${d.path} cannot be examined: ${d.reason}. Name the folder of an app: \`holdfast doctor FOLDER\`.`,
  },
  INPUT_UNREADABLE: {
    exitCode: 3,
    title: "A file that was named cannot be used",
    say: (d) => `${d.path} cannot be used: ${d.reason}. Nothing was examined.`,
  },
  OUTPUT_UNWRITABLE: {
    exitCode: 3,
    title: "The result cannot be written",
    say: (d) => `${d.path} cannot be written: ${d.reason}. Name a file you may write.`,
  },
  PLATFORM_KEY_MISSING: {
    exitCode: 2,
    title: "There is no key to the platform",
    say: (d) =>
      `${d.variable} ${d.problem}, so ${d.platform} was not asked. Make a key at ${d.page} and set it in your shell, ` +
      `or give a file of names: --env-from FILE`,
  },
  PLATFORM_REFUSED: {
    exitCode: 3,
    title: "The platform refuses the key",
    say: (d) => `${d.platform} refuses the key in ${d.variable}: ${d.reason}. Nothing was examined.`,
  },
  PLATFORM_UNREACHABLE: {
    exitCode: 3,
    title: "The platform could not be asked",
    say: (d) => `${d.platform} could not be asked: ${d.reason}. Nothing was examined. Give a file of names meanwhile: --env-from FILE`,
  },
  PLATFORM_NOT_ASKED: {
    exitCode: 2,
    title: "This platform is not asked yet",
    say: (d) =>
      `${d.platform} is not asked yet; Render is. Its own command line can hand over its list, of which only the names are kept:\n` +
      `  ${d.example}\nA file of that name is ./NAME.`,
  },
  SERVICE_NOT_CHOSEN: {
    exitCode: 2,
    title: "Which service is meant is not known",
    say: (d) =>
      d.services.length === 0
        ? `${d.problem} at ${d.platform} that this key may see. Name one with --service NAME.`
        : `${d.problem}. Name one with --service NAME or --service ID:\n${d.services.map((service) => `  ${service}`).join("\n")}`,
  },
  ENV_UNUSABLE: {
    exitCode: 1,
    title: "The variables are not right",
    say: (d) => `The app was not started, for its variables are not right:\n${d.problems.map((problem) => `  - ${problem}`).join("\n")}`,
  },
  STATIC_UNUSABLE: {
    exitCode: 3,
    title: "The static files cannot be prepared",
    say: (d) => `${d.path} cannot be used for static files: ${d.reason}. Name other folders under start.static in holdfast.yaml.`,
  },
  STEP_FAILED: {
    exitCode: 1,
    title: "A step before the app failed",
    say: (d) =>
      `The app was not started: the step ${d.step} (${d.command}) ended with exit code ${d.exitCode}. What it printed stands above.`,
  },
  DATABASE_CLIENT_MISSING: {
    exitCode: 3,
    title: "There is no client for the database",
    say: (d) =>
      `The lock for migrations is taken with the package pg, which was not found from ${d.folder}. Install it there with:\n  ${d.command}`,
  },
  DATABASE_UNREACHABLE: {
    exitCode: 3,
    title: "The database cannot be reached",
    say: (d) => `The database of ${d.variable} cannot be reached: ${d.reason}. Nothing was migrated, and the app was not started.`,
  },
  MIGRATION_UNLOCKABLE: {
    exitCode: 3,
    title: "The database has no lock for migrations here",
    say: (d) =>
      `${d.variable} is of the kind ${d.scheme}:, and only PostgreSQL's lock keeps two instances from migrating at once. Run the migrations ` +
      `in one place, such as the platform's release command, and start with --skip migrate.`,
  },
  MIGRATION_LOCK_LOST: {
    exitCode: 3,
    title: "The lock for migrations was lost",
    say: (d) =>
      `The migration was ended, for the connection that held the lock was lost (${d.variable}): another instance could have begun its own. ` +
      `The app was not started; the next start tries again. Through a pooler that shares connections no lock lasts: name a direct URL under ` +
      `start.migrateDatabase in holdfast.yaml.`,
  },
  MIGRATION_TIMED_OUT: {
    exitCode: 3,
    title: "Another instance migrates for too long",
    say: (d) =>
      `${d.who} has been migrating for more than ${d.seconds} s. The app was not started, and nothing was changed here. Look at that ` +
      `instance's log; a longer wait is start.migrateTimeoutSeconds in holdfast.yaml.`,
  },
  MIGRATION_FAILED: {
    exitCode: 1,
    title: "The migrations failed",
    say: (d) =>
      `The app was not started: ${d.command} ended with exit code ${d.exitCode}. What it printed stands above. The next start tries again.`,
  },
  COMMAND_UNUSABLE: {
    exitCode: 2,
    title: "The command cannot be run",
    say: (d) => `${d.command} cannot be run: ${d.reason}. Is it installed in this image, and spelt like this?`,
  },
  APP_UNKNOWN: {
    exitCode: 3,
    title: "No app was found that files could be written for",
    say: (d) =>
      `${d.path} holds no app that files could be written for: ${d.reason}. Node, Django and pages without a program are known. ` +
      "Name the app's folder: `holdfast init FOLDER`.",
  },
  FILES_UNWRITABLE: {
    exitCode: 3,
    title: "The files cannot be written",
    say: (d) => `${d.problems.map((problem) => `${problem}.`).join("\n")}\nNothing was written.`,
  },
  INTERRUPTED: {
    exitCode: 130,
    title: "Interrupted",
    say: (d) => `Interrupted. Nothing is half done. ${d.resume}`,
  },
  UNEXPECTED: {
    exitCode: 3,
    title: "Something went wrong here",
    say: (d) => `Holdfast met an error of its own: ${d.message}. Please report it, with the command you ran.`,
  },
};

/** One row of the catalogue. */
export interface ErrorEntry<D> {
  /** What the process exits with: 2 for a usage mistake, 3 where nothing could be checked, 130 for Ctrl-C. */
  readonly exitCode: number;
  /** The same few words for every occurrence. */
  readonly title: string;
  /** The sentence for people: what happened, the value, what to do next. */
  readonly say: (details: D) => string;
}

/** The codes of the catalogue. Branch on these, never on a message. */
export type ErrorCode = keyof ErrorDetailsByCode;

/** The details that the sentence of `C` quotes. */
export type ErrorDetails<C extends ErrorCode> = ErrorDetailsByCode[C];

/** One error of the catalogue, with its code, its exit code and the sentence for people. */
export class CommandError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "CommandError";
  readonly code: C;
  readonly exitCode: number;
  readonly details: ErrorDetails<C>;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    const entry: ErrorEntry<ErrorDetailsByCode[C]> = catalogue[code];
    super(entry.say(details), options);
    this.code = code;
    this.exitCode = entry.exitCode;
    this.details = details;
  }
}

/** Make the catalogue's error for `code`; `details` are what its sentence quotes. */
export function fail<C extends ErrorCode>(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }): CommandError<C> {
  return new CommandError(code, details, options);
}

/** Tell whether `error` is of the catalogue, and, if `code` is given, that very one. */
export function isCommandError<C extends ErrorCode>(error: unknown, code?: C): error is CommandError<C> {
  return error instanceof CommandError && (code === undefined || error.code === code);
}
