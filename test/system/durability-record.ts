import type { SystemCall } from "./strace.js";

/**
 * What is wrong with the order of system calls around the first upload of a month: each step has ended before the next one
 * begins, from the last byte written to the answer. Nothing, where every step is there and in its place.
 */
export function faultsIn(record: readonly SystemCall[]): string[] {
  const calls = record.filter(({ text }) => !/= -1 E/.test(text));
  const first = (pattern: RegExp, from = -1): SystemCall | undefined => calls.find(({ text, began }) => began > from && pattern.test(text));
  const last = (pattern: RegExp, until = Infinity): SystemCall | undefined =>
    calls.findLast(({ text, ended }) => ended < until && pattern.test(text));
  const answered = first(/^(write|writev|sendto|sendmsg)\(.*HTTP\/1\.1 201/);
  const published = first(/^(link|linkat|rename|renameat2?)\(.*\/\.holdfast\/parts\/.*\/originals\//);
  const month = /"[^"]*(\/originals\/\d{4}\/\d{2})\/[^"/]+"/.exec(published?.text ?? "")?.[1] ?? "?";
  // The part that became this object: the boot stores something of its own meanwhile.
  const part = /\/parts\/([0-9a-f.]+)"/.exec(published?.text ?? "")?.[1] ?? "?";
  const faults = outOfOrder([
    ["last write of the part", last(new RegExp(`^p?write(64)?\\(\\d+<[^>]*/parts/${part}>`))],
    ["fsync of the part", first(new RegExp(`^fsync\\(\\d+<[^>]*/parts/${part}>`))],
    ["link of the object", published],
    ["fsync of its folder", first(new RegExp(`^fsync\\(\\d+<[^>]*${month}>`), published?.ended)],
    ["sync of the catalogue's log", last(/^f(data)?sync\(\d+<[^>]*catalogue\.db-wal>/, answered?.began)],
    ["201", answered],
  ]);
  // A new folder lasts only when its parent was synced: of `2026/11` that is `2026`, and so on up to the storage's root.
  const folders = calls.filter(({ text }) => /^mkdir(at)?\(.*\/originals/.test(text));
  if (folders.length === 0) faults.push("no folder was made, so that nothing is known of its parents");
  for (const made of folders) {
    const path = /"([^"]+)"/.exec(made.text)?.[1] ?? "";
    const parent = path.slice(0, path.lastIndexOf("/"));
    const synced = calls.find(({ text, began }) => began > made.ended && text.startsWith("fsync(") && text.includes(`<${parent}>`));
    faults.push(
      ...outOfOrder([
        [`mkdir of ${path}`, made],
        [`fsync of ${parent}`, synced],
        ["201", answered],
      ]),
    );
  }
  return faults;
}

function outOfOrder(steps: readonly (readonly [what: string, call: SystemCall | undefined])[]): string[] {
  const missing = steps.filter(([, call]) => call === undefined).map(([what]) => `there is no ${what}`);
  const misplaced = steps.flatMap(([what, call], index) => {
    const [before, previous] = steps[index - 1] ?? [];
    if (call === undefined || previous === undefined || previous.ended < call.began) return [];
    return [`${before} does not come before ${what}`];
  });
  return [...missing, ...misplaced];
}
