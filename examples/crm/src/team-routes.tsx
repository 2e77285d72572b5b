import { DeletePage, fieldReader, type FieldReader, readForm, unlessTaken } from "@holdfast/example-site";
import type { Media } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { type Env, organisersOnly, roles } from "./members.js";
import { onePhoto, readPhoto } from "./photo-field.js";
import type { Colleague, Team } from "./team.js";
import { ColleagueFormPage, TeamPage } from "./team-pages.js";

/** What organisers do with the people of their organisation. */
export function teamRoutes(team: Team, media: Media): Hono<Env> {
  const app = new Hono<Env>();
  app.use(organisersOnly);

  /** Somebody else of the same organisation. Organisers change themselves on their own page, and never take themselves out. */
  async function other(c: Context<Env>): Promise<Colleague> {
    const { member } = c.var;
    const colleague = await team.get(member, c.req.param("id") ?? "");
    if (colleague === undefined) throw new HTTPException(404);
    if (colleague.id === member.id) throw new HTTPException(403);
    return colleague;
  }
  const readCommon = (read: FieldReader) => ({ name: read.text("name", { most: 80 }), role: read.choice("role", roles) ?? "agent" });

  app.get("/", async (c) => {
    const people = await team.list(c.var.member);
    const photos = await team.photos(people.map(({ id }) => id));
    return await c.render(<TeamPage member={c.var.member} team={people} photos={photos} />, { title: c.var.words.team });
  });

  app.get("/new", async (c) => {
    const draft = { name: "", email: "", role: "agent" } as const;
    const page = <ColleagueFormPage colleague={undefined} draft={draft} photo={undefined} staged={undefined} problems={{}} />;
    return await c.render(page, { title: c.var.words.newColleague });
  });

  app.post("/", async (c) => {
    const { member, words } = c.var;
    const form = await readForm(c, onePhoto(member.id));
    const read = fieldReader(form.fields, words);
    const account = { ...readCommon(read), email: read.email("email"), password: read.password("password", 10) };
    if (await team.isTaken(account.email)) read.complain("email", words.emailTaken);
    const { file, change } = await readPhoto(form, read, media, member.id);
    if (read.isGood) {
      if ((await unlessTaken(async () => await team.add(member, account, change))) !== false) {
        c.var.tell("colleagueAdded");
        return c.redirect("/team", 303);
      }
      read.complain("email", words.emailTaken);
    }
    c.status(422);
    const page = <ColleagueFormPage colleague={undefined} draft={account} photo={undefined} staged={file} problems={read.problems} />;
    return await c.render(page, { title: words.newColleague });
  });

  app.get("/:id", async (c) => {
    const colleague = await other(c);
    const photo = (await team.photos([colleague.id])).get(colleague.id);
    const page = <ColleagueFormPage colleague={colleague} draft={colleague} photo={photo} staged={undefined} problems={{}} />;
    return await c.render(page, { title: c.var.words.editColleague });
  });

  app.post("/:id", async (c) => {
    const { member, words } = c.var;
    const colleague = await other(c);
    const form = await readForm(c, onePhoto(member.id));
    const read = fieldReader(form.fields, words);
    const texts = readCommon(read);
    const { file, change } = await readPhoto(form, read, media, member.id);
    if (read.isGood) {
      await team.change(member, colleague.id, texts, change);
      c.var.tell("saved");
      return c.redirect("/team", 303);
    }
    c.status(422);
    const photo = (await team.photos([colleague.id])).get(colleague.id);
    const draft = { ...colleague, ...texts };
    const page = <ColleagueFormPage colleague={colleague} draft={draft} photo={photo} staged={file} problems={read.problems} />;
    return await c.render(page, { title: words.editColleague });
  });

  app.get("/:id/delete", async (c) => {
    const { id, name, leads } = await other(c);
    const { deleteColleagueTitle: title, deleteColleagueText } = c.var.words;
    const page = <DeletePage title={title} text={deleteColleagueText(name, leads)} action={`/team/${id}/delete`} back="/team" />;
    return await c.render(page, { title });
  });

  app.post("/:id/delete", async (c) => {
    const colleague = await other(c);
    await readForm(c);
    await team.remove(c.var.member, colleague.id);
    c.var.tell("colleagueRemoved");
    return c.redirect("/team", 303);
  });
  return app;
}
