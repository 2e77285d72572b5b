import { type MediaFile, picture } from "@holdfast/media";
import type { Html } from "./html.js";

interface PictureProps {
  readonly file: MediaFile;
  /** What it shows, for who cannot see it; empty where the text beside it says the same. */
  readonly alt: string;
  /** One of the app's presets: a picture of one size. */
  readonly preset?: string;
  /** How wide its place is, where it is as wide as that. */
  readonly sizes?: string;
  readonly class?: string;
  /** Whether it may wait until it comes into view. @defaultValue true */
  readonly isLazy?: boolean;
}

/** A picture in the size its place needs, over its own blur: that is seen until it arrives, and where it never does. */
export function Picture({ file, alt, preset, sizes, class: className, isLazy = true }: PictureProps): Html {
  const { attributes } = picture(file, { alt, preset, sizes, class: className, loading: isLazy ? "lazy" : "eager", display: "block" });
  return <img {...attributes} alt={alt} />;
}
