import { type FieldReader, fieldReader, memberOnly, readForm, type SentForm, type SiteEnv } from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Article, Articles, ArticleTexts, Photo } from "./articles.js";
import { DeletePage, type Draft, EditPage, RepairPage } from "./edit-page.js";
import type { Words } from "./words.js";

type Env = SiteEnv<Words>;

const mostPhotos = 12;

/** Who is logged in; behind `memberOnly` somebody is. */
export function userOf(c: Context<Env>): string {
  const { user } = c.var.visitor;
  if (user === undefined) throw new HTTPException(403);
  return user.id;
}

/** What sellers do with their articles. */
export function editing(articles: Articles, media: Media): Hono<Env> {
  const app = new Hono<Env>();

  /** An article of who asks. Others' are refused, before anything of the form is read. */
  async function ownArticle(c: Context<Env>): Promise<Article> {
    const article = await articles.get(c.req.param("id") ?? "");
    if (article === undefined) throw new HTTPException(404);
    if (article.seller_id !== userOf(c)) throw new HTTPException(403);
    return article;
  }

  /** Pictures that came with a form that had to be corrected; only one's own, and only those that still wait. */
  async function stagedBefore({ fields }: SentForm, owner: string): Promise<MediaFile[]> {
    const files = await Promise.all(
      fields
        .getAll("staged")
        .slice(0, mostPhotos)
        .map(async (id) => await media.get(id)),
    );
    return files.filter((file) => file?.owner === owner && file.expiresAt !== undefined) as MediaFile[];
  }

  app.get("/new", memberOnly, async (c) => {
    const page = <EditPage article={undefined} draft={emptyDraft} photos={[]} staged={[]} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.newTitle });
  });

  app.post("/", memberOnly, async (c) => {
    const owner = userOf(c);
    const form = await readForm(c, { media, owner, most: mostPhotos });
    const { read, texts, draft } = readTexts(form, c.var.words);
    const staged = [...(await stagedBefore(form, owner)), ...form.files.map(({ file }) => file)].slice(0, mostPhotos);
    if (read.isGood && form.refusals.length === 0) {
      const id = await articles.create(owner, texts, staged);
      c.var.tell("created");
      return c.redirect(`/articles/${id}`, 303);
    }
    c.status(422);
    const again = { draft, staged, problems: read.problems, refusals: form.refusals };
    return await c.render(<EditPage article={undefined} photos={[]} {...again} />, { title: c.var.words.newTitle });
  });

  app.get("/:id/edit", memberOnly, async (c) => {
    const article = await ownArticle(c);
    const photos = await articles.photos(article.id);
    const page = <EditPage article={article} draft={draftOf(article)} photos={photos} staged={[]} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.editTitle });
  });

  app.post("/:id", memberOnly, async (c) => {
    const article = await ownArticle(c);
    const before = await articles.photos(article.id);
    const form = await readForm(c, { media, owner: userOf(c), most: Math.max(0, mostPhotos - before.length) });
    const { read, texts, draft } = readTexts(form, c.var.words);
    const photos = arranged(before, form);
    const staged = [...(await stagedBefore(form, userOf(c))), ...form.files.map(({ file }) => file)];
    if (read.isGood && form.refusals.length === 0) {
      await articles.change(article.id, texts, [...photos, ...staged.map((file) => ({ file, description: "" }))].slice(0, mostPhotos));
      // Whoever moves a picture is not done yet.
      if (isMove(form)) return c.redirect(`/articles/${article.id}/edit#pictures`, 303);
      c.var.tell("saved");
      return c.redirect(`/articles/${article.id}`, 303);
    }
    c.status(422);
    const again = { draft, photos: before, staged, problems: read.problems, refusals: form.refusals };
    return await c.render(<EditPage article={article} {...again} />, { title: c.var.words.editTitle });
  });

  app.get("/:id/delete", memberOnly, async (c) => {
    return await c.render(<DeletePage article={await ownArticle(c)} />, { title: c.var.words.deleteTitle });
  });

  app.post("/:id/delete", memberOnly, async (c) => {
    const { id } = await ownArticle(c);
    await readForm(c);
    await articles.remove(id);
    c.var.tell("deleted");
    return c.redirect("/mine", 303);
  });

  app.get("/:id/picture", memberOnly, async (c) => {
    const page = <RepairPage article={await ownArticle(c)} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.uploadAgainTitle });
  });

  app.post("/:id/picture", memberOnly, async (c) => {
    const article = await ownArticle(c);
    const { files, refusals } = await readForm(c, { media, owner: userOf(c), most: 1 });
    const [picture] = files;
    if (picture !== undefined) {
      await articles.repair(article, picture.file);
      c.var.tell("repaired");
      return c.redirect(`/articles/${article.id}`, 303);
    }
    c.status(422);
    const problems: Record<string, string> = refusals.length > 0 ? {} : { picture: c.var.words.isMissing };
    return await c.render(<RepairPage article={article} problems={problems} refusals={refusals} />, {
      title: c.var.words.uploadAgainTitle,
    });
  });
  return app;
}

const emptyDraft: Draft = { title: "", description: "", price: "", place: "" };

function draftOf({ title, description, price_cents: cents, place }: Article): Draft {
  return { title, description, place, price: (cents / 100).toFixed(cents % 100 === 0 ? 0 : 2) };
}

function readTexts(
  { fields }: SentForm,
  words: Words,
): { readonly read: FieldReader; readonly texts: ArticleTexts; readonly draft: Draft } {
  const read = fieldReader(fields, words);
  const texts = {
    title: read.text("title", { most: 120 }),
    description: read.text("description", { most: 4000 }),
    priceCents: read.amount("price"),
    place: read.text("place", { most: 80 }),
  };
  const { title, description, place } = texts;
  return { read, texts, draft: { title, description, place, price: fields.get("price") ?? "" } };
}

function isMove({ fields }: SentForm): boolean {
  return fields.has("forward") || fields.has("back") || fields.has("remove");
}

/** The pictures as the form wants them: described anew, one of them moved by a place, one gone. */
function arranged(before: readonly Photo[], { fields }: SentForm): Photo[] {
  const photos = before
    .filter(({ file }) => file.id !== fields.get("remove"))
    .map(({ file, description }) => ({ file, description: (fields.get(`description-${file.id}`) ?? description).trim().slice(0, 200) }));
  const forward = photos.findIndex(({ file }) => file.id === fields.get("forward"));
  const back = photos.findIndex(({ file }) => file.id === fields.get("back"));
  const from = forward > 0 ? forward : back;
  const [moved] = from === -1 ? [] : photos.splice(from, 1);
  if (moved !== undefined) photos.splice(forward > 0 ? forward - 1 : back + 1, 0, moved);
  return photos;
}
