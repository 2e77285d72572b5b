import type { DeliveryType } from "./cloudinary-options.js";
import type { CloudinaryAccount } from "../choose-cloudinary.js";
import { CloudinaryError, errorOfAnswer, errorOfConnection } from "./cloudinary-error.js";
import type { ResourceType } from "./cloudinary-public-id.js";
import { loadSdk } from "./load-sdk.js";

/** The SDK's module: an optional peer, loaded when Cloudinary is chosen. */
export type CloudinarySdk = typeof import("cloudinary").v2;

/** An account, and how it is spoken to. */
export interface CloudinaryConnection {
  readonly sdk: CloudinarySdk;
  readonly account: CloudinaryAccount;
  /** For messages: `cloudinary (cloud "demo")`. */
  readonly name: string;
  readonly folder: string;
  readonly deliveryType: DeliveryType;
  /** What each call of the SDK is told. */
  readonly config: Readonly<Record<string, string>>;
  /** How long a request may take to be answered, and a body to bring its next block. */
  readonly timeoutMs: number;
  /** How long to wait for the end of a rate limit rather than to say when it ends. */
  readonly maxWaitMs: number;
}

/** What a connection is made of. */
export interface CloudinaryConnectionOptions {
  readonly account: CloudinaryAccount;
  /** @defaultValue `holdfast` */
  readonly folder: string;
  readonly deliveryType: DeliveryType;
  /** The API's address, where it is not https://api.cloudinary.com: https://api-eu.cloudinary.com, or a double's. */
  readonly uploadPrefix?: string;
  readonly timeoutMs?: number;
  readonly maxWaitMs?: number;
}

/** How often a request that brought no answer, or a passing fault, is sent. */
const tries = 3;

/** Load the SDK. Nothing is asked of the service yet. @throws CONFIG_INVALID when the SDK is not installed */
export async function connectToCloudinary(options: CloudinaryConnectionOptions): Promise<CloudinaryConnection> {
  const { v2: sdk } = await loadSdk(async () => await import("cloudinary"), "cloudinary");
  const { account, folder, deliveryType, uploadPrefix, timeoutMs = 120_000, maxWaitMs = 5000 } = options;
  const config = {
    cloud_name: account.cloudName,
    api_key: account.apiKey,
    api_secret: account.apiSecret,
    ...(uploadPrefix === undefined ? {} : { upload_prefix: uploadPrefix }),
  };
  return { sdk, account, name: `cloudinary (cloud "${account.cloudName}")`, folder, deliveryType, config, timeoutMs, maxWaitMs };
}

// The SDK signs, and knows the addresses; the requests themselves are sent with fetch. Its own sending (2.11) has no way
// to abort, to send a chunk again or to wait for whoever reads; it drops the body of a 502, hands the API secret out in
// the errors of its admin calls, and decides once per process, from the environment, between http and https.

/** One call of the Upload API: signed, and not rate-limited. @throws CloudinaryError */
export async function callUploadApi(
  connection: CloudinaryConnection,
  place: ResourceType,
  action: string,
  parameters: Readonly<Record<string, string>>,
  options: {
    readonly file?: Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<Answer> {
  const { sdk, config } = connection;
  const signed: Readonly<Record<string, unknown>> = sdk.utils.sign_request(
    { ...parameters, timestamp: Math.floor(Date.now() / 1000) },
    config,
  );
  const form = new FormData();
  for (const [name, value] of Object.entries(signed)) form.append(name, String(value));
  if (options.file !== undefined) form.append("file", new Blob([Buffer.from(options.file)]), "file");
  const url = sdk.utils.api_url(action, { ...config, resource_type: place });
  const response = await send(
    connection,
    url,
    { method: "POST", body: form, ...(options.headers === undefined ? {} : { headers: options.headers }) },
    options.signal,
  );
  return await readAnswer(connection, response);
}

/** One GET of the Admin API: rate-limited, some hundreds an hour. @throws CloudinaryError */
export async function callAdminApi(
  connection: CloudinaryConnection,
  path: readonly string[],
  query: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { sdk, config, account } = connection;
  const base = sdk.utils.api_url("x", config).replace(/\/image\/x$/, "");
  const url = `${base}/${path.map(encodeURIComponent).join("/")}?${new URLSearchParams(query).toString()}`;
  const credentials = Buffer.from(`${account.apiKey}:${account.apiSecret}`).toString("base64");
  const response = await send(connection, url, { headers: { authorization: `Basic ${credentials}` } }, signal);
  return await readAnswer(connection, response);
}

/** A JSON object that Cloudinary answered; each member is checked where it is used. */
export type Answer = Readonly<Record<string, unknown>>;

/** A member that is a text, or `undefined`. */
export function textOf(answer: Answer, name: string): string | undefined {
  const value = answer[name];
  return typeof value === "string" ? value : undefined;
}

/** A member that is a number, or `undefined`. */
export function numberOf(answer: Answer, name: string): number | undefined {
  const value = answer[name];
  return typeof value === "number" ? value : undefined;
}

/** A member that is an object, or an empty one. */
export function objectOf(answer: Answer, name: string): Answer {
  const value = answer[name];
  return typeof value === "object" && value !== null ? (value as Answer) : {};
}

/** Send a request, and wait for the head of the answer. @throws CloudinaryError when none comes; the signal's reason */
export async function send(
  { timeoutMs }: CloudinaryConnection,
  url: string,
  init: { readonly method?: string; readonly body?: FormData; readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal | undefined,
): Promise<Response> {
  signal?.throwIfAborted();
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`)), timeoutMs);
  const signals = signal === undefined ? [silence.signal] : [silence.signal, signal];
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw errorOfConnection(cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Read a JSON answer whole. @throws CloudinaryError where it is an error, or breaks off */
export async function readAnswer(connection: CloudinaryConnection, response: Response): Promise<Answer> {
  let text: string;
  try {
    text = await withinTime(response.text(), connection.timeoutMs);
  } catch (cause) {
    throw errorOfConnection(cause);
  }
  const body = parseObject(text);
  if (response.ok && body !== undefined && !("error" in body)) return body;
  throw errorOfAnswer(response, body, connection.account.apiSecret);
}

/** Wait for a promise, but not for ever. */
export async function withinTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`silent for ${Math.round(ms / 1000)} s`)), ms);
  });
  try {
    return await Promise.race([promise, end]);
  } finally {
    clearTimeout(timer);
  }
}

/** Try again what brought no answer or a passing fault, with jitter; wait for the end of a rate limit where that is near. */
export async function attempt<T>({ maxWaitMs }: CloudinaryConnection, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CloudinaryError) || tried >= tries || signal?.aborted === true) throw error;
      const waitMs = error.isRateLimit ? Math.max(0, (error.resetAt ?? Infinity) - Date.now()) : Math.random() * 200 * 2 ** tried;
      if ((!error.isRateLimit && !error.isPassing) || waitMs > maxWaitMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

function parseObject(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}
