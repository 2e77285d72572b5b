import {
  Field,
  FileField,
  Form,
  FormActions,
  type Html,
  type Photo,
  PhotoFields,
  pictureTypes,
  type Problems,
  ProblemSummary,
  type Refusal,
  useWords,
} from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Article } from "./articles.js";
import type { Words } from "./words.js";

/** What the form shows: what was typed, so that a mistake costs nobody their text. */
export interface Draft {
  readonly title: string;
  readonly description: string;
  readonly price: string;
  readonly place: string;
}

interface EditProps {
  /** Absent while the article is new. */
  readonly article: Article | undefined;
  readonly draft: Draft;
  readonly photos: readonly Photo[];
  /** Pictures that came with a form that has to be corrected: they need not be sent again. */
  readonly staged: readonly MediaFile[];
  readonly problems: Problems;
  readonly refusals: readonly Refusal[];
}

/** The form of an article, new or not. */
export function EditPage({ article, draft, photos, staged, problems, refusals }: EditProps): Html {
  const words = useWords<Words>();
  const isNew = article === undefined;
  const back = isNew ? "/" : `/articles/${article.id}`;
  return (
    <div class="medium">
      <h1>{isNew ? words.newTitle : words.editTitle}</h1>
      <ProblemSummary problems={problems} refusals={refusals} />
      <Form action={isNew ? "/articles" : back} isMultipart class="card">
        {/* Enter in a field is the first button's: it must be the one that saves. */}
        <button class="visually-hidden" tabindex={-1} aria-hidden="true" />
        <Field name="title" label={words.title} value={draft.title} problem={problems["title"]} maxlength={120} />
        <Field name="description" label={words.description} value={draft.description} problem={problems["description"]} lines={6} />
        <Field name="price" label={words.price} value={draft.price} problem={problems["price"]} inputmode="decimal" maxlength={12} />
        <Field name="place" label={words.place} value={draft.place} problem={problems["place"]} maxlength={80} />
        <PhotoFields photos={photos} staged={staged} preset="card" />
        <FormActions label={isNew ? words.publish : words.save} back={back} />
      </Form>
    </div>
  );
}

interface RepairProps {
  readonly article: Article;
  readonly problems: Problems;
  readonly refusals: readonly Refusal[];
}

/** Upload a lost picture again. */
export function RepairPage({ article, problems, refusals }: RepairProps): Html {
  const words = useWords<Words>();
  return (
    <div class="narrow">
      <h1>{words.uploadAgainTitle}</h1>
      <ProblemSummary problems={problems} refusals={refusals} />
      <Form action={`/articles/${article.id}/picture`} isMultipart class="card">
        <p>
          <strong>{article.title}</strong>
        </p>
        <p>{words.lostYours}</p>
        <FileField name="picture" label={words.picture} accept={pictureTypes} problem={problems["picture"]} />
        <FormActions label={words.uploadAgain} back={`/articles/${article.id}`} />
      </Form>
    </div>
  );
}
