/** One line of a difference: kept, taken away or added. */
export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Larger texts are told apart as wholes: the table of comparisons would grow with the product of their lines. */
const maxCells = 4_000_000;

/** Compare two texts line by line, by their longest common subsequence. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const [old, next] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < next.length - start && old.at(-1 - end) === next.at(-1 - end)) end += 1;
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...old.slice(0, start).map(same),
    ...middle(old.slice(start, old.length - end), next.slice(start, next.length - end)),
    ...old.slice(old.length - end).map(same),
  ];
}

function middle(old: readonly string[], next: readonly string[]): readonly DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: "removed", text });
  const added = (text: string): DiffLine => ({ kind: "added", text });
  if (old.length * next.length > maxCells) return [...old.map(removed), ...next.map(added)];
  // How many lines are common from here on.
  const width = next.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row -= 1) {
    for (let column = next.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        old[row] === next[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < next.length) {
    if (row < old.length && column < next.length && old[row] === next[column]) {
      lines.push({ kind: "same", text: old[row] ?? "" });
      row += 1;
      column += 1;
    } else if (row < old.length && (column >= next.length || at(row + 1, column) >= at(row, column + 1)))
      lines.push(removed(old[row++] ?? ""));
    else lines.push(added(next[column++] ?? ""));
  }
  return lines;
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** Print a difference with a few lines around each change, and \`…\` where others are left out. */
export function printDiff(lines: readonly DiffLine[], around = 2): readonly string[] {
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - around), index + around + 1).some(({ kind }) => kind !== "same");
  const signs = { same: " ", removed: "-", added: "+" } as const;
  const printed: string[] = [];
  for (const [index, { kind, text }] of lines.entries()) {
    if (isNear(index)) printed.push(`${signs[kind]} ${text}`);
    else if (printed.at(-1) !== "…") printed.push("…");
  }
  return printed;
}
