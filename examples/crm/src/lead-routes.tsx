import { DeletePage, readForm, unlessTaken } from "@holdfast/example-site";
import type { Media } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { draftOf, emptyDraft, LeadFormPage, readLead } from "./lead-form.js";
import { LeadPage, LeadsPage } from "./lead-pages.js";
import { type Lead, type Leads, type LeadsWanted, pageSize } from "./leads.js";
import type { Env } from "./members.js";
import { onePhoto, readPhoto } from "./photo-field.js";
import { stages } from "./tables.js";
import type { Colleague, Team } from "./team.js";

/** What members do with the leads that they may see. */
export function leadRoutes(leads: Leads, team: Team, media: Media): Hono<Env> {
  const app = new Hono<Env>();

  /** A lead that who asks may see; any other is not there. */
  async function visibleLead(c: Context<Env>): Promise<Lead> {
    const lead = await leads.get(c.var.member, c.req.param("id") ?? "");
    if (lead === undefined) throw new HTTPException(404);
    return lead;
  }
  /** To whom leads are given: the organisers' to know. */
  async function teamFor(c: Context<Env>): Promise<readonly Colleague[]> {
    return c.var.member.role === "organiser" ? await team.list(c.var.member) : [];
  }

  app.get("/", async (c) => {
    const { member, words } = c.var;
    const wanted = wantedOf(c);
    const found = await leads.list(member, wanted);
    const shown = found.slice(0, pageSize);
    const linkTo = (page: number): string => `/leads?${new URLSearchParams({ ...c.req.query(), page: String(page) }).toString()}`;
    const content = (
      <LeadsPage
        member={member}
        leads={shown}
        photos={await leads.photos(shown.map(({ id }) => id))}
        counts={await leads.countByStage(member)}
        wanted={wanted}
        team={await teamFor(c)}
        newer={wanted.page > 1 ? linkTo(wanted.page - 1) : undefined}
        older={found.length > pageSize ? linkTo(wanted.page + 1) : undefined}
      />
    );
    return await c.render(content, { title: words.leads });
  });

  app.get("/new", async (c) => {
    const { member, words } = c.var;
    const none = { lead: undefined, photo: undefined, staged: undefined, problems: {} };
    const page = <LeadFormPage {...none} member={member} draft={emptyDraft(member)} team={await teamFor(c)} />;
    return await c.render(page, { title: words.newLead });
  });

  app.post("/", async (c) => {
    const { member, words } = c.var;
    const form = await readForm(c, onePhoto(member.id));
    const colleagues = await teamFor(c);
    const { read, texts } = readLead(form.fields, words, member, colleagues);
    const { file } = await readPhoto(form, read, media, member.id);
    if (read.isGood) {
      const id = await unlessTaken(async () => await leads.create(member, texts, file));
      if (id !== false) {
        c.var.tell("created");
        return c.redirect(`/leads/${id}`, 303);
      }
      read.complain("email", words.rowProblems.known);
    }
    c.status(422);
    const again = { member, lead: undefined, draft: texts, photo: undefined, staged: file, team: colleagues, problems: read.problems };
    return await c.render(<LeadFormPage {...again} />, { title: words.newLead });
  });

  app.get("/:id", async (c) => {
    const lead = await visibleLead(c);
    return await c.render(<LeadPage lead={lead} photo={(await leads.photos([lead.id])).get(lead.id)} />, { title: lead.name });
  });

  app.get("/:id/edit", async (c) => {
    const lead = await visibleLead(c);
    const photo = (await leads.photos([lead.id])).get(lead.id);
    const shown = { member: c.var.member, lead, draft: draftOf(lead), photo, staged: undefined, team: await teamFor(c), problems: {} };
    return await c.render(<LeadFormPage {...shown} />, { title: c.var.words.editLead });
  });

  app.post("/:id", async (c) => {
    const { member, words } = c.var;
    const lead = await visibleLead(c);
    const form = await readForm(c, onePhoto(member.id));
    const colleagues = await teamFor(c);
    const { read, texts } = readLead(form.fields, words, member, colleagues);
    const { file, change } = await readPhoto(form, read, media, member.id);
    if (read.isGood) {
      const changed = await unlessTaken(async () => ({ isThere: await leads.change(member, lead.id, texts, change) }));
      if (changed !== false) {
        if (!changed.isThere) throw new HTTPException(404);
        c.var.tell("saved");
        return c.redirect(`/leads/${lead.id}`, 303);
      }
      read.complain("email", words.rowProblems.known);
    }
    c.status(422);
    const photo = (await leads.photos([lead.id])).get(lead.id);
    const again = { member, lead, draft: texts, photo, staged: file, team: colleagues, problems: read.problems };
    return await c.render(<LeadFormPage {...again} />, { title: words.editLead });
  });

  app.get("/:id/delete", async (c) => {
    const { id, name } = await visibleLead(c);
    const { deleteLeadTitle: title, deleteLeadText } = c.var.words;
    const page = <DeletePage title={title} text={deleteLeadText(name)} action={`/leads/${id}/delete`} back={`/leads/${id}`} />;
    return await c.render(page, { title });
  });

  app.post("/:id/delete", async (c) => {
    const lead = await visibleLead(c);
    await readForm(c);
    if (!(await leads.remove(c.var.member, lead.id))) throw new HTTPException(404);
    c.var.tell("deleted");
    return c.redirect("/leads", 303);
  });
  return app;
}

function wantedOf(c: Context<Env>): LeadsWanted {
  const agentId = c.req.query("agent") ?? "";
  return {
    query: (c.req.query("q") ?? "").slice(0, 80).trim(),
    stage: stages.find((stage) => stage === c.req.query("stage")),
    agentId: agentId === "" ? undefined : agentId,
    page: Math.max(1, Math.min(1000, Number.parseInt(c.req.query("page") ?? "1", 10) || 1)),
  };
}
