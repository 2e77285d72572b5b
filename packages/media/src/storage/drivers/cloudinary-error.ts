import { fail, isHoldfastError } from "../../errors.js";

/** What Cloudinary answered instead of what was asked for. Its words have been cleared of secrets. */
export class CloudinaryError extends Error {
  override readonly name = "CloudinaryError";
  /** `undefined` where no whole answer came: then nobody knows whether the request was carried out. */
  readonly status: number | undefined;
  /** When a rate limit ends, in milliseconds since 1970. */
  readonly resetAt: number | undefined;

  constructor(message: string, status: number | undefined, options: { cause?: unknown; resetAt?: number | undefined } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
    this.resetAt = options.resetAt;
  }

  /** Whether Cloudinary itself says that the asset is not there. A 404 of anybody else's, a proxy's say, proves nothing. */
  get isAbsence(): boolean {
    return this.status === 404 && /resource not found|can't find resource/i.test(this.message);
  }

  get isRateLimit(): boolean {
    return this.status === 420 || this.status === 429;
  }

  /** Whether the same request may well succeed a moment later. 423 is a video still being worked on. */
  get isPassing(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 408 || this.status === 423;
  }
}

/** Describe an answer that is an error; `secret` never gets into it. */
export function errorOfAnswer(response: Response, body: Readonly<Record<string, unknown>> | undefined, secret: string): CloudinaryError {
  const { error } = body ?? {};
  const said =
    typeof error === "object" && error !== null && "message" in error && typeof error.message === "string" ? error.message : undefined;
  const message = said ?? response.headers.get("x-cld-error") ?? "an answer that is not Cloudinary's";
  const reset = Date.parse(response.headers.get("x-featureratelimit-reset") ?? /Try again on (.+)$/.exec(message)?.[1] ?? "");
  return new CloudinaryError(shorten(message.replaceAll(secret, "***")), response.status, {
    resetAt: Number.isNaN(reset) ? undefined : reset,
  });
}

/** Describe a request that brought no whole answer. */
export function errorOfConnection(cause: unknown): CloudinaryError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && "code" in inner && typeof inner.code === "string" ? inner.code : undefined;
  const words = code ?? (inner instanceof Error ? inner.message : String(inner));
  return new CloudinaryError(`the connection failed (${words})`, undefined, { cause });
}

/** Wrap what a call threw. Absence is the caller's to recognise. */
export function wrapCloudinaryError(cause: unknown, storage: string, action: string): unknown {
  if (isHoldfastError(cause) || !(cause instanceof CloudinaryError)) return cause;
  const { status, message } = cause;
  if (status === 401 || status === 403) return fail("STORAGE_DENIED", { storage, action, reason: denialOf(message) }, { cause });
  if (cause.isRateLimit) {
    const when = cause.resetAt === undefined ? "" : ` until ${new Date(cause.resetAt).toISOString()}`;
    return fail(
      "STORAGE_UNREACHABLE",
      { storage, action, reason: `it takes no more calls of this kind${when} (its rate limit)` },
      { cause },
    );
  }
  const reason = status === undefined ? message : `it answered ${status} (${message})`;
  return fail("STORAGE_UNREACHABLE", { storage, action, reason }, { cause });
}

function denialOf(message: string): string {
  if (/^invalid signature/i.test(message)) return "the signature is wrong: check the API secret, in CLOUDINARY_URL say";
  if (/^stale request/i.test(message)) return "this machine's clock differs too much from the service's";
  return message;
}

function shorten(message: string): string {
  const printable = message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return printable.length > 200 ? `${printable.slice(0, 200).toWellFormed()}…` : printable;
}
