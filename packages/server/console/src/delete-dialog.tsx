import { type ReactElement, useEffect, useRef, useState } from "react";
import type { StoredFile } from "./service.js";

/** Ask before a file goes. The dialog is modal: Escape and Keep leave everything as it is. */
export function DeleteDialog(props: {
  readonly file: StoredFile;
  readonly onDelete: (file: StoredFile) => Promise<void>;
  readonly onDeleted: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const { file, onDelete, onDeleted, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<string>();
  const [isDeleting, setIsDeleting] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async (): Promise<void> => {
    setIsDeleting(true);
    try {
      await onDelete(file);
      onDeleted();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setIsDeleting(false);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="delete-title" aria-describedby="delete-words" onClose={onClose}>
      <h2 id="delete-title">Delete {file.name}?</h2>
      <p id="delete-words">It leaves this page and its links stop working now. Its bytes stay in the trash for 30 days.</p>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="choices">
        <button type="button" autoFocus onClick={() => dialog.current?.close()}>
          Keep
        </button>
        <button type="button" className="main" disabled={isDeleting} onClick={() => void confirm()}>
          Delete
        </button>
      </div>
    </dialog>
  );
}
