/** What the sentence of each error quotes. */
export interface ErrorDetailsByCode {
  CONFIG_INVALID: { problems: readonly string[] };
  STORAGE_EPHEMERAL: { what: string; path: string; why: string; remedies: readonly string[] };
  CATALOGUE_UNUSABLE: { where: string; reason: string };
  CATALOGUE_NOT_MIGRATED: { missing: readonly string[] };
  CATALOGUE_UNREACHABLE: { reason: string };
  CATALOGUE_NOT_EMPTY: { catalogue: string; files: number };
  MEDIA_CLOSED: undefined;
  KEY_INVALID: { key: string; reason: string };
  OBJECT_NOT_FOUND: { key: string };
  OBJECT_EXISTS: { key: string };
  OBJECT_MISMATCH: { key: string; what: string; expected: string; found: string };
  OBJECT_TOO_LARGE: { key: string; storage: string; kind: string; maxBytes: number };
  STORAGE_DENIED: { storage: string; action: string; reason?: string };
  STORAGE_FULL: { storage: string };
  STORAGE_MISMATCH: { storage: string; catalogue: string };
  STORAGE_UNREACHABLE: { storage: string; action: string; reason: string };
  SOURCE_CONSUMED: undefined;
  UPLOAD_EMPTY: { name: string };
  UPLOAD_TOO_LARGE: { name: string; maxBytes: number };
  UPLOAD_INCOMPLETE: { name: string };
  UPLOAD_STALLED: { name: string; stallTimeoutMs: number };
  UPLOAD_MALFORMED: { reason: string };
  UPLOAD_CONTENT_TYPE: { contentType: string; isForm?: boolean };
  UPLOAD_TOO_MANY: { name: string; maxFiles: number };
  FORM_TOO_LARGE: { reason: string };
  NAME_INVALID: { name: string; reason: string };
  TYPE_NOT_ACCEPTED: { name: string; found: string; accepted: string };
  TYPE_MISMATCH: { name: string; declared: string; found: string };
  IMAGE_BROKEN: { name: string; reason: string };
  IMAGE_NOT_DECODABLE: { name: string; found: string };
  IMAGE_TOO_LARGE: { name: string; width: number; height: number; maxPixels: number };
  IMAGE_OVER_BUDGET: { name: string; width: number; height: number; format: string; maxPixels: number };
  IMAGE_UNDECODABLE: { name: string; retryAfterSeconds: number };
  VARIANT_OVER_BUDGET: { width: number; height: number; format: string };
  RESERVATION_LOST: { id: string };
  IDEMPOTENCY_KEY_INVALID: { reason: string };
  IDEMPOTENCY_MISMATCH: { id: string; reason: string };
  UNAUTHORIZED: { action: string };
  FORBIDDEN: { reason: string };
  FILE_NOT_FOUND: { id: string };
  FILE_NOT_STORED: { id: string; name: string; reason: string };
  TRANSACTION_UNUSABLE: { reason: string };
  FILE_LOST: { id: string; name: string };
  FILE_DAMAGED: { id: string; name: string; size: number; found: number };
  TRANSFORM_UNKNOWN: { transform: string; known: string };
  TRANSFORM_NOT_SIGNED: { transform: string };
  SIGNING_KEY_GIVEN: undefined;
  NOT_AN_IMAGE: { id: string; type: string };
  PRECONDITION_FAILED: { etag: string };
  RANGE_NOT_SATISFIABLE: { range: string; size: number };
  METHOD_NOT_ALLOWED: { method: string; allow: string };
  ROUTE_NOT_FOUND: { path: string };
  PARAMETER_INVALID: { name: string; value: string; reason: string };
  OVERLOADED: { what: string; retryAfterSeconds: number };
  TOKEN_REQUIRED: { address: string };
  TOKEN_WRONG: undefined;
  SIGN_IN_LIMITED: { retryAfterSeconds: number };
  PORT_TAKEN: { address: string; port: number };
  PORT_DENIED: { port: number };
  ADDRESS_UNUSABLE: { host: string; reason: string };
  REQUEST_MALFORMED: { reason: string };
  REQUEST_TIMEOUT: { seconds: number };
  CLOSING: undefined;
  BODY_INVALID: { reason: string };
  REDEPLOY_RUNNING: { step: string };
  REDEPLOY_NOTHING: undefined;
  INSTANCE_AWAY: { side: string };
  UNEXPECTED: undefined;
}

