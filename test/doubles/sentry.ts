import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/**
 * How the double misbehaves: it takes what is sent and never answers, hangs up, answers 500 or 429, or dribbles out an answer that
 * does not end.
 */
export type SentryMisdeed = "stall" | "drop" | "500" | "limit" | "dribble";

/** A frame, as it arrived. */
export interface SentFrame {
  readonly filename: string;
  readonly function?: string;
  readonly lineno?: number;
  readonly colno?: number;
  readonly in_app?: boolean;
  readonly context_line?: string;
}

/** An event, as it arrived. */
export interface SentEvent {
  readonly event_id: string;
  readonly level: string;
  readonly release?: string;
  readonly environment?: string;
  readonly transaction?: string;
  readonly message?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly exception?: {
    readonly values: readonly {
      readonly type: string;
      readonly value?: string;
      readonly mechanism?: { readonly handled?: boolean };
      readonly stacktrace?: { readonly frames: readonly SentFrame[] };
    }[];
  };
}

/** A running double of the part of Sentry that takes reports in. */
export interface SentryDouble {
  /** For SENTRY_DSN: with a path before the project's number, as look-alikes have it. */
  readonly dsn: string;
  readonly events: SentEvent[];
  /** Every envelope that was taken, as it was sent. */
  readonly envelopes: string[];
  /** What was wrong with requests that were refused. */
  readonly complaints: string[];
  /** Requests that came, whatever became of them. */
  requests: number;
  /** Misbehave at every request from now on, or not any more. */
  misdeed: SentryMisdeed | undefined;
  stop(): Promise<void>;
}

const publicKey = "b0bacafe5eed4d1ea5ed0123456789ab";
const path = "/errors/of/ours";
const project = "42";

/**
 * Start a double of Sentry. It is no Sentry: it was written from the published documentation (develop.sentry.dev, 2026: "Envelopes",
 * "Envelope Items", "Event Payloads" with "Exception" and "Stack Trace Interface", "Authentication"), and is stricter than that asks
 * of a server: it refuses whatever is not written there, and what is optional to leave out and wrong to get wrong.
 */
export async function startSentry(): Promise<SentryDouble> {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const double: SentryDouble = {
    dsn: `http://${publicKey}@127.0.0.1:${port}${path}/${project}`,
    events: [],
    envelopes: [],
    complaints: [],
    requests: 0,
    misdeed: undefined,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    double.requests += 1;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // The sender went away.
    }
    const { misdeed } = double;
    if (misdeed === "stall") return;
    if (misdeed === "drop") return void request.socket.destroy();
    if (misdeed === "500") return void response.writeHead(500).end("upstream is away");
    if (misdeed === "limit") return void response.writeHead(429, { "retry-after": "60", "x-sentry-rate-limits": "60::organization" }).end();
    if (misdeed === "dribble") {
      response.writeHead(200, { "content-type": "application/json" });
      const dribbling = setInterval(() => response.write(" "), 100);
      response.once("close", () => clearInterval(dribbling));
      return;
    }
    try {
      const sent = Buffer.concat(chunks);
      const envelope = (request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent).toString("utf8");
      checkRequest(request);
      const events = parseEnvelope(envelope);
      double.envelopes.push(envelope);
      double.events.push(...events);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id: events[0]?.event_id }));
    } catch (error) {
      double.complaints.push(error instanceof Error ? error.message : String(error));
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ detail: double.complaints.at(-1) }));
    }
  }
  return double;
}

function check(isRight: boolean, what: string): asserts isRight {
  if (!isRight) throw new Error(what);
}

function checkRequest(request: IncomingMessage): void {
  const url = new URL(request.url ?? "/", "http://double");
  check(request.method === "POST", `the method is ${request.method}`);
  check(url.pathname === `${path}/api/${project}/envelope/`, `the path is ${url.pathname}`);
  const header = /^Sentry (.*)$/.exec(String(request.headers["x-sentry-auth"] ?? ""))?.[1];
  const pairs = header?.split(",").map((pair): [string, string] => {
    const [name = "", value = ""] = pair.trim().split("=");
    return [name, value];
  });
  const login = pairs === undefined ? url.searchParams : new URLSearchParams(pairs);
  check(login.get("sentry_key") === publicKey, "the key is another one");
  check(login.get("sentry_version") === "7", "the protocol's version is not 7");
  check(/^[\w.-]+\/[\w.-]+$/.test(login.get("sentry_client") ?? ""), "the client does not say its name and version");
  check(login.get("sentry_secret") === null, "a secret key is sent");
}

type Table = Readonly<Record<string, unknown>>;

function table(value: unknown, what: string): Table {
  check(typeof value === "object" && value !== null && !Array.isArray(value), `${what} is no table`);
  return value as Table;
}

function onlyKeys(given: Table, known: readonly string[], what: string): void {
  for (const key of Object.keys(given)) check(known.includes(key), `${what} has "${key}"`);
}

function text(value: unknown, pattern: RegExp, what: string): string {
  check(typeof value === "string" && pattern.test(value), `${what} is ${JSON.stringify(value)}`);
  return value;
}

