import { type ChangeEvent, type ReactElement, type RefObject, useEffect, useRef, useState } from "react";
import { carriesFiles, readDroppedFiles } from "./dropped-files.js";
import { PhotosIcon } from "./icons.js";
import { count } from "./quantities.js";

/** The promise of the page and every way in: pick, drop anywhere on the page, paste. */
export function Intake(props: {
  readonly pick: RefObject<HTMLButtonElement | null>;
  readonly onFiles: (files: readonly File[]) => void;
}): ReactElement {
  const { pick, onFiles } = props;
  const input = useRef<HTMLInputElement>(null);
  const hovering = usePageDrop(onFiles);
  usePaste(onFiles);

  const chosen = (event: ChangeEvent<HTMLInputElement>): void => {
    onFiles(Array.from(event.currentTarget.files ?? []));
    // The same file can be chosen again, after it was mended.
    event.currentTarget.value = "";
  };

  return (
    <section className="intake" aria-labelledby="promise">
      <div className="promise">
        <h1 id="promise">Deploy as often as you like. Lose nothing.</h1>
        <p>
          Each photo you add is checked, stored and catalogued before you are told that it is here. After that, no deploy takes it away.
        </p>
      </div>
      <div className="drop-card">
        <PhotosIcon />
        <p className="by-mouse">Drop photos anywhere on this page</p>
        <button type="button" className="main" ref={pick} onClick={() => input.current?.click()}>
          Choose photos
        </button>
        <p className="aside by-mouse">or paste one</p>
        <input ref={input} type="file" multiple accept="image/*" hidden onChange={chosen} />
      </div>
      {hovering !== undefined && (
        <div className="drop-veil" aria-hidden="true">
          <p>{hovering === 0 ? "Drop to add" : `Drop to add ${count(hovering, "file")}`}</p>
        </div>
      )}
    </section>
  );
}

// A drag that hovers says so at least every 350 ms (Firefox). One that has not for this long was called off, which
// not every browser tells.
const quietMs = 1000;

/** Take files dropped anywhere on the page. Answers how many hover over it, or `undefined` while none do. */
function usePageDrop(onFiles: (files: readonly File[]) => void): number | undefined {
  const [hovering, setHovering] = useState<number>();
  useEffect(() => {
    let quiet: ReturnType<typeof setTimeout> | undefined;
    const gone = (): void => {
      clearTimeout(quiet);
      setHovering(undefined);
    };
    const over = (event: DragEvent): void => {
      if (!carriesFiles(event.dataTransfer)) return;
      // Without this the browser leaves the page and shows the photo itself.
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setHovering(event.dataTransfer.items.length);
      clearTimeout(quiet);
      quiet = setTimeout(gone, quietMs);
    };
    const leave = (event: DragEvent): void => {
      // From one element to the next is not out of the page.
      if (event.relatedTarget === null) gone();
    };
    const drop = (event: DragEvent): void => {
      if (!carriesFiles(event.dataTransfer)) return;
      event.preventDefault();
      gone();
      void readDroppedFiles(event.dataTransfer).then(onFiles);
    };
    const left = new AbortController();
    const { signal } = left;
    window.addEventListener("dragenter", over, { signal });
    window.addEventListener("dragleave", leave, { signal });
    window.addEventListener("dragover", over, { signal });
    window.addEventListener("drop", drop, { signal });
    return () => {
      left.abort();
      clearTimeout(quiet);
    };
  }, [onFiles]);
  return hovering;
}

function usePaste(onFiles: (files: readonly File[]) => void): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const files = Array.from(event.clipboardData?.files ?? []);
      if (files.length === 0) return;
      event.preventDefault();
      onFiles(files);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [onFiles]);
}
