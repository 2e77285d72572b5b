import type { Media, MediaFile } from "@holdfast/media";

/** The hidden fields with the ids of files that came with a form that had to be corrected. */
export const stagedField = "staged";

/** Files that came with a form that had to be corrected; only one's own, and only those that still wait to be attached. */
export async function stagedBefore(
  fields: URLSearchParams,
  { media, owner, most }: { readonly media: Media; readonly owner: string; readonly most: number },
): Promise<MediaFile[]> {
  const ids = fields.getAll(stagedField).slice(0, most);
  const files = await media.getEach(ids);
  const inOrder = ids.map((id) => files.get(id)).filter((file) => file !== undefined);
  return inOrder.filter((file) => file.owner === owner && file.expiresAt !== undefined);
}
