import type { MediaFile } from "@holdfast/media";
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

/** A picture in the size its place needs, whose place is kept before it arrives. */
export function Picture({ file, alt, preset, sizes, class: className, isLazy = true }: PictureProps): Html {
  const size = preset === undefined ? file.dimensions() : file.dimensions({ preset });
  return (
    <img
      src={preset === undefined ? file.url({ width: 1024 }) : file.url({ preset })}
      srcset={preset === undefined ? file.srcset() : file.srcset({ preset })}
      sizes={sizes}
      width={size?.width}
      height={size?.height}
      alt={alt}
      class={className}
      loading={isLazy ? "lazy" : undefined}
    />
  );
}
