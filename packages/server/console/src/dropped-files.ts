/** Tell whether a drag carries files and not text or a link of the page itself. */
export function carriesFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes("Files") === true;
}

/**
 * Read the files of a drop, those inside dropped folders too. Call it in the event's own turn: the
 * transfer is emptied when the event ends.
 */
export async function readDroppedFiles(transfer: DataTransfer): Promise<File[]> {
  const items = Array.from(transfer.items, (item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found = await Promise.all(
    items.map(async ({ entry, file }) => {
      const itself = file === null ? [] : [file];
      // A folder that cannot be read is added as it is, so that the list of uploads says that it failed.
      return entry !== null && isFolder(entry) ? await readFolder(entry).catch(() => itself) : itself;
    }),
  );
  return found.flat();
}

async function readFolder(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  for (;;) {
    // A reader answers in portions, an empty one at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const entry of entries) {
      if (isFolder(entry)) files.push(...(await readFolder(entry)));
      else if (isFile(entry) && !entry.name.startsWith(".")) {
        files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
      }
    }
  }
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
