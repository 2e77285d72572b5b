import { Field, FileField, Form, type Html, Picture, type Problems, ProblemSummary, type Refusal, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Article, Photo } from "./articles.js";
import type { Words } from "./words.js";

/** What the form shows: what was typed, so that a mistake costs nobody their text. */
export interface Draft {
  readonly title: string;
  readonly description: string;
  readonly price: string;
  readonly place: string;
}

export const pictureTypes = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/heic,image/heif";

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
        {photos.length > 0 ? <Ordering photos={photos} /> : undefined}
        {staged.length > 0 ? <Staged files={staged} /> : undefined}
        <FileField
          name="photos"
          label={photos.length > 0 ? words.addPhotos : words.photos}
          hint={words.photosHint}
          accept={pictureTypes}
          isMultiple
          isOptional
        />
        <div class="actions">
          <button>{isNew ? words.publish : words.save}</button>
          <a class="button quiet" href={back}>
            {words.cancel}
          </a>
        </div>
      </Form>
    </div>
  );
}

/** The pictures in their order. Every button sends the whole form, so that nothing that was typed is lost by moving a picture. */
function Ordering({ photos }: { readonly photos: readonly Photo[] }): Html {
  const words = useWords<Words>();
  return (
    <fieldset id="pictures">
      <legend>{words.photos}</legend>
      <ol class="ordering">
        {photos.map(({ file, description }, at) => (
          <li>
            <Picture file={file} preset="card" alt="" />
            <Field
              name={`description-${file.id}`}
              label={words.describe(at + 1)}
              value={description}
              hint={at === 0 ? words.describeHint : undefined}
              maxlength={200}
              isOptional
            />
            <div class="actions">
              {at === 0 ? undefined : (
                <button class="quiet" name="forward" value={file.id} aria-label={words.moveUp(at + 1)}>
                  {words.forward}
                </button>
              )}
              {at === photos.length - 1 ? undefined : (
                <button class="quiet" name="back" value={file.id} aria-label={words.moveDown(at + 1)}>
                  {words.back}
                </button>
              )}
              <button class="quiet" name="remove" value={file.id} aria-label={words.removePhoto(at + 1)}>
                {words.take}
              </button>
            </div>
          </li>
        ))}
      </ol>
    </fieldset>
  );
}

function Staged({ files }: { readonly files: readonly MediaFile[] }): Html {
  const words = useWords<Words>();
  return (
    <div class="field">
      <p class="hint">{words.alreadyUploaded}</p>
      <ul class="staged">
        {files.map((file) => (
          <li>
            <input type="hidden" name="staged" value={file.id} />
            <Picture file={file} preset="card" alt={file.name} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Ask once more before something goes. */
export function DeletePage({ article }: { readonly article: Article }): Html {
  const words = useWords<Words>();
  return (
    <div class="narrow">
      <h1>{words.deleteTitle}</h1>
      <Form action={`/articles/${article.id}/delete`} class="card">
        <p>{words.deleteText(article.title)}</p>
        <div class="actions">
          <button class="danger">{words.remove}</button>
          <a class="button quiet" href={`/articles/${article.id}`}>
            {words.cancel}
          </a>
        </div>
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
        <div class="actions">
          <button>{words.uploadAgain}</button>
          <a class="button quiet" href={`/articles/${article.id}`}>
            {words.cancel}
          </a>
        </div>
      </Form>
    </div>
  );
}
