import type { MediaFile } from "@holdfast/media";
import { Field, FileField } from "./form-fields.js";
import type { Html } from "./html.js";
import { useWords } from "./layout.js";
import { photosField } from "./photo-form.js";
import type { Photo } from "./photos.js";
import { Picture } from "./picture.js";
import { stagedField } from "./staged-before.js";

/** What can be chosen for a picture. */
export const pictureTypes = "image/jpeg,image/png,image/webp,image/avif,image/gif,image/heic,image/heif";

interface PhotoFieldsProps {
  readonly photos: readonly Photo[];
  /** Pictures that came with a form that has to be corrected: they need not be sent again. */
  readonly staged: readonly MediaFile[];
  /** The preset that they are shown in. */
  readonly preset: string;
}

/** The part of a form that arranges a record's pictures and takes new ones; `readPhotos` reads it. */
export function PhotoFields({ photos, staged, preset }: PhotoFieldsProps): Html {
  const words = useWords().photos;
  return (
    <>
      {photos.length > 0 ? <Ordering photos={photos} preset={preset} /> : undefined}
      {staged.length > 0 ? <Staged files={staged} preset={preset} /> : undefined}
      <FileField
        name={photosField}
        label={photos.length > 0 ? words.add : words.photos}
        hint={words.hint}
        accept={pictureTypes}
        isMultiple
        isOptional
      />
    </>
  );
}

/** The pictures in their order. Every button sends the whole form, so that nothing that was typed is lost by moving a picture. */
function Ordering({ photos, preset }: Pick<PhotoFieldsProps, "photos" | "preset">): Html {
  const words = useWords().photos;
  return (
    <fieldset id="pictures">
      <legend>{words.photos}</legend>
      <ol class="ordering">
        {photos.map(({ file, description }, at) => (
          <li>
            <Picture file={file} preset={preset} alt="" />
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
                <button class="quiet" name="forward" value={file.id} aria-label={words.moveForward(at + 1)}>
                  {words.forward}
                </button>
              )}
              {at === photos.length - 1 ? undefined : (
                <button class="quiet" name="back" value={file.id} aria-label={words.moveBack(at + 1)}>
                  {words.back}
                </button>
              )}
              <button class="quiet" name="remove" value={file.id} aria-label={words.remove(at + 1)}>
                {words.take}
              </button>
            </div>
          </li>
        ))}
      </ol>
    </fieldset>
  );
}

function Staged({ files, preset }: { readonly files: readonly MediaFile[]; readonly preset: string }): Html {
  const words = useWords().photos;
  return (
    <div class="field">
      <p class="hint">{words.alreadyUploaded}</p>
      <ul class="staged">
        {files.map((file) => (
          <li>
            <input type="hidden" name={stagedField} value={file.id} />
            <Picture file={file} preset={preset} alt={file.name} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A record's pictures on its page: the first one large, each a link to the whole of it. */
export function Gallery({ title, photos }: { readonly title: string; readonly photos: readonly Photo[] }): Html {
  const words = useWords().photos;
  return (
    <ul class="gallery">
      {photos.map(({ file, description }, at) => (
        <li>
          <a href={file.url()}>
            <Picture
              file={file}
              alt={description === "" ? words.photoOf(title, at + 1) : description}
              sizes={at === 0 ? "(min-width: 52rem) 40rem, 100vw" : "(min-width: 52rem) 20rem, 50vw"}
              isLazy={at > 2}
            />
          </a>
        </li>
      ))}
    </ul>
  );
}
