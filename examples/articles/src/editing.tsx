import {
  DeletePage,
  type FieldReader,
  fieldReader,
  memberOnly,
  mostPhotos,
  readForm,
  readPhotos,
  type SentForm,
  type SiteEnv,
  userOf,
} from "@holdfast/example-site";
import type { Media } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Article, Articles, ArticleTexts } from "./articles.js";
import { type Draft, EditPage, RepairPage } from "./edit-page.js";
import type { Words } from "./words.js";

type Env = SiteEnv<Words>;

/** What sellers do with their articles. */
export function editing(articles: Articles, media: Media): Hono<Env> {
  const app = new Hono<Env>();

  /** An article of who asks. Others' are refused, before anything of the form is read. */
  async function ownArticle(c: Context<Env>): Promise<Article> {
    const article = await articles.get(c.req.param("id") ?? "");
    if (article === undefined) throw new HTTPException(404);
    if (article.seller_id !== userOf(c).id) throw new HTTPException(403);
    return article;
  }

  app.get("/new", memberOnly, async (c) => {
    const page = <EditPage article={undefined} draft={emptyDraft} photos={[]} staged={[]} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.newTitle });
  });

  app.post("/", memberOnly, async (c) => {
    const owner = userOf(c).id;
    const form = await readForm(c, { owner, most: mostPhotos });
    const { read, texts, draft } = readTexts(form, c.var.words);
    const { wanted, staged } = await readPhotos(form, { media, owner });
    if (read.isGood && form.refusals.length === 0) {
      const id = await articles.create(owner, texts, wanted);
      c.var.tell("created");
      return c.redirect(`/articles/${id}`, 303);
    }
    c.status(422);
    const again = { draft, staged, problems: read.problems, refusals: form.refusals };
    return await c.render(<EditPage article={undefined} photos={[]} {...again} />, { title: c.var.words.newTitle });
  });

  app.get("/:id/edit", memberOnly, async (c) => {
    const article = await ownArticle(c);
    const photos = await articles.photos.of(article.id);
    const page = <EditPage article={article} draft={draftOf(article)} photos={photos} staged={[]} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.editTitle });
  });

  app.post("/:id", memberOnly, async (c) => {
    const article = await ownArticle(c);
    const owner = userOf(c).id;
    const before = await articles.photos.of(article.id);
    const form = await readForm(c, { owner, most: Math.max(0, mostPhotos - before.length) });
    const { read, texts, draft } = readTexts(form, c.var.words);
    const { wanted, staged, isMove } = await readPhotos(form, { media, owner, before });
    if (read.isGood && form.refusals.length === 0) {
      await articles.change(article.id, texts, wanted);
      if (isMove) return c.redirect(`/articles/${article.id}/edit#pictures`, 303);
      c.var.tell("saved");
      return c.redirect(`/articles/${article.id}`, 303);
    }
    c.status(422);
    const again = { draft, photos: before, staged, problems: read.problems, refusals: form.refusals };
    return await c.render(<EditPage article={article} {...again} />, { title: c.var.words.editTitle });
  });

  app.get("/:id/delete", memberOnly, async (c) => {
    const { id, title } = await ownArticle(c);
    const { deleteTitle, deleteText } = c.var.words;
    const page = <DeletePage title={deleteTitle} text={deleteText(title)} action={`/articles/${id}/delete`} back={`/articles/${id}`} />;
    return await c.render(page, { title: deleteTitle });
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
    const { files, refusals } = await readForm(c, { owner: userOf(c).id, most: 1 });
    const picture = files.get("picture")?.[0];
    if (picture !== undefined) {
      await articles.repair(article, picture);
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
