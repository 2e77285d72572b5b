import { createElement, type ReactElement } from "react";
import { BinIcon, DocumentIcon } from "./icons.js";
import { formatSize } from "./quantities.js";
import { type StoredFile, variantUrl } from "./service.js";

/** One file: its picture over its own blur, a link to the original, and the way to delete it. */
export function PhotoTile({ file, onDelete }: { readonly file: StoredFile; readonly onDelete: () => void }): ReactElement {
  const storedAt = new Date(file.storedAt);
  return (
    <li className="tile">
      <a href={file.url} title={`Stored ${storedAt.toLocaleString()}`}>
        <Picture file={file} />
        <span className="tile-name">{file.name}</span>
        <span className="tile-facts">{describe(file)}</span>
      </a>
      <button type="button" className="round" onClick={onDelete} title="Delete">
        <BinIcon />
        <span className="unseen">Delete {file.name}</span>
      </button>
    </li>
  );
}

/** The picture in a `<media-image>`, which shows the blur while it loads and where it does not answer, and tries it again. */
function Picture({ file }: { readonly file: StoredFile }): ReactElement {
  if (file.width === null || file.height === null) {
    return (
      <span className="frame type-tile">
        <DocumentIcon />
        <span>{kindOf(file.type)}</span>
      </span>
    );
  }
  return createElement(
    "media-image",
    { className: "frame" },
    <img
      src={variantUrl(file, "w320")}
      srcSet={`${variantUrl(file, "w320")} 320w, ${variantUrl(file, "w640")} 640w`}
      sizes="(min-width: 72rem) 170px, (min-width: 48rem) 24vw, 46vw"
      width={file.width}
      height={file.height}
      alt=""
      loading="lazy"
      decoding="async"
      data-thumbhash={file.thumbhash ?? undefined}
    />,
  );
}

function describe(file: StoredFile): string {
  const size = formatSize(file.size);
  return file.width === null || file.height === null ? size : `${file.width} × ${file.height} · ${size}`;
}

/** Name a media type for people: `application/pdf` → `PDF`, `video/mp4` → `MP4`. */
function kindOf(type: string): string {
  return (type.split("/")[1] ?? type).replace(/^x-/, "").toUpperCase();
}
