import { type Media, type MediaOptions, openMedia } from "@holdfast/media";
import { type Database, openDatabase } from "./database.js";
import { type Log, openLog } from "./log.js";
import { migrate, type Migration } from "./migrations.js";
import type { Settings } from "./settings.js";
import { siteMigrations } from "./site-tables.js";

/** What a site stands on: one database, media in it, and the log that both write to. */
export interface Services {
  readonly database: Database;
  readonly media: Media;
  readonly log: Log;
  close(): Promise<void>;
}

/** Open the database, bring its tables up to date, and open media over the same database. */
export async function openServices(
  settings: Settings,
  options: { readonly migrations: readonly Migration[]; readonly media?: Omit<MediaOptions, "database" | "log">; readonly log?: Log },
): Promise<Services> {
  const log = options.log ?? openLog(settings.logLevel);
  const database = openDatabase(settings.databaseUrl, log);
  try {
    await migrate(database, [...siteMigrations, ...options.migrations]);
    const limits = { accept: ["image/*"], maxBytes: 20_000_000 };
    const media = await openMedia({ limits, ...options.media, database: database.shared, log });
    await media.migrate();
    return {
      database,
      media,
      log,
      async close() {
        await media.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}
