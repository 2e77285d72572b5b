import { type Html, Pages, Picture, useMoney, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Article } from "./articles.js";
import type { Words } from "./words.js";

interface ListProps {
  readonly title: string;
  readonly articles: readonly Article[];
  readonly covers: ReadonlyMap<string, MediaFile>;
  readonly query: string;
  readonly isSearchable: boolean;
  readonly newer: string | undefined;
  readonly older: string | undefined;
}

/** Articles in a grid, each with its first picture. */
export function ListPage({ title, articles, covers, query, isSearchable, newer, older }: ListProps): Html {
  const words = useWords<Words>();
  return (
    <>
      <div class="heading">
        <h1>{title}</h1>
        <a class="button" href="/articles/new">
          {words.sell}
        </a>
      </div>
      {isSearchable ? <Search query={query} /> : undefined}
      {query === "" ? undefined : <p>{words.found(articles.length, query)}</p>}
      {articles.length === 0 && query === "" ? <p class="empty">{words.noArticles}</p> : undefined}
      <ul class="grid">
        {articles.map((article, at) => (
          <li>
            <Tile article={article} cover={covers.get(article.id)} isFirst={at < 4} />
          </li>
        ))}
      </ul>
      <Pages newer={newer} older={older} />
    </>
  );
}

function Search({ query }: { readonly query: string }): Html {
  const words = useWords<Words>();
  return (
    <search>
      <form class="search" action="/">
        <label class="visually-hidden" for="q">
          {words.searchLabel}
        </label>
        <input type="search" id="q" name="q" value={query} placeholder={words.searchLabel} maxlength={80} />
        <button>{words.search}</button>
      </form>
    </search>
  );
}

interface TileProps {
  readonly article: Article;
  readonly cover: MediaFile | undefined;
  readonly isFirst: boolean;
}

function Tile({ article, cover, isFirst }: TileProps): Html {
  const { id, title, price_cents: cents, place } = article;
  const price = useMoney("EUR");
  return (
    <article class="tile">
      <div class="picture">
        <Cover article={article} cover={cover} isFirst={isFirst} />
      </div>
      <div class="body">
        <h2>
          <a href={`/articles/${id}`}>{title}</a>
        </h2>
        <p class="meta">{place}</p>
        <p class="price meta">{price(cents)}</p>
      </div>
    </article>
  );
}

/** The first picture; of an old article whose picture is not among the new ones, what its old URL answers. */
function Cover({ article, cover, isFirst }: TileProps): Html {
  // The link beside it says the title.
  if (cover !== undefined) return <Picture file={cover} preset="card" alt="" isLazy={!isFirst} />;
  if (article.image !== null) return <img src={article.image} alt="" width={560} height={420} loading="lazy" />;
  return <span class="no-picture" />;
}
