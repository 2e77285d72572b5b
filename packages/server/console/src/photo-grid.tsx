import { type ReactElement, useRef, useState } from "react";
import { useAnnounce } from "./announcer.js";
import { DeleteDialog } from "./delete-dialog.js";
import { PhotoTile } from "./photo-tile.js";
import type { StoredFile } from "./service.js";
import type { Photos } from "./use-photos.js";

/** The stored photos, newest first, and an invitation while there are none. */
export function PhotoGrid({ photos, onChoose }: { readonly photos: Photos; readonly onChoose: () => void }): ReactElement {
  const { files, hasMore, isLoading, problem, loadMore } = photos;
  const [doomed, setDoomed] = useState<StoredFile>();
  const title = useRef<HTMLHeadingElement>(null);
  const announce = useAnnounce();

  const deleted = (file: StoredFile): void => {
    setDoomed(undefined);
    announce(`${file.name} is deleted.`);
    title.current?.focus();
  };
  return (
    <section className="photos" aria-labelledby="photos-title" aria-busy={isLoading}>
      <h2 id="photos-title" ref={title} tabIndex={-1}>
        Photos
      </h2>
      {files?.length === 0 && !isLoading && <NoPhotos onChoose={onChoose} />}
      {files !== undefined && files.length > 0 && (
        <ul className="grid">
          {files.map((file) => (
            <PhotoTile key={file.id} file={file} onDelete={() => setDoomed(file)} />
          ))}
        </ul>
      )}
      {problem !== undefined && (
        <div className="notice" role="alert">
          <p>{problem}</p>
          <button type="button" onClick={loadMore}>
            Try again
          </button>
        </div>
      )}
      {hasMore && problem === undefined && (
        <button type="button" className="more" disabled={isLoading} onClick={loadMore}>
          Show more
        </button>
      )}
      {doomed !== undefined && (
        <DeleteDialog file={doomed} onDelete={photos.remove} onDeleted={() => deleted(doomed)} onClose={() => setDoomed(undefined)} />
      )}
    </section>
  );
}

function NoPhotos({ onChoose }: { readonly onChoose: () => void }): ReactElement {
  return (
    <div className="no-photos">
      <div className="ghosts" aria-hidden="true">
        <span />
        <span />
        <span />
        <span />
        <span />
        <span />
      </div>
      <p>
        Nothing here yet.{" "}
        <button type="button" className="link" onClick={onChoose}>
          Add your first photo
        </button>
        , and it stays.
      </p>
    </div>
  );
}
