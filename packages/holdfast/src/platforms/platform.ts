/** What is known of a platform from its own documentation (2025-2026): what an app meets there, as data. */
export interface Platform {
  /** `render`, as deploy files and reports name it. */
  readonly id: string;
  readonly title: string;
  /** Finishes the sentence "the files on this disk are deleted by …". */
  readonly wipedBy: string;
  /** `temporary`: files live until the next deploy. `read-only`: writing fails outside the temporary folder. */
  readonly disk: "temporary" | "read-only" | "lasting";
  /** Where a disk that lasts can be had: by a deploy file, only elsewhere (a dashboard), or not at all. */
  readonly lastingDisk: "declared" | "elsewhere" | "none";
  /** Where the app's root is in the container, unless a Dockerfile says otherwise. */
  readonly containerRoot: string | undefined;
  /** Variables that are there without being declared, with their values where these are always the same. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Beginnings of the names of variables that only this platform sets. */
  readonly prefixes: readonly string[];
  /** The variable that holds where a volume is mounted; it is there only with one. */
  readonly mountVariable?: string;
}