/**
 * Every failure a caller of @holdfast/media can meet. The HTTP status, the sentence and the page in
 * docs/errors.md all derive from this table; a test keeps the documentation equal to it.
 */
export const catalogue: { readonly [C in ErrorCode]: ErrorEntry<ErrorDetailsByCode[C]> } = {
  // Configuration: found when media is opened, all problems at once.
  CONFIG_INVALID: {
    status: 500,
    title: "The configuration has problems",
    say: (d) => (d.problems.length === 1 ? (d.problems[0] ?? "") : d.problems.map((p) => `- ${p}`).join("\n")),
  },
  STORAGE_EPHEMERAL: {
    status: 500,
    title: "Uploads would be lost at the next deploy",
    say: (d) =>
      `The ${d.what} is at ${d.path}, and ${d.why}: everything there is lost at the next deploy or restart. ` +
      `Holdfast does not start like this in production. Do one of these:\n${d.remedies.map((r) => `- ${r}`).join("\n")}`,
  },
  CATALOGUE_UNUSABLE: {
    status: 500,
    title: "The catalogue cannot be used",
    say: (d) => `The catalogue ${d.where} cannot be used: ${d.reason}`,
  },
  CATALOGUE_NOT_MIGRATED: {
    status: 500,
    title: "The catalogue's tables are missing",
    say: (d) =>
      `The catalogue lacks the migrations ${d.missing.join(", ")}. Call media.migrate(), or run the SQL that migrationSql() prints.`,
  },
  CATALOGUE_UNREACHABLE: {
    status: 503,
    title: "The catalogue cannot be reached",
    say: (d) => `The catalogue's database cannot be reached: ${d.reason}. Nothing is known to be lost; try again.`,
  },
  CATALOGUE_NOT_EMPTY: {
    status: 409,
    title: "The catalogue is not empty",
    say: (d) =>
      `The catalogue ${d.catalogue} knows ${d.files} ${d.files === 1 ? "file" : "files"} already, and a rebuild writes into an empty one only. Nothing was changed. ` +
      `Rebuild into a new database or under another table prefix, and then start the service on that: what was uploaded since is in the storage, and comes back too.`,
  },
  MEDIA_CLOSED: {
    status: 503,
    title: "The media service is closing",
    say: () => "This media instance has been closed; open a new one.",
  },
  // Storage: absent, denied, unreachable and unknown are four different outcomes.
  KEY_INVALID: {
    status: 400,
    title: "Not a valid key",
    say: (d) => `"${d.key}" cannot be a key: ${d.reason}.`,
  },
  OBJECT_NOT_FOUND: {
    status: 404,
    title: "No such object",
    say: (d) => `Nothing is stored under "${d.key}".`,
  },
  OBJECT_EXISTS: {
    status: 409,
    title: "The key is taken",
    say: (d) => `An object is already stored under "${d.key}", and overwriting was not allowed.`,
  },
  OBJECT_MISMATCH: {
    status: 502,
    title: "The stored bytes are not the bytes sent",
    say: (d) => `"${d.key}" was refused: its ${d.what} should be ${d.expected} and is ${d.found}. Nothing was stored.`,
  },
  OBJECT_TOO_LARGE: {
    status: 413,
    title: "The object is too large for the storage",
    say: (d) =>
      `"${d.key}" is larger than the ${formatBytes(d.maxBytes)} that the storage ${d.storage} takes for ${d.kind}. Nothing was stored; ` +
      `send a smaller file, or have the limit of the account raised.`,
  },
  STORAGE_DENIED: {
    status: 503,
    title: "The storage denied access",
    say: (d) =>
      `The storage ${d.storage} denied permission to ${d.action}${d.reason === undefined ? "" : ` (${d.reason})`}. ` +
      `Check its credentials, or the owner of its folder.`,
  },
  STORAGE_FULL: {
    status: 507,
    title: "The storage is full",
    say: (d) => `The storage ${d.storage} has no space left. Nothing was stored.`,
  },
  STORAGE_MISMATCH: {
    status: 503,
    title: "This is not the storage the catalogue knows",
    say: (d) =>
      `The catalogue ${d.catalogue} belongs to another storage than ${d.storage}, or that storage was wiped or is not mounted. ` +
      `No upload is taken, for it would be lost from sight once that is put right: configure the storage it belongs to, or give this one a catalogue of its own.`,
  },
  STORAGE_UNREACHABLE: {
    status: 503,
    title: "The storage cannot be reached",
    say: (d) => `The storage ${d.storage} could not ${d.action}: ${d.reason}. Nothing is known to be lost; try again.`,
  },
  SOURCE_CONSUMED: {
    status: 500,
    title: "The bytes cannot be read a second time",
    say: () => "A retry needed the bytes again, but they came from a stream that can be read only once. Send them again.",
  },
  // Uploads: what a client sent, and why it was refused. Nothing is left behind.
  UPLOAD_EMPTY: {
    status: 400,
    title: "The file is empty",
    say: (d) => `"${d.name}" has no bytes. Check that the file was saved before it was sent.`,
  },
  UPLOAD_TOO_LARGE: {
    status: 413,
    title: "The file is too large",
    say: (d) => `"${d.name}" is larger than the ${formatBytes(d.maxBytes)} this service accepts (MEDIA_MAX_BYTES).`,
  },
  UPLOAD_INCOMPLETE: {
    status: 400,
    title: "The upload ended early",
    say: (d) => `The connection ended before all of "${d.name}" arrived. It was not kept; send it again.`,
  },
  UPLOAD_STALLED: {
    status: 408,
    title: "The upload stalled",
    say: (d) =>
      `No byte of "${d.name}", or next to none, arrived for ${Math.round(d.stallTimeoutMs / 1000)} seconds. It was not kept; send it again.`,
  },
  UPLOAD_MALFORMED: {
    status: 400,
    title: "The upload cannot be read",
    say: (d) => `The upload could not be read: ${d.reason}.`,
  },
  UPLOAD_CONTENT_TYPE: {
    status: 415,
    title: "Not an upload",
    say: (d) =>
      d.isForm === true
        ? `A request body of type "${d.contentType}" is not a form. Send multipart/form-data, or application/x-www-form-urlencoded without files.`
        : `A request body of type "${d.contentType}" is not an upload. Send multipart/form-data with the field "file", ` +
          `or the raw bytes with ?name= and the file's own type or application/octet-stream.`,
  },
  UPLOAD_TOO_MANY: {
    status: 413,
    title: "More files than the form takes",
    say: (d) =>
      d.maxFiles === 0
        ? `"${d.name}" was not kept: this form takes no files.`
        : `"${d.name}" was not kept: this form takes ${d.maxFiles === 1 ? "one file" : `${d.maxFiles} files`}, and there were more.`,
  },
  FORM_TOO_LARGE: {
    status: 413,
    title: "The form is too large",
    say: (d) => `The form was not read to its end: ${d.reason}, which is the most that is accepted here.`,
  },
  NAME_INVALID: {
    status: 400,
    title: "Not a usable file name",
    say: (d) => `"${d.name}" cannot be a file's name: ${d.reason}.`,
  },
  TYPE_NOT_ACCEPTED: {
    status: 415,
    title: "This kind of file is not accepted",
    say: (d) => `"${d.name}" is ${d.found}; accepted are ${d.accepted}.`,
  },
  TYPE_MISMATCH: {
    status: 415,
    title: "The bytes are not what they were said to be",
    say: (d) => `"${d.name}" was declared as ${d.declared}, but its bytes are ${d.found}. Send it under its own type and name.`,
  },
  IMAGE_BROKEN: {
    status: 422,
    title: "The image cannot be decoded",
    say: (d) => `"${d.name}" is cut short or damaged (${d.reason}). Nothing was stored; export it again and send it anew.`,
  },
  IMAGE_NOT_DECODABLE: {
    status: 415,
    title: "Pictures of this kind cannot be shown",
    say: (d) =>
      `"${d.name}" is ${d.found}, and what decodes images here (sharp's prebuilt libvips) was built without HEVC, which is patented. ` +
      `Export it as JPEG and send that; an iPhone takes JPEGs with Settings, Camera, Formats, Most Compatible.`,
  },
  IMAGE_TOO_LARGE: {
    status: 422,
    title: "The image has too many pixels",
    say: (d) =>
      `"${d.name}" is ${d.width} × ${d.height}, ${megapixels(d.width * d.height)} megapixels; the limit is ` +
      `${megapixels(d.maxPixels)} (MEDIA_MAX_PIXELS). Scale it down and send it again.`,
  },
  IMAGE_OVER_BUDGET: {
    status: 422,
    title: "The image takes too much memory to decode",
    say: (d) =>
      `"${d.name}" is ${d.width} × ${d.height}, ${megapixels(d.width * d.height)} megapixels; of ${d.format} images like it there is memory ` +
      `to decode ${megapixels(Math.floor(d.maxPixels / 100_000) * 100_000)} (MEDIA_DECODE_MEMORY). Scale it down, or send it as another format.`,
  },
  IMAGE_UNDECODABLE: {
    status: 503,
    title: "The image ended what decodes it",
    say: (d) =>
      `Decoding "${d.name}" ended the process that did it, twice. It is left alone for now, and tried again in ${d.retryAfterSeconds} seconds.`,
  },
  VARIANT_OVER_BUDGET: {
    status: 422,
    title: "The variant takes too much memory to make",
    say: (d) =>
      `A ${d.format} of ${d.width} × ${d.height} takes more memory to make than there is for it (MEDIA_DECODE_MEMORY). Ask for a smaller one.`,
  },
  RESERVATION_LOST: {
    status: 409,
    title: "The upload lost its reservation",
    say: (d) => `The upload ${d.id} paused longer than its lease and was given up. Nothing was acknowledged; send it again.`,
  },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: "The idempotency key cannot be used",
    say: (d) => `The idempotency key cannot be used: ${d.reason}.`,
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    title: "The idempotency key was used for another file",
    say: (d) => `This idempotency key was used for the file ${d.id} before, and ${d.reason}. Give each new upload a key of its own.`,
  },
  // Access and delivery.
  UNAUTHORIZED: {
    status: 401,
    title: "Access is not granted",
    say: (d) => `You need access to ${d.action}. Send "Authorization: Bearer <token>".`,
  },
  FORBIDDEN: {
    status: 403,
    title: "Not allowed",
    say: (d) => d.reason,
  },
  FILE_NOT_FOUND: {
    status: 404,
    title: "No such file",
    say: (d) => `There is no file ${d.id} here.`,
  },
  FILE_NOT_STORED: {
    status: 409,
    title: "The file is not in use any more",
    say: (d) => `"${d.name}" (${d.id}) cannot be attached: ${d.reason}.`,
  },
  TRANSACTION_UNUSABLE: {
    status: 500,
    title: "Not a transaction that can be joined",
    say: (d) => `The transaction cannot be joined: ${d.reason}. Nothing was changed.`,
  },
  FILE_LOST: {
    status: 404,
    title: "The file's bytes are gone",
    say: (d) => `The catalogue knows "${d.name}" (${d.id}), but its bytes are not in the storage any more.`,
  },
  FILE_DAMAGED: {
    status: 502,
    title: "The file's bytes are damaged",
    say: (d) => `"${d.name}" (${d.id}) has ${d.size} bytes, and the storage holds ${d.found} under its key.`,
  },
  TRANSFORM_UNKNOWN: {
    status: 404,
    title: "No such variant",
    say: (d) => `"${d.transform}" is not a variant that is made here; there are ${d.known}.`,
  },
  TRANSFORM_NOT_SIGNED: {
    status: 403,
    title: "This variant needs a signed URL",
    say: (d) =>
      `"${d.transform}" is made for signed URLs only, and this one has no signature that holds for it. Take the URL from file.url(), or ` +
      `define a preset, which everybody may ask for.`,
  },
  SIGNING_KEY_GIVEN: {
    status: 409,
    title: "The signing key is not the catalogue's",
    say: () =>
      `The signing key is given by HOLDFAST_SIGNING_KEY or by openMedia(), so it is rotated there: put the new key in front of the old one, ` +
      `with a comma between, and take the old one away when nothing that it signed is in use any more.`,
  },
  NOT_AN_IMAGE: {
    status: 404,
    title: "No variants of this file",
    say: (d) => `The file ${d.id} is ${d.type}; variants are made of images only.`,
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: "It is not what was counted on",
    say: (d) =>
      `What is here is ${d.etag}, which the request's If-Match or If-Unmodified-Since rules out. Ask again without, from the start.`,
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    title: "The range lies outside the file",
    say: (d) => `The range "${d.range}" lies outside the ${d.size} bytes there are.`,
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "Method not allowed",
    say: (d) => `${d.method} is not possible here; use ${d.allow}.`,
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    title: "Nothing is here",
    say: (d) => `There is nothing at ${d.path}.`,
  },
  PARAMETER_INVALID: {
    status: 400,
    title: "A parameter is not valid",
    say: (d) => `${d.name}=${d.value} is not valid: ${d.reason}.`,
  },
  OVERLOADED: {
    status: 503,
    title: "Too busy just now",
    say: (d) => `${d.what} is at its limit. Try again in ${d.retryAfterSeconds} seconds.`,
  },
  // The service: where it listens, who may come in, and its redeploy demonstration.
  TOKEN_REQUIRED: {
    status: 500,
    title: "An access token is needed",
    say: (d) =>
      `Holdfast does not listen on ${d.address} without an access token: whoever reaches it could read and delete the files. ` +
      `Make a token and start again:\n  export HOLDFAST_TOKEN=$(openssl rand -hex 32)\n` +
      `or, with Node alone:\n  export HOLDFAST_TOKEN=$(node -p "require('crypto').randomBytes(32).toString('hex')")\n` +
      `On this computer only (HOST=127.0.0.1) no token is needed.`,
  },
  TOKEN_WRONG: {
    status: 401,
    title: "Not the access token",
    say: () => "That is not the access token of this service. It is the value of HOLDFAST_TOKEN where the service was started.",
  },
  SIGN_IN_LIMITED: {
    status: 429,
    title: "Too many failed sign-ins",
    say: (d) => `Too many sign-ins failed. Try again in ${d.retryAfterSeconds} seconds.`,
  },
  PORT_TAKEN: {
    status: 500,
    title: "The port is taken",
    say: (d) =>
      `Port ${d.port} of ${d.address} is in use by another program, perhaps by another Holdfast. ` +
      `Stop that one, or choose another port: PORT=${d.port < 65535 ? d.port + 1 : 4100}.`,
  },
  PORT_DENIED: {
    status: 500,
    title: "The port is not allowed",
    say: (d) => `The system does not let this user listen on port ${d.port}. Choose one from 1024 up: PORT=4100.`,
  },
  ADDRESS_UNUSABLE: {
    status: 500,
    title: "The address cannot be listened on",
    say: (d) =>
      `HOST=${d.host} is not an address of this machine (${d.reason}). Unset HOST, or set it to 127.0.0.1 for this computer only ` +
      `or 0.0.0.0 for everybody.`,
  },
  REQUEST_MALFORMED: {
    status: 400,
    title: "The request cannot be read",
    say: (d) => `The request cannot be read: ${d.reason}.`,
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: "The request came too slowly",
    say: (d) => `The request's headers did not arrive within ${d.seconds} seconds. Send it again.`,
  },
  CLOSING: {
    status: 503,
    title: "The service is closing",
    say: () => "This instance is about to end: it finishes what it has begun, and takes nothing new. Ask another one.",
  },
  BODY_INVALID: {
    status: 400,
    title: "The body cannot be used",
    say: (d) => `The request's body cannot be used: ${d.reason}.`,
  },
  REDEPLOY_RUNNING: {
    status: 409,
    title: "A redeploy is running",
    say: (d) => `A redeploy is running already (${d.step}). Wait until it is done.`,
  },
  REDEPLOY_NOTHING: {
    status: 409,
    title: "There is no picture to keep",
    say: () => "There is no picture yet, so a redeploy would show nothing. Add one first.",
  },
  INSTANCE_AWAY: {
    status: 503,
    title: "The instance is not running",
    say: (d) => `The ${d.side} instance of the redeploy demonstration is not running just now.`,
  },
  UNEXPECTED: {
    status: 500,
    title: "Something went wrong here",
    say: () => "The service met an error of its own; its log says more. Nothing was acknowledged.",
  },
};

