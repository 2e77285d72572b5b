import type { EnvironmentSchema } from "#env/schema";

/** A member of a workspace that the app is built with. */
export interface Member {
  readonly name: string;
  /** Relative to the workspace's root, with `/`. */
  readonly folder: string;
}

/** An app that Node runs. */
export interface NodeStack {
  readonly kind: "node";
  readonly manager: "npm" | "pnpm" | "yarn" | "yarn-berry";
  /** The exact version of pnpm or yarn, where `packageManager` says it. */
  readonly managerVersion: string | undefined;
  readonly nodeMajor: number;
  /** Files that an installation needs, relative to the build's folder: manifests, the lock file, settings of the package manager. */
  readonly manifests: readonly string[];
  /** Whether there is a lock file among them. */
  readonly isLocked: boolean;
  /** Where the app is one of several packages: itself, and those of them that it is built with, each after what it needs. */
  readonly workspace: { readonly app: Member; readonly needs: readonly Member[]; readonly configs: readonly string[] } | undefined;
  /** Whether `package.json` has a script `build`, and whether TypeScript's own build mode makes what it needs along with it. */
  readonly build: { readonly makesNeeds: boolean } | undefined;
  /** The folder that the build writes, where it could be told. */
  readonly output: string | undefined;
  readonly hasSourceMaps: boolean;
  /** The app's command, ready to be run without npm. */
  readonly start: readonly string[];
  /** The commands that check the app, in the order they are run in; run in the folder that the image is built from. */
  readonly checks: readonly { readonly title: string; readonly command: string }[];
  /** Whether the app has `holdfast` among its own dependencies. */
  readonly hasHoldfast: boolean;
  /** The folder of Prisma's schema, which its client is generated from. */
  readonly prisma: string | undefined;
  readonly hasMigrations: boolean;
  /** The folder that `holdfast start` prepares static files in, relative to the app, where `holdfast.yaml` names one. */
  readonly staticFolder: string | undefined;
}

/** How a Python app's packages are named: the file, and the program that installs from it. */
export interface PythonPackages {
  readonly file: string | undefined;
  readonly installer: "pip" | "uv" | "poetry" | "pipenv";
  /** Packages that the image needs and nothing names, pinned. */
  readonly added: readonly string[];
}

/** A Django project under gunicorn. */
export interface DjangoStack {
  readonly kind: "django";
  readonly packages: PythonPackages;
  readonly python: string;
  /** `config.wsgi`. */
  readonly wsgi: string;
  readonly settings: string;
  /** Whether settings name a STATIC_ROOT, without which nothing is collected. */
  readonly collectsStatic: boolean;
  /** Folders that the app writes into, relative to its root. */
  readonly writes: readonly string[];
}

/** Pages that a server of files hands out, made by a build or as they are. */
export interface StaticStack {
  readonly kind: "static";
  /** The folder that is handed out, relative to the app. */
  readonly publish: string;
  readonly build: NodeStack | undefined;
}

export type Stack = NodeStack | DjangoStack | StaticStack;

/** What was found out about an app before anything is written. */
export interface Survey {
  /** A name that platforms and registries take. */
  readonly name: string;
  /** The repository, absolute; everything else is relative to it, with `/`. */
  readonly base: string;
  /** The app's folder. */
  readonly root: string;
  /** The folder that the image is built from: the app's, or its workspace's. */
  readonly context: string;
  readonly stack: Stack;
  readonly schema: EnvironmentSchema;
  /** Where the app keeps its records. */
  readonly database: "postgres" | "file" | "other" | "none";
  /** A path that answers when the app is well. */
  readonly healthPath: string | undefined;
  /** `owner/name` at GitHub, where a remote says so. */
  readonly repository: string | undefined;
  /** What stands in the way of a good start, in sentences. */
  readonly advice: readonly string[];
}
