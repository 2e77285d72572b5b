// The app model: what the readers of a repository found out about the app in it. Readers fill it in, the doctor judges it,
// and neither knows the other. Whatever is said here is said of live code: comments, dead branches and tests do not count.

/** A line of the repository, the path relative to the folder that was examined, with `/`; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** One link of a chain of evidence: a line, and in a sentence for people what it shows. */
export interface Evidence extends Place {
  readonly why: string;
}

/**
 * A condition over the environment's variables, as the code asks it. `set` is what the language calls true of a variable: in
 * most of them present and not empty. `disk` holds where a disk that outlives deploys is mounted over `path`.
 */
export type Condition =
  | { readonly kind: "always" }
  | { readonly kind: "set"; readonly name: string }
  /** Present, be it empty: `"DEBUG" in os.environ`. */
  | { readonly kind: "present"; readonly name: string }
  /**
   * Equal to one of the values, letter case as written; with `ignoreCase` in any case, with `isStart` beginning with one of them.
   * `ifUnset` is the value taken where the variable is not set.
   */
  | {
      readonly kind: "equals";
      readonly name: string;
      readonly values: readonly string[];
      readonly ignoreCase?: boolean;
      readonly isStart?: boolean;
      readonly ifUnset?: string;
    }
  | { readonly kind: "disk"; readonly path: string }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "all"; readonly of: readonly Condition[] }
  | { readonly kind: "any"; readonly of: readonly Condition[] }
  /** A test that could not be read; `what` says in words what it tests. */
  | { readonly kind: "unknown"; readonly what: string };

/** Where bytes come to rest. */
export type Destination =
  /**
   * A path on the instance's own disk: absolute as the container sees it, or relative to the app's root; undefined where it
   * could not be told. A part that comes from a variable is written `${NAME}`, with its default after `:-` where it has one.
   */
  | { readonly kind: "disk"; readonly path: string | undefined }
  /** A service that keeps them: `cloudinary`, `s3`, `gcs`, `azure`, `supabase`, `uploadthing`, `google-drive`, … */
  | { readonly kind: "cloud"; readonly service: string }
  /**
   * A database that is a server of its own: GridFS, a blob column, and for databases `postgres`, `mysql`, `mongodb`, … `address` is
   * the variable with its address: where it is known to name a file, the database is that file.
   */
  | { readonly kind: "database"; readonly engine: string; readonly address?: string }
  /** Nothing is meant to be kept: only parsed, mailed on, or thrown away. */
  | { readonly kind: "passing" }
  /** The code ends with an error rather than lose anything. */
  | { readonly kind: "fails" }
  | { readonly kind: "unknown"; readonly what: string };

/** One row of a decision table: where this leads to when `when` holds, and no row before it. */
export interface Outcome {
  readonly when: Condition;
  readonly destination: Destination;
  readonly because: readonly Evidence[];
}

/** A place in the code where uploaded bytes are written: a field, a route, a form. */
export interface Sink {
  /** For people: `Property.photo`, `POST /api/listings`. */
  readonly label: string;
  readonly at: Place;
  /** Rows in order; the last one's `when` is `always`. */
  readonly outcomes: readonly Outcome[];
}

/** A database of the app's own data, as production would open it. */
export interface DatabaseUse {
  /** `default`, `analytics`. */
  readonly label: string;
  readonly at: Place;
  /** A SQLite file, a JSON file and the like are `disk`; a server is `database`. */
  readonly outcomes: readonly Outcome[];
}

/** Something seen in passing that a rule may speak of: a setting ignored by this version, media that nobody serves. */
export interface Observation extends Place {
  /** kebab-case, the same in every ecosystem: `setting-ignored-by-version`, `upload-folder-committed`, … */
  readonly name: string;
  /** What the rule's sentences need: names and versions, never the value of a secret. */
  readonly details: Readonly<Record<string, string>>;
}

/** What the reader of one ecosystem found in one app. */
export interface Reading {
  /** `django`, `flask`, `fastapi`, `express`, `nestjs`, `nextjs`, `strapi`, `rails`, `laravel`, `wordpress`, … */
  readonly framework: string;
  readonly sinks: readonly Sink[];
  readonly databases: readonly DatabaseUse[];
  readonly observations: readonly Observation[];
  /** What would have mattered and was not understood; an honest `unknown` rests on these. */
  readonly notUnderstood: readonly Evidence[];
}

/** Where the value of a declared variable comes from. */
export type DeclaredValue =
  /** Written in the file; `value` is kept for decisions and never printed where the name sounds secret. */
  | { readonly kind: "value"; readonly value: string }
  /** Asked for, to be filled in elsewhere: `sync: false`, an entry of `app.json` without a value. Counts as set. */
  | { readonly kind: "asked" }
  /** Made by the platform: `generateValue`, `fromDatabase`, `fromService`, an add-on, the platform's own variables. Counts as set. */
  | { readonly kind: "given" };

