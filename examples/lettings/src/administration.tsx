import type { SiteEnv } from "@holdfast/example-site";
import type { Media } from "@holdfast/media";
import { Hono } from "hono";
import { administerAddresses } from "./administer-addresses.js";
import { administerLettings } from "./administer-lettings.js";
import { administerProfiles } from "./administer-profiles.js";
import type { Lettings } from "./lettings.js";
import type { Profiles } from "./profiles.js";
import type { Words } from "./words.js";

/** What the administration looks after. */
export interface Administered {
  readonly lettings: Lettings;
  readonly profiles: Profiles;
  readonly media: Media;
}

/** The administration: lists of what there is, and a form for each. Who may come in is decided before. */
export function administration(administered: Administered): Hono<SiteEnv<Words>> {
  const app = new Hono<SiteEnv<Words>>();
  app.get("/", (c) => c.redirect("/admin/lettings", 303));
  app.route("/lettings", administerLettings(administered));
  app.route("/addresses", administerAddresses(administered));
  app.route("/profiles", administerProfiles(administered));
  return app;
}