/** One row of the catalogue. */
export interface ErrorEntry<D> {
  /** The HTTP status it is answered with. */
  readonly status: number;
  /** The same few words for every occurrence. */
  readonly title: string;
  /** The sentence for people: what happened, the value, what to do next. */
  readonly say: (details: D) => string;
}

/** The codes of the catalogue. Branch on these, never on a message. */
export type ErrorCode = keyof ErrorDetailsByCode;

/** The details that the sentence of `C` quotes. */
export type ErrorDetails<C extends ErrorCode> = ErrorDetailsByCode[C];

/** One error of the catalogue, with its code, its HTTP status and the sentence for people. */
export class HoldfastError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "HoldfastError";
  readonly code: C;
  readonly status: number;
  readonly title: string;
  readonly details: ErrorDetails<C>;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    const entry: ErrorEntry<ErrorDetailsByCode[C]> = catalogue[code];
    super(entry.say(details), options);
    this.code = code;
    this.status = entry.status;
    this.title = entry.title;
    this.details = details;
  }
}

/** Make the catalogue's error for `code`; `details` are what its sentence quotes. */
export function fail<C extends ErrorCode>(
  code: C,
  ...[details, options]: ErrorDetails<C> extends undefined
    ? [details?: undefined, options?: { cause?: unknown }]
    : [details: ErrorDetails<C>, options?: { cause?: unknown }]
): HoldfastError<C> {
  return new HoldfastError(code, details as ErrorDetails<C>, options);
}

/** Tell whether `error` is of the catalogue, and, if `code` is given, that very one. */
export function isHoldfastError<C extends ErrorCode>(error: unknown, code?: C): error is HoldfastError<C> {
  return error instanceof HoldfastError && (code === undefined || error.code === code);
}

/** Write a size for people: `1.4 MB`, `900 bytes`. Decimal units, as file managers and hosts use. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  // What would be rounded up to 1000 is one of the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1)} ${units[unit] ?? ""}`;
}

function megapixels(pixels: number): string {
  return (pixels / 1_000_000).toFixed(pixels % 1_000_000 === 0 ? 0 : 1);
}