export interface DeclaredVariable extends Place {
  readonly name: string;
  readonly declared: DeclaredValue;
}

/** A disk that outlives deploys. */
export interface Disk extends Place {
  /** Absolute, as the container sees it. */
  readonly mountPath: string;
}

/** A command that the platform runs, and when. */
export interface Phase extends Place {
  readonly name: "build" | "release" | "start";
  readonly command: string;
}

/** One service of a deploy file: what the platform will run. */
export interface Service {
  readonly name: string;
  readonly platform: string;
  readonly kind: "web" | "worker" | "cron" | "static";
  readonly at: Place;
  /** The app's folder, relative to the folder that was examined; `.` for the folder itself. */
  readonly root: string;
  /** Where the app's root is in the running container: `/opt/render/project/src`, `/app`. */
  readonly containerRoot: string | undefined;
  readonly phases: readonly Phase[];
  readonly variables: readonly DeclaredVariable[];
  readonly disks: readonly Disk[];
  /** Symbolic links that the image is built with, both ends absolute: `from` is the link, `to` where it leads. */
  readonly links?: readonly { readonly from: string; readonly to: string }[];
}

/** One place in the code that reads a variable of the environment. */
export interface EnvironmentRead extends Place {
  readonly name: string;
  /** `stops`: the code ends with an error where it is not set. `default`: something stands in for it. `bare`: neither is seen. */
  readonly without: "stops" | "default" | "bare";
  /** What stands in, where it is written out. */
  readonly fallback?: string | number | boolean;
  /** What the code makes of it, where it says so. */
  readonly type?: "integer" | "number" | "boolean" | "list" | "url";
}

/** What is seen in passing of an app's code: the variables it reads, and words that say something of how it runs. */
export interface CodeFacts {
  readonly reads: readonly EnvironmentRead[];
  /** Texts of the code that were asked for, such as the path of a health check or the name of a signal. */
  readonly texts: ReadonlySet<string>;
}

/** What the deploy files of a repository say. */
export interface Deployment {
  /** In the order of their weight: the first web service is the one that is judged. */
  readonly services: readonly Service[];
  /** Platforms that the repository names at all. */
  readonly platforms: readonly string[];
  /** Variables that a committed `.env` sets for the app itself, where the code loads it. */
  readonly dotenv: readonly DeclaredVariable[];
  readonly observations: readonly Observation[];
  readonly notUnderstood: readonly Evidence[];
}

/** The whole of it, for one app of the repository. */
export interface AppModel {
  /** The app's folder, relative to the folder that was examined. */
  readonly root: string;
  readonly service: Service | undefined;
  readonly deployment: Deployment;
  readonly readings: readonly Reading[];
}

/** A repository's files, read with limits: never outside the folder and the packages beside it, never by following a link out of them. */
export interface SourceTree {
  /** Paths of all files that count, relative, sorted; dependencies, build output and version control are left out. */
  readonly paths: readonly string[];
  /** Folders outside, as `../site`, of packages that the one in the folder depends on: read, found by their names, and not in `paths`. */
  readonly beside: readonly string[];
  /** What was left out for its number or size; it grows while files are read. A folder is named as `file`, the root as `""`. */
  readonly omitted: Evidence[];
  /** Whether git has the file, so that it is deployed; true for all where nobody can tell. */
  isCommitted(path: string): boolean;
  /** Whether there is such a file. */
  has(path: string): boolean;
  /** The text of a file, decoded (UTF-8, UTF-16 with a mark); undefined where there is none, it is too large, or it is no text. */
  read(path: string): string | undefined;
  /** The files below a folder whose names end with one of these. */
  find(root: string, ...endings: readonly string[]): readonly string[];
  /** What opens the same tree in another thread; none where the files lie in no folder. */
  readonly listing?: TreeListing;
}

/** A folder that was listed already. */
export interface TreeListing {
  readonly base: string;
  /** Path as the tree knows it → whether it is a link. */
  readonly files: ReadonlyMap<string, boolean>;
  readonly beside: readonly string[];
  readonly limits: TreeLimits;
}

/** How much of a repository is looked at. What lies beyond is left out and said in `omitted`; it never costs time or memory. */
export interface TreeLimits {
  /** Entries looked at in all, folders and links among them. */
  readonly maxEntries: number;
  /** Entries looked at in one folder. */
  readonly maxEntriesInFolder: number;
  readonly maxDepth: number;
  /** A file that is larger is no source. */
  readonly maxFileBytes: number;
  /** Bytes read in all. */
  readonly maxTotalBytes: number;
}

/** A reader of one ecosystem. It throws nothing for what is in the repository: what it cannot read it says in `notUnderstood`. */
export interface Reader {
  readonly name: "python" | "javascript" | "ruby" | "php";
  /** Undefined where there is no app of this kind at `root`. */
  read(tree: SourceTree, root: string, deployment: Deployment): Promise<Reading | undefined>;
}
