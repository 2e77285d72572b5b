import { avatar, type MediaFile } from "@holdfast/media";
import type { Html } from "./html.js";
import { useVisitor } from "./layout.js";

interface AvatarProps {
  readonly name: string;
  /** The person's picture; without one their initials are drawn. */
  readonly file: MediaFile | undefined;
  /** Width and height in CSS pixels. @defaultValue 48 */
  readonly size?: number;
  /** @defaultValue none, for the name stands beside it */
  readonly alt?: string;
}

/** A person: their picture over their initials, which are seen until it arrives and where it never does, also without JavaScript. */
export function Avatar({ name, file, size = 48, alt = "" }: AvatarProps): Html {
  const { attributes } = avatar({ name, file, size, alt, locale: useVisitor().language, class: size > 64 ? "avatar large" : "avatar" });
  return <img {...attributes} alt={alt} />;
}
