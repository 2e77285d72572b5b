import { Gallery, type Html, type Photo, useMoney, useVisitor, useWords } from "@holdfast/example-site";
import type { Article } from "./articles.js";
import type { Words } from "./words.js";

interface ArticleProps {
  readonly article: Article;
  readonly photos: readonly Photo[];
}

/** One article with its pictures; for its seller, with what can be done to it. */
export function ArticlePage({ article, photos }: ArticleProps): Html {
  const words = useWords<Words>();
  const price = useMoney("EUR");
  const { user, language } = useVisitor();
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "Europe/Paris" }).format(new Date(article.created_at));
  const isOwn = user?.id === article.seller_id;
  return (
    <article class="split">
      {photos.length > 0 ? <Gallery title={article.title} photos={photos} /> : <NoPictures article={article} isOwn={isOwn} />}
      <div>
        <h1>{article.title}</h1>
        <p>
          <span class="tag price">{price(article.price_cents)}</span>
        </p>
        <p class="prose">{article.description}</p>
        <p class="meta">{article.place}</p>
        <p class="meta">
          {words.soldBy(article.seller)}, {words.since(date)}
        </p>
        {isOwn ? (
          <p class="actions own">
            <a class="button" href={`/articles/${article.id}/edit`}>
              {words.edit}
            </a>
            <a class="button danger" href={`/articles/${article.id}/delete`}>
              {words.remove}
            </a>
          </p>
        ) : undefined}
      </div>
    </article>
  );
}

/** Where there is none: of an old article, what the old URL of its picture answers. */
function NoPictures({ article, isOwn }: Pick<ArticleProps, "article"> & { readonly isOwn: boolean }): Html {
  const words = useWords<Words>();
  if (article.image === null) return <div class="no-picture" />;
  return (
    <figure class="lost">
      <img src={article.image} alt={words.lostPicture(article.title)} width={640} height={480} />
      <figcaption>
        {words.lostText} {isOwn ? words.lostYours : undefined}
      </figcaption>
      {isOwn ? (
        <a class="button" href={`/articles/${article.id}/picture`}>
          {words.uploadAgain}
        </a>
      ) : undefined}
    </figure>
  );
}
