import { type Html, Picture, useVisitor, useWords } from "@holdfast/example-site";
import type { Article, Photo } from "./articles.js";
import { usePrice } from "./list-page.js";
import type { Words } from "./words.js";

interface ArticleProps {
  readonly article: Article;
  readonly photos: readonly Photo[];
}

/** One article with its pictures; for its seller, with what can be done to it. */
export function ArticlePage({ article, photos }: ArticleProps): Html {
  const words = useWords<Words>();
  const price = usePrice();
  const { user, language } = useVisitor();
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "Europe/Paris" }).format(new Date(article.created_at));
  const isOwn = user?.id === article.seller_id;
  return (
    <article class="split">
      <Gallery article={article} photos={photos} isOwn={isOwn} />
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

function Gallery({ article, photos, isOwn }: ArticleProps & { readonly isOwn: boolean }): Html {
  const words = useWords<Words>();
  if (photos.length > 0) {
    return (
      <ul class="gallery">
        {photos.map(({ file, description }, at) => (
          <li>
            <a href={file.url()}>
              <Picture
                file={file}
                alt={description === "" ? words.photoOf(article.title, at + 1) : description}
                sizes={at === 0 ? "(min-width: 52rem) 40rem, 100vw" : "(min-width: 52rem) 20rem, 50vw"}
                isLazy={at > 2}
              />
            </a>
          </li>
        ))}
      </ul>
    );
  }
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
