import type { Media, MediaFile } from "@holdfast/media";
import { mostPhotos, type Photo } from "./photos.js";
import type { Form } from "./read-form.js";
import { stagedBefore } from "./staged-before.js";

/** The field that new pictures come in. */
export const photosField = "photos";

/** What a form says of a record's pictures. */
export interface SentPhotos {
  /** All pictures as the form wants them: those of before, then the new ones. */
  readonly wanted: readonly Photo[];
  /** The new ones alone: where the form has to be corrected, they need not be sent again. */
  readonly staged: readonly MediaFile[];
  /** Whether a picture was moved or taken away by its button: whoever does that is not done with the form yet. */
  readonly isMove: boolean;
}

/** Read the part of a form that `PhotoFields` is. */
export async function readPhotos(
  { fields, files }: Form,
  options: { readonly media: Media; readonly owner: string; readonly before?: readonly Photo[] },
): Promise<SentPhotos> {
  const { media, owner, before = [] } = options;
  const staged = [...(await stagedBefore(fields, { media, owner, most: mostPhotos })), ...(files.get(photosField) ?? [])];
  const added = staged.map((file) => ({ file, description: "" }));
  return {
    wanted: [...arranged(before, fields), ...added].slice(0, mostPhotos),
    staged,
    isMove: fields.has("forward") || fields.has("back") || fields.has("remove"),
  };
}

/** The pictures as the form wants them: described anew, one of them moved by a place, one gone. */
function arranged(before: readonly Photo[], fields: URLSearchParams): Photo[] {
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
