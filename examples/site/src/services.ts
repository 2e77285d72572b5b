import { type Media, type MediaOptions, openMedia } from "@holdfast/media";
import { type Database, openDatabase } from "./database.js";
import { migrate, type Migration } from "./migrations.js";
import type { Settings } from "./settings.js";
import { siteMigrations } from "./site-tables.js";

/** What a site stands on: one database, and media in it. */
export interface Services {
  readonly database: Database;
  readonly media: Media;
  close(): Promise<void>;
}

/** Open the database, bring its tables up to date, and open media over the same database. */
export async function openServices(
  settings: Settings,
  options: { readonly migrations: readonly Migration[]; readonly media?: Omit<MediaOptions, "database"> },
): Promise<Services> {
  const database = openDatabase(settings.databaseUrl);
  try {
    await migrate(database, [...siteMigrations, ...options.migrations]);
    const media = await openMedia({ limits: { accept: ["image/*"], maxBytes: 20_000_000 }, ...options.media, database: database.shared });
    await media.migrate();
    return {
      database,
      media,
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
