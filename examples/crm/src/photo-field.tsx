import {
  Avatar,
  Choice,
  type FieldReader,
  FileField,
  type FormFiles,
  type Html,
  type SentForm,
  stagedBefore,
  stagedField,
  useAsset,
  useWords,
} from "@holdfast/example-site";
import type { AttachmentTarget, DatabaseTransaction, Focus, Media, MediaFile } from "@holdfast/media";
import type { Words } from "./words.js";

/** Which part of a photograph is kept: a square around what draws the eye, or at one of its edges. */
const foci: Readonly<Record<string, Focus>> = {
  attention: "attention",
  center: "center",
  top: { x: 50, y: 0 },
  bottom: { x: 50, y: 100 },
  left: { x: 0, y: 50 },
  right: { x: 100, y: 50 },
};

/** The longer side of what is kept of a photograph: twice what the largest place for it takes. */
const side = 800;

/**
 * How the photos of people are kept: only a square, for the rest of the photograph is nobody's business; and shown to nobody who has
 * not been given a signed URL.
 */
export function squareOf(focus: string | null) {
  const chosen = Object.hasOwn(foci, focus ?? "") ? foci[focus ?? ""] : undefined;
  return { visibility: "confidential", keepAs: { width: side, height: side, fit: "cover", focus: chosen ?? "attention" } } as const;
}

/** For `readForm`: one photo, cropped as the field before it says. */
export function onePhoto(owner: string): FormFiles {
  return { owner, most: 1, keepAs: (fields) => squareOf(fields.get("focus")) };
}

/** What is to happen to the photo of a record, within the transaction that changes the record. */
export type PhotoChange = (media: Media, tx: DatabaseTransaction, slot: AttachmentTarget) => Promise<void>;

/** What a form says about the photo. */
export interface SentPhoto {
  /** The new photo, also one that came with a form that had to be corrected. */
  readonly file: MediaFile | undefined;
  readonly change: PhotoChange;
}

/** Read what a form says about the photo; why a file was not taken is noted as the field's problem. */
export async function readPhoto(form: SentForm, read: FieldReader, media: Media, owner: string): Promise<SentPhoto> {
  const [before] = await stagedBefore(form.fields, { media, owner, most: 1 });
  const file = form.files.get("photo")?.[0] ?? before;
  for (const { name, reason } of form.refusals) read.complain("photo", `${name} ${reason}`);
  const isUnwanted = file === undefined && form.fields.has("removePhoto");
  return {
    file,
    async change(by, tx, slot) {
      if (file !== undefined) await by.attach(file, { to: slot, replace: true, tx });
      else if (isUnwanted) await by.detach({ from: slot, tx });
    },
  };
}

interface PhotoFieldProps {
  /** Whose photo it is. */
  readonly name: string;
  /** The photo that there is. */
  readonly photo: MediaFile | undefined;
  /** One that came with a form that has to be corrected: it need not be sent again. */
  readonly staged: MediaFile | undefined;
  readonly problem: string | undefined;
}

/** A person's photo: the one there is, and a field for another. Where there are scripts, the crop is chosen with the picture in sight. */
export function PhotoField({ name, photo, staged, problem }: PhotoFieldProps): Html {
  const words = useWords<Words>();
  const choices = Object.keys(foci).map((value) => ({ value, label: words.foci[value as keyof Words["foci"]] }));
  return (
    <fieldset class="photo-field">
      <legend>{words.photo}</legend>
      <div class="person">
        <Avatar name={name} file={staged ?? photo} size={112} />
        {photo === undefined || staged !== undefined ? undefined : (
          <label class="check">
            <input type="checkbox" name="removePhoto" value="yes" /> {words.removePhoto}
          </label>
        )}
        {staged === undefined ? undefined : (
          <p class="hint">
            <input type="hidden" name={stagedField} value={staged.id} /> {words.alreadyUploaded}
          </p>
        )}
      </div>
      <div data-without-crop>
        <Choice name="focus" label={words.focus} hint={words.focusHint} value="attention" choices={choices} />
      </div>
      <FileField name="photo" label={words.newPhoto} hint={words.photoHint} accept={photoTypes} problem={problem} isOptional />
      <div data-crop="photo" data-label={words.crop} data-zoom={words.zoom} data-across={words.across} data-down={words.down} hidden />
      <script type="module" src={useAsset("crop.js")} />
    </fieldset>
  );
}

export const photoTypes = "image/jpeg,image/png,image/webp,image/avif,image/gif";
