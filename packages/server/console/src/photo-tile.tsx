import { type ReactElement, useEffect, useMemo, useRef, useState } from "react";
import { thumbHashToDataURL } from "thumbhash";
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

function Picture({ file }: { readonly file: StoredFile }): ReactElement {
  const [stage, setStage] = useState<"coming" | "here" | "away">("coming");
  const image = useRef<HTMLImageElement>(null);
  const blur = useMemo(() => drawBlur(file.thumbhash), [file.thumbhash]);
  useEffect(() => {
    // A picture from the browser's cache may be complete before React listens for it.
    if (image.current?.complete === true && image.current.naturalWidth > 0) setStage("here");
  }, []);

  if (file.width === null || file.height === null || stage === "away") {
    return (
      <span className="frame type-tile">
        <DocumentIcon />
        <span>{stage === "away" ? "does not answer" : kindOf(file.type)}</span>
      </span>
    );
  }
  return (
    <span className="frame" style={blur === undefined ? undefined : { backgroundImage: `url("${blur}")` }}>
      <img
        ref={image}
        src={variantUrl(file, "w320")}
        srcSet={`${variantUrl(file, "w320")} 320w, ${variantUrl(file, "w640")} 640w`}
        sizes="(min-width: 72rem) 170px, (min-width: 48rem) 24vw, 46vw"
        width={file.width}
        height={file.height}
        alt=""
        loading="lazy"
        decoding="async"
        data-stage={stage}
        onLoad={() => setStage("here")}
        onError={() => setStage("away")}
      />
    </span>
  );
}

function drawBlur(thumbhash: string | null): string | undefined {
  if (thumbhash === null) return undefined;
  return thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (character) => character.charCodeAt(0)));
}

function describe(file: StoredFile): string {
  const size = formatSize(file.size);
  return file.width === null || file.height === null ? size : `${file.width} × ${file.height} · ${size}`;
}

/** Name a media type for people: `application/pdf` → `PDF`, `video/mp4` → `MP4`. */
function kindOf(type: string): string {
  return (type.split("/")[1] ?? type).replace(/^x-/, "").toUpperCase();
}
