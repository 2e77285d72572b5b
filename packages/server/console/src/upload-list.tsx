import { type ReactElement, useCallback, useEffect, useRef, useState } from "react";
import { CloseIcon, DocumentIcon, PhotosIcon, TickIcon } from "./icons.js";
import { count, formatSize } from "./quantities.js";
import type { Upload, UploadQueue, UploadStage } from "./upload-queue.js";

// Long enough to see the tick; then the photo is in the grid and the row has done its work.
const lingerMs = 2500;

/** The uploads of this page, one row each. Stored ones leave by themselves, refused ones stay until somebody decides. */
export function UploadList({ uploads, queue }: { readonly uploads: readonly Upload[]; readonly queue: UploadQueue }): ReactElement {
  const title = useRef<HTMLHeadingElement>(null);
  const busy = uploads.filter(({ stage }) => stage.kind !== "stored" && stage.kind !== "failed").length;
  const failed = uploads.filter(({ stage }) => stage.kind === "failed").length;

  useEffect(() => {
    if (busy > 0) return;
    const timer = setTimeout(() => {
      for (const { key, stage } of uploads) if (stage.kind === "stored") queue.remove(key);
    }, lingerMs);
    return () => clearTimeout(timer);
  }, [busy, queue, uploads]);

  const remove = (key: number): void => {
    queue.remove(key);
    // The button that had the focus is gone; without this the keyboard starts again at the top of the page.
    title.current?.focus();
  };
  return (
    <section className="uploads" aria-labelledby="uploads-title">
      <h2 id="uploads-title" ref={title} tabIndex={-1}>
        {busy > 0 ? `Adding ${count(busy, "file")}` : failed > 0 ? `${count(failed, "file")} not added` : "All stored"}
      </h2>
      <ul>
        {uploads.map((upload) => (
          <UploadRow key={upload.key} upload={upload} onRetry={() => queue.retry(upload.key)} onRemove={() => remove(upload.key)} />
        ))}
      </ul>
    </section>
  );
}

function UploadRow(props: { readonly upload: Upload; readonly onRetry: () => void; readonly onRemove: () => void }): ReactElement {
  const { upload, onRetry, onRemove } = props;
  const { file, stage } = upload;
  return (
    <li className="upload" data-stage={stage.kind}>
      <Preview file={file} isWanted={stage.kind !== "waiting"} />
      <div className="upload-words">
        <p className="upload-name">{file.name}</p>
        {stage.kind === "failed" ? (
          <p className="problem" role="alert">
            {stage.detail}
          </p>
        ) : (
          <p className="upload-stage">{describe(stage, file.size)}</p>
        )}
        <Bar stage={stage} file={file} />
      </div>
      {stage.kind === "stored" && <TickIcon />}
      {stage.kind === "failed" && (
        <button type="button" onClick={onRetry}>
          Try again<span className="unseen"> with {file.name}</span>
        </button>
      )}
      {stage.kind !== "stored" && (
        <button type="button" className="round" onClick={onRemove} title={stage.kind === "failed" ? "Dismiss" : "Cancel"}>
          <CloseIcon />
          <span className="unseen">
            {stage.kind === "failed" ? "Dismiss" : "Cancel"} {file.name}
          </span>
        </button>
      )}
    </li>
  );
}

function Bar({ stage, file }: { readonly stage: UploadStage; readonly file: File }): ReactElement | undefined {
  switch (stage.kind) {
    case "waiting":
      return <progress value={0} max={1} aria-label={`${file.name} waits`} />;
    case "sending":
      return <progress value={stage.sentBytes} max={Math.max(1, file.size)} aria-label={`${file.name}, sent`} />;
    case "checking":
      return <progress aria-label={`${file.name}, checked and stored`} />;
    case "stored":
    case "failed":
      return undefined;
  }
}

function describe(stage: Exclude<UploadStage, { kind: "failed" }>, size: number): string {
  switch (stage.kind) {
    case "waiting":
      return `Waits for its turn · ${formatSize(size)}`;
    case "sending": {
      const percent = size === 0 ? 100 : Math.floor((stage.sentBytes / size) * 100);
      return `${percent} % · ${formatSize(stage.sentBytes)} of ${formatSize(size)}`;
    }
    case "checking":
      return "Checking and storing…";
    case "stored":
      return `Stored · ${formatSize(size)}`;
  }
}

/** Show the photo from the visitor's own disk, while its turn lasts: a hundred waiting ones are not decoded. */
function Preview({ file, isWanted }: { readonly file: File; readonly isWanted: boolean }): ReactElement {
  const [isShown, setIsShown] = useState(true);
  const show = useCallback(
    (image: HTMLImageElement) => {
      const url = URL.createObjectURL(file);
      image.src = url;
      return () => URL.revokeObjectURL(url);
    },
    [file],
  );
  const isImage = file.type.startsWith("image/") && isShown;
  return (
    <span className="preview">
      {isImage && isWanted ? (
        <img ref={show} alt="" decoding="async" onError={() => setIsShown(false)} />
      ) : isImage ? (
        <PhotosIcon />
      ) : (
        <DocumentIcon />
      )}
    </span>
  );
}
