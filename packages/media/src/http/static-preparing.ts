import { fail } from "../errors.js";
import { prepareFolder, type StaticReport } from "./static-folder.js";

/** What is prepared, and where to. */
export interface PrepareOptions {
  /** The app's own files. Of two of one name the later folder's is taken. */
  readonly from: string | readonly string[];
  /** The folder that is made, or replaced. */
  readonly to: string;
}

/**
 * Prepare static files as `holdfast start` does, for an app that is started without it: under names with the hash of their bytes,
 * compressed, with a manifest. Style sheets refer to the new names. The folder is there whole when it resolves.
 *
 * @throws CONFIG_INVALID when a folder is not there, holds too much, or the one to be made lies within it
 * @example
 * ```ts
 * import { openMedia } from "@holdfast/media";
 * import { openStaticFiles, prepareStaticFiles, publishStaticFiles } from "@holdfast/media/static";
 * const { storage } = await openMedia();
 * const folder = "dist/static";
 * await prepareStaticFiles({ from: "public", to: folder });
 * await publishStaticFiles({ folder, storage });
 * const assets = await openStaticFiles({ folder, storage });
 * ```
 */
export async function prepareStaticFiles({ from, to }: PrepareOptions): Promise<StaticReport> {
  return await prepareFolder([from].flat(), to, {
    unusable: (path, reason, cause) => fail("CONFIG_INVALID", { problems: [`Static files: ${path}: ${reason}.`] }, { cause }),
  });
}
