import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStaticFiles, prepareStaticFiles, publishStaticFiles, type StaticFiles } from "@holdfast/media/static";
import type { Services } from "./services.js";

/** Services, and the files that never change: style sheets, scripts, icons. Each has its hash in its URL, so browsers keep it for a year. */
export interface SiteServices extends Services {
  readonly assets: StaticFiles;
}

const siteFolder = fileURLToPath(new URL("../assets", import.meta.url));

/**
 * Open the site's own files and those of the given folders, compressed once, as well as can be. They are kept in the media's storage as
 * well, so that a page of the release before finds its style sheet after a deploy. They go with the services.
 */
export async function withAssets(services: Services, folders: readonly string[] = []): Promise<SiteServices> {
  const { media, log } = services;
  const { storage } = media;
  const home = await mkdtemp(join(tmpdir(), "site-assets-"));
  async function close(): Promise<void> {
    await Promise.all([services.close(), rm(home, { recursive: true, force: true })]);
  }
  try {
    const folder = join(home, "assets");
    await prepareStaticFiles({ from: [siteFolder, ...folders], to: folder });
    // What the next deploy wipes has nothing for those of the deploy before.
    if (storage.durability !== "ephemeral") await publishStaticFiles({ folder, storage });
    return { ...services, assets: await openStaticFiles({ folder, basePath: "/assets", storage, log }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
