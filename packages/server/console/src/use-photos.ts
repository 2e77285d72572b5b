import type { UploadedFile } from "@holdfast/media/browser";
import { useCallback, useEffect, useState } from "react";
import { deleteFile, type FilePage, listFiles, readFile, ServiceError, type StoredFile } from "./service.js";

// Whole rows at two, three, four and six columns.
const pageSize = 12;

/** The service's files, newest first, as far as they have been asked for. */
export interface Photos {
  /** `undefined` until the first page is here. */
  readonly files: readonly StoredFile[] | undefined;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  /** Why the last reading failed, in words. */
  readonly problem: string | undefined;
  readonly loadMore: () => void;
  /** Show a file that was just stored, first in the list. */
  readonly welcome: (uploaded: UploadedFile) => void;
  /** Move a file to the trash; one that is gone already counts as done. Rejects with a ServiceError. */
  readonly remove: (file: StoredFile) => Promise<void>;
}

/** Read the list page by page. `onAccessEnded` hears of a session that ran out. */
export function usePhotos(onAccessEnded: () => void): Photos {
  const [files, setFiles] = useState<readonly StoredFile[]>();
  const [next, setNext] = useState<string | null>(null);
  const [isLoading, setIsLoading] = useState(true);
  const [problem, setProblem] = useState<string>();

  const take = useCallback(
    (asked: Promise<FilePage>) => {
      asked
        .then(
          (page) => {
            setFiles((known = []) => [...known, ...without(page.files, known)]);
            setNext(page.next);
            setProblem(undefined);
          },
          (error: unknown) => {
            if (error instanceof ServiceError && error.code === "UNAUTHORIZED") onAccessEnded();
            setProblem(error instanceof Error ? error.message : String(error));
          },
        )
        .finally(() => setIsLoading(false));
    },
    [onAccessEnded],
  );
  useEffect(() => take(listFiles(pageSize)), [take]);

  const welcome = useCallback((uploaded: UploadedFile) => {
    const show = (file: StoredFile): void => setFiles((known = []) => [file, ...without(known, [file])].sort(newestFirst));
    // The upload's answer may come from a service that says less; the file itself says all.
    if (isWhole(uploaded)) show(uploaded);
    else readFile(uploaded.id).then(show, () => setProblem(`"${uploaded.name}" is stored. Reload the page to see it.`));
  }, []);

  const remove = useCallback(async (file: StoredFile): Promise<void> => {
    try {
      await deleteFile(file.id);
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === "FILE_NOT_FOUND")) throw error;
    }
    setFiles((known) => known?.filter(({ id }) => id !== file.id));
  }, []);

  return {
    files,
    hasMore: next !== null,
    isLoading,
    problem,
    loadMore: () => {
      setIsLoading(true);
      take(listFiles(pageSize, next ?? undefined));
    },
    welcome,
    remove,
  };
}

/** Ids sort by the time their uploads began, and so does the service's list. */
function newestFirst(one: StoredFile, other: StoredFile): number {
  return one.id < other.id ? 1 : -1;
}

function without(files: readonly StoredFile[], others: readonly StoredFile[]): StoredFile[] {
  const ids = new Set(others.map(({ id }) => id));
  return files.filter(({ id }) => !ids.has(id));
}

function isWhole(file: UploadedFile): file is StoredFile {
  return "thumbhash" in file && "storedAt" in file;
}
