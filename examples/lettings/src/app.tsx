import { fileURLToPath } from "node:url";
import { createPhotos, createSite, roleOnly, type Settings, type SiteEnv, type SiteServices } from "@holdfast/example-site";
import type { Hono } from "hono";
import { administration } from "./administration.js";
import { createLettings, type Letting } from "./lettings.js";
import { HomePage, LettingPage, LettingsPage, ProfilePage, ProfilesPage } from "./pages.js";
import { createProfiles } from "./profiles.js";
import { languages, type Words } from "./words.js";

/** The pictures' sizes that pages ask for by name. */
export const presets = { card: { width: 560, height: 420, fit: "cover" } } as const;

/** Where the files for browsers are that only this app has. */
export const assetFolders = [fileURLToPath(new URL("../assets", import.meta.url))];

/** What is not the same everywhere. */
export interface AppOptions {
  /** Whether `/sentry-debug/` fails, so that it can be seen what becomes of a failure. */
  readonly mayFail?: boolean;
}

/** Orange County Lettings: everybody looks, editors write, administrators look after people as well. */
export function createApp(services: SiteServices, settings: Settings, { mayFail = false }: AppOptions = {}): Hono<SiteEnv<Words>> {
  const lettings = createLettings(services.database, createPhotos(services, "letting"));
  const profiles = createProfiles(services);
  const app = createSite<Words>({
    ...services,
    settings,
    languages,
    accent: "grove",
    navigation: ({ var: { words, visitor } }) => [
      { href: "/lettings", label: words.lettings },
      { href: "/profiles", label: words.profiles },
      ...(visitor.user === undefined || visitor.user.role === "member" ? [] : [{ href: "/admin", label: words.administration }]),
    ],
  });
  const coversOf = async (of: readonly Letting[]) => await lettings.photos.coversOf(of.map(({ id }) => id));

  app.get("/", async (c) => {
    const newest = await lettings.list(3);
    return await c.render(<HomePage lettings={newest} covers={await coversOf(newest)} />, { title: c.var.words.siteName });
  });
  app.get("/lettings", async (c) => {
    const all = await lettings.list();
    return await c.render(<LettingsPage lettings={all} covers={await coversOf(all)} />, { title: c.var.words.lettings });
  });
  app.get("/lettings/:id", async (c) => {
    const letting = await lettings.get(c.req.param("id"));
    if (letting === undefined) return await c.notFound();
    return await c.render(<LettingPage letting={letting} photos={await lettings.photos.of(letting.id)} />, { title: letting.title });
  });
  app.get("/profiles", async (c) => {
    return await c.render(<ProfilesPage profiles={await profiles.list()} />, { title: c.var.words.profiles });
  });
  app.get("/profiles/:username", async (c) => {
    const profile = await profiles.byUsername(c.req.param("username"));
    if (profile === undefined) return await c.notFound();
    return await c.render(<ProfilePage profile={profile} />, { title: profile.name });
  });
  // Before anything of a form is read.
  app.use("/admin/profiles/*", roleOnly("administrator"));
  app.use("/admin/*", roleOnly("administrator", "editor"));
  app.route("/admin", administration({ lettings, profiles, media: services.media }));
  if (mayFail) {
    app.get("/sentry-debug/", () => {
      throw new Error("This failure was asked for");
    });
  }
  return app;
}
