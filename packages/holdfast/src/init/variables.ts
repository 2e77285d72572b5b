import type { EnvironmentRule, EnvironmentSchema, VariableSchema } from "#env/schema";
import { variablesOf } from "../app-model/conditions.js";
import type { AppModel, EnvironmentRead } from "../app-model/model.js";
import { platforms } from "../platforms/platforms.js";

/** Variables that the machine, the language or the platform sets: nobody configures an app by them. */
const notOurs =
  /^(?:PORT|HOST|HOSTNAME|PATH|HOME|PWD|USER|SHELL|TERM|LANG|LC_.*|TZ|CI|TMPDIR|TEMP|TMP|NODE_.*|npm_.*|NPM_.*|NO_COLOR|FORCE_COLOR|COLORTERM|PYTHON.*|VIRTUAL_ENV|DJANGO_SETTINGS_MODULE|WEB_CONCURRENCY|GITHUB_.*|VITEST.*|JEST.*|DYNO|K_.*)$/;
const prefixes = platforms.flatMap((platform) => platform.prefixes).filter((prefix) => prefix.length > 3);

/** What is known of variables by their names: their kind, whether they are secret, and what they are for. */
const known: readonly (readonly [RegExp, VariableSchema])[] = [
  [/^DATABASE_URL$/, { type: "url", secret: true, description: "Where the app's records are" }],
  [/^CLOUDINARY_URL$/, { type: "url", schemes: ["cloudinary"], secret: true, description: "Where uploads are kept, at Cloudinary" }],
  [/^(?:REDIS_URL|REDIS_TLS_URL)$/, { type: "url", schemes: ["redis", "rediss"], secret: true }],
  [/^(?:MONGO(?:DB)?_UR[IL]|AMQP_URL|RABBITMQ_URL)$/, { type: "url", secret: true }],
  [/^SENTRY_DSN$/, { type: "url", secret: true, description: "Where errors are reported" }],
  [/^SECRET_KEY$/, { secret: true, minLength: 32, description: "Signs sessions and links; make one with: openssl rand -hex 32" }],
  [/^(?:ALLOWED_HOSTS|CSRF_TRUSTED_ORIGINS|CORS_ALLOWED_ORIGINS)$/, { type: "list" }],
  [/^(?:DEBUG|DJANGO_DEBUG)$/, { type: "boolean" }],
  [/^AWS_STORAGE_BUCKET_NAME$|^S3_BUCKET$/, { description: "The bucket that uploads are kept in" }],
  [/SECRET|TOKEN|PASSWORD|PASSWD|PRIVATE|CREDENTIAL|API_?KEY|ACCESS_KEY|SIGNING_KEY|_KEY$|_DSN$|WEBHOOK/, { secret: true }],
];

/** Of a library that reads them for itself, where an app has it. */
const ofLibraries: Readonly<Record<string, readonly string[]>> = {
  "@holdfast/media": [
    "DATABASE_URL",
    "CLOUDINARY_URL",
    "AWS_STORAGE_BUCKET_NAME",
    "AWS_S3_ENDPOINT_URL",
    "AWS_S3_REGION_NAME",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
  ],
};

const rules: readonly EnvironmentRule[] = [
  { atMostOne: ["CLOUDINARY_URL", "AWS_STORAGE_BUCKET_NAME"], because: "uploads go to one place" },
  {
    allOrNone: ["AWS_STORAGE_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
    because: "a bucket without its keys cannot be used",
  },
];

/**
 * Describe an app's variables from what its code was seen to read, what its uploads and records turn on, and what its libraries read
 * for themselves. Nothing is required but what the code cannot start without.
 */
export function describeVariables(
  reads: readonly EnvironmentRead[],
  app: AppModel | undefined,
  libraries: readonly string[],
): EnvironmentSchema {
  const found = new Map<string, EnvironmentRead[]>();
  const add = (name: string, read?: EnvironmentRead): void => {
    if (notOurs.test(name) || prefixes.some((prefix) => name.startsWith(prefix))) return;
    const before = found.get(name) ?? [];
    found.set(name, read === undefined ? before : [...before, read]);
  };
  for (const read of reads) add(read.name, read);
  for (const name of namesTurnedOn(app)) add(name);
  for (const library of libraries) for (const name of ofLibraries[library] ?? []) add(name);
  const variables = Object.fromEntries([...found].map(([name, seen]) => [name, describe(name, seen)]));
  return {
    variables,
    rules: rules.filter((rule) =>
      Object.entries(rule).every(([key, names]) => key === "because" || (names as readonly string[]).every((name) => name in variables)),
    ),
  };
}

function describe(name: string, seen: readonly EnvironmentRead[]): VariableSchema {
  const [, familiar = {}] = known.find(([form]) => form.test(name)) ?? [];
  const type = familiar.type ?? seen.find((read) => read.type !== undefined)?.type;
  // One place that stops without it is enough, unless another has something to put in its stead.
  const isRequired = seen.some(({ without }) => without === "stops") && !seen.some(({ without }) => without === "default");
  const fallback = seen.find((read) => read.fallback !== undefined)?.fallback;
  const isTyped =
    type === undefined ||
    (type === "boolean" ? typeof fallback === "boolean" : type === "integer" ? Number.isInteger(Number(fallback)) : type !== "url");
  const hasDefault = familiar.secret !== true && fallback !== undefined && fallback !== "" && isTyped;
  return {
    ...familiar,
    ...(type === undefined ? {} : { type }),
    ...(isRequired ? { required: true } : {}),
    ...(hasDefault ? { default: fallback } : {}),
  };
}

/** The variables that decide where uploads and records go. */
function namesTurnedOn(app: AppModel | undefined): readonly string[] {
  const outcomes = (app?.readings ?? []).flatMap(({ sinks, databases }) => [...sinks, ...databases].flatMap((place) => place.outcomes));
  return outcomes.flatMap(({ when, destination }) => [
    ...variablesOf(when),
    ...(destination.kind === "disk" ? [...(destination.path ?? "").matchAll(/\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name = ""]) => name) : []),
  ]);
}
