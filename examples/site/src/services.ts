import { type Media, type MediaOptions, openMedia } from "@holdfast/media";
import { reportErrors } from "@holdfast/media/sentry";
import { type Database, openDatabase } from "./database.js";
import { type Log, openLog } from "./log.js";
import { migrate, type Migration } from "./migrations.js";
import type { OnFailure } from "./problem-pages.js";
import type { Settings } from "./settings.js";
import { siteMigrations } from "./site-tables.js";

/** What a site stands on: one database, media in it, and the log that both write to. */
export interface Services {
  readonly database: Database;
  readonly media: Media;
  readonly log: Log;
  /** Sends failures to Sentry, where SENTRY_DSN says so. */
  readonly onFailure: OnFailure;
  close(): Promise<void>;
}

/** Open the database, bring its tables up to date, and open media over the same database. */
export async function openServices(
  settings: Settings,
  options: { readonly migrations: readonly Migration[]; readonly media?: Omit<MediaOptions, "database" | "log">; readonly log?: Log },
): Promise<Services> {
  const log = options.log ?? openLog(settings.logLevel);
  const errors = await reportErrors();
  log.info(errors.description);
  const database = openDatabase(settings.databaseUrl, log);
  try {
    await migrate(database, [...siteMigrations, ...options.migrations]);
    const limits = { accept: ["image/*"], maxBytes: 20_000_000 };
    const media = await openMedia({ limits, ...options.media, database: database.shared, log: errors.logger(log) });
    await media.migrate();
    return {
      database,
      media,
      log,
      onFailure: errors.capture,
      async close() {
        await media.close();
        await database.close();
        await errors.close();
      },
    };
  } catch (error) {
    errors.capture(error);
    await Promise.all([database.close(), errors.close()]);
    throw error;
  }
}
