import type { MediaOptions } from "./media.js";
import type { Storage } from "./storage/storage.js";

/** How a catalogue is made again from its storage. What is not said comes from the environment, as for `openMedia`. */
export interface RebuildOptions extends Pick<MediaOptions, "database" | "tablePrefix" | "env" | "cwd"> {
  /** One that holds manifests: of several the first, or a mirror where the first is lost. */
  readonly storage?: Storage;
  /** Look and count, and write nothing but empty tables. @defaultValue false */
  readonly isDryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told every hundred objects. */
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
}

/** How far a rebuild has come. */
export interface RebuildProgress {
  readonly files: number;
  readonly alreadyKnown: number;
}

/** What a rebuild did, or would do. */
export interface RebuildReport {
  readonly isDryRun: boolean;
  /** Files that are known again, the following four among them. */
  readonly files: number;
  readonly trashed: number;
  /** Had no manifest that could be read: private now, and attached to nothing. */
  readonly withoutManifest: number;
  /** A manifest without its object: known, but the bytes are gone. */
  readonly lost: number;
  /** An object of another size than its manifest tells of. */
  readonly damaged: number;
  readonly attachments: number;
  /** Files that an interrupted rebuild had written before. */
  readonly alreadyKnown: number;
  /** Objects of variants, which settling deletes: they are made again when asked for. */
  readonly variants: number;
  /** Objects among the originals that are none of ours; they are left alone. */
  readonly ignored: number;
  /** What a person should look at, the first hundred of it. */
  readonly problems: readonly { readonly key: string; readonly reason: string }[];
}
