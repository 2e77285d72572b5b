import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Problems, readForm } from "@holdfast/example-site";
import { type Context, Hono } from "hono";
import { type Env, organisersOnly } from "../members.js";
import { mostArchiveBytes } from "./archive.js";
import type { Drafts } from "./drafts.js";
import { sayFileProblem } from "./file-problem.js";
import { FilesPage, PreviewPage } from "./pages.js";
import { mostSheetBytes } from "./sheet.js";

const example = `ad;şirket;e-posta;telefon;aşama;temsilci;not;fotoğraf
Elif Şahin;Boğaz Mimarlık;elif@bogaz.example;+90 532 000 00 01;Yeni;;Fuarda tanıştık.;elif.jpg
Ozan Işık;Ege Zeytin;ozan@ege.example;;Görüşüldü;;;
`;

/** Import in two steps, for organisers: look at it, then do it. */
export function importing(drafts: Drafts): Hono<Env> {
  const app = new Hono<Env>();
  app.use(organisersOnly);

  const showForm = async (c: Context<Env>, problems: Problems): Promise<Response> =>
    await c.render(<FilesPage problems={problems} />, { title: c.var.words.importTitle });

  /** For who comes back to an import that is over, or comes to one of somebody else. */
  const startAnew = (c: Context<Env>): Response => {
    c.var.tell("importGone");
    return c.redirect("/import", 303);
  };

  app.get("/", async (c) => await showForm(c, {}));

  // With the mark by which spreadsheets know UTF-8.
  app.get("/example.csv", (c) =>
    c.body(`\ufeff${example}`, 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": "attachment; filename=defter.csv",
    }),
  );

  app.post("/", async (c) => {
    const { words, member } = c.var;
    const folder = await mkdtemp(join(tmpdir(), "defter-import-"));
    try {
      const maxBytes = { csv: mostSheetBytes, zip: mostArchiveBytes };
      const { documents, refusals } = await readForm(c, { owner: member.id, most: 0, documents: { folder, maxBytes } });
      const problems: Record<string, string> = Object.fromEntries(refusals.map(({ field, name, reason }) => [field, `${name} ${reason}`]));
      const csv = documents.get("csv");
      if (csv === undefined) problems["csv"] ??= words.isMissing;
      if (csv !== undefined && refusals.length === 0) {
        const read = await drafts.read(member, { csv, zip: documents.get("zip") });
        if ("id" in read) return c.redirect(`/import/${read.id}`, 303);
        problems[read.field] = sayFileProblem(read.problem, words);
      }
      c.status(422);
      return await showForm(c, problems);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  app.get("/:id", async (c) => {
    const preview = await drafts.preview(c.var.member, c.req.param("id"));
    if (preview === undefined) return startAnew(c);
    return await c.render(<PreviewPage preview={preview} />, { title: c.var.words.importPreview });
  });

  app.post("/:id", async (c) => {
    const { fields } = await readForm(c);
    const id = c.req.param("id");
    const outcome = await drafts.carryOut(c.var.member, id, Number(fields.get("ready")));
    if (outcome === "gone") return startAnew(c);
    c.var.tell(outcome);
    return c.redirect(outcome === "importChanged" ? `/import/${id}` : "/leads", 303);
  });

  app.post("/:id/discard", async (c) => {
    await readForm(c);
    await drafts.discard(c.var.member, c.req.param("id"));
    c.var.tell("importDiscarded");
    return c.redirect("/import", 303);
  });
  return app;
}