const id = /^[0-9a-f]{32}$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** The envelope's headers, then items, each a line of headers and a payload: to its `length`, or to the line's end where it says none. */
function parseEnvelope(envelope: string): readonly SentEvent[] {
  const bytes = Buffer.from(envelope);
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    const found = bytes.subarray(at, end === -1 ? bytes.byteLength : end).toString();
    at = end === -1 ? bytes.byteLength : end + 1;
    return found;
  };
  const headers = table(JSON.parse(line()), "the envelope's header");
  onlyKeys(headers, ["event_id", "dsn", "sdk", "sent_at", "trace"], "the envelope's header");
  text(headers["event_id"], id, "event_id of the envelope");
  text(headers["sent_at"], rfc3339, "sent_at");
  const events: SentEvent[] = [];
  while (at < bytes.byteLength) {
    const head = line();
    if (head === "" && at >= bytes.byteLength) break;
    const item = table(JSON.parse(head), "an item's header");
    onlyKeys(item, ["type", "length", "content_type"], "an item's header");
    check(item["type"] === "event", `an item is of type ${String(item["type"])}: nothing but events is meant to be sent`);
    const { length } = item;
    let payload: string;
    if (length === undefined) payload = line();
    else {
      check(typeof length === "number" && at + length <= bytes.byteLength, "an item's length is not that of its payload");
      payload = bytes.subarray(at, at + length).toString();
      at += length;
      check(at === bytes.byteLength || bytes[at] === 10, "after an item's payload no line ends");
      at += 1;
    }
    check(payload.length <= 1_000_000, "an event is longer than a megabyte");
    const event = checkEvent(table(JSON.parse(payload), "the event"));
    check(event.event_id === headers["event_id"], "the event's id is not the envelope's");
    events.push(event);
  }
  check(events.length === 1, `there are ${events.length} events in one envelope`);
  return events;
}

function checkEvent(event: Table): SentEvent {
  const known = "event_id timestamp platform level release environment tags transaction sdk contexts message exception".split(" ");
  onlyKeys(event, known, "the event");
  text(event["event_id"], id, "event_id");
  const { timestamp, tags, release, environment, transaction } = event;
  check(typeof timestamp === "number" && Math.abs(timestamp - Date.now() / 1000) < 120, "timestamp is not now, in seconds");
  check(event["platform"] === "node", "platform is not node");
  text(event["level"], /^(?:fatal|error|warning|info|debug)$/, "level");
  if (release !== undefined) {
    text(release, /^[^\n\t/\\]{1,200}$/, "release");
    check(release !== "." && release !== ".." && release !== " ", "release is a dot");
  }
  if (environment !== undefined) text(environment, /^(?!None$)[^\n\s/]{1,64}$/, "environment");
  if (transaction !== undefined) text(transaction, /^[^\n]{1,200}$/, "transaction");
  for (const [name, value] of Object.entries(tags === undefined ? {} : table(tags, "tags"))) {
    text(name, /^[A-Za-z0-9_.:-]{1,32}$/, "a tag's name");
    text(value, /^[^\n]{1,200}$/, `the tag ${name}`);
  }
  const sdk = table(event["sdk"], "sdk");
  onlyKeys(sdk, ["name", "version", "integrations", "packages", "features", "settings"], "sdk");
  for (const context of Object.values(table(event["contexts"], "contexts")))
    onlyKeys(table(context, "a context"), ["name", "version"], "a context");
  const { exception, message } = event;
  check((exception === undefined) !== (message === undefined), "an event has an exception, or a message");
  if (exception !== undefined) {
    const { values } = table(exception, "exception");
    check(Array.isArray(values) && values.length > 0, "exception has no values");
    for (const value of values as readonly unknown[]) checkException(table(value, "an exception"));
  }
  return event as unknown as SentEvent;
}

function checkException(exception: Table): void {
  onlyKeys(exception, ["type", "value", "mechanism", "stacktrace"], "an exception");
  text(exception["type"], /^[^\n]+$/, "an exception's type");
  const { value, mechanism, stacktrace } = exception;
  if (value !== undefined) check(typeof value === "string", "an exception's value is no text");
  if (mechanism !== undefined) {
    onlyKeys(table(mechanism, "mechanism"), ["type", "handled", "exception_id", "parent_id"], "mechanism");
    text(table(mechanism, "mechanism")["type"], /^[\w.-]+$/, "the mechanism's type");
  }
  if (stacktrace === undefined) return;
  const { frames } = table(stacktrace, "stacktrace");
  check(Array.isArray(frames) && frames.length > 0, "a stack has no frames");
  for (const given of frames as readonly unknown[]) {
    const frame = table(given, "a frame");
    const known = ["filename", "function", "lineno", "colno", "in_app", "pre_context", "context_line", "post_context"];
    onlyKeys(frame, known, "a frame");
    check(typeof frame["filename"] === "string" || typeof frame["function"] === "string", "a frame has neither file nor function");
    for (const name of ["lineno", "colno"]) {
      const number = frame[name];
      check(
        number === undefined || (typeof number === "number" && Number.isInteger(number) && number > 0),
        `${name} of a frame is ${String(number)}`,
      );
    }
    for (const name of ["pre_context", "post_context"]) {
      const lines = frame[name];
      check(lines === undefined || (Array.isArray(lines) && lines.every((one) => typeof one === "string")), `${name} is no list of lines`);
    }
  }
}
