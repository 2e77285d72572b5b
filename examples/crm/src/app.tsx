import { fileURLToPath } from "node:url";
import { createSite, type Html, type Settings, type SiteEnv, type SiteServices, useWords } from "@holdfast/example-site";
import { Hono } from "hono";
import { createDrafts } from "./import/drafts.js";
import { importing } from "./import/routes.js";
import { leadRoutes } from "./lead-routes.js";
import { createLeads } from "./leads.js";
import { type Env, membersOnly } from "./members.js";
import { profile } from "./profile.js";
import type { Tables } from "./tables.js";
import { createTeam } from "./team.js";
import { teamRoutes } from "./team-routes.js";
import { languages, type Words } from "./words.js";

/** Where the files for browsers are that only this app has. */
export const assetFolders = [fileURLToPath(new URL("../assets", import.meta.url))];

/** The CRM: nobody sees anything without an account, agents see their own leads, organisers all of their organisation. */
export function createApp(services: SiteServices, settings: Settings): Hono<SiteEnv<Words>> {
  const { database, media } = services;
  const leads = createLeads(database, media);
  const team = createTeam(database, media);
  const app = createSite<Words>({
    ...services,
    settings,
    languages,
    accent: "sea",
    afterLogIn: "/leads",
    profilePath: "/profile",
    // Who signs up begins an organisation; who is to work for one is added by its organisers.
    signUpRole: "organiser",
    async onSignUp(tx, { id, name }) {
      const own = tx.withTables<Pick<Tables, "organisations" | "members">>();
      await own.insertInto("organisations").values({ id, name }).execute();
      await own.insertInto("members").values({ user_id: id, organisation_id: id }).execute();
    },
    navigation: ({ var: { words, visitor } }) => [
      ...(visitor.user === undefined ? [] : [{ href: "/leads", label: words.leads }]),
      ...(visitor.user?.role === "organiser"
        ? [
            { href: "/team", label: words.team },
            { href: "/import", label: words.importing },
          ]
        : []),
    ],
  });

  app.get("/", async (c) => {
    if (c.var.visitor.user !== undefined) return c.redirect("/leads", 303);
    return await c.render(<WelcomePage />, { title: c.var.words.siteName });
  });
  const inside = new Hono<Env>();
  inside.use(...membersOnly(database.as<Tables>()));
  inside.route("/leads", leadRoutes(leads, team, media));
  inside.route("/team", teamRoutes(team, media));
  inside.route("/import", importing(createDrafts(database, media, leads, team)));
  inside.route("/profile", profile(database, team, media));
  app.route("/", inside);
  return app;
}

function WelcomePage(): Html {
  const words = useWords<Words>();
  return (
    <div class="narrow welcome">
      <h1>{words.siteName}</h1>
      <p class="lead">{words.intro}</p>
      <p>{words.introMore}</p>
      <p class="actions">
        <a class="button" href="/log-in">
          {words.logIn}
        </a>
        <a class="button quiet" href="/sign-up">
          {words.begin}
        </a>
      </p>
    </div>
  );
}
