import { connect, type Socket } from "node:net";

/** What came back over a socket. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * Send exactly these bytes and read what comes back until the service closes or has answered whole. A client of the usual
 * kind would repair what these tests are about.
 */
export async function exchange(origin: string, ...blocks: readonly (string | Uint8Array)[]): Promise<Answer> {
  const socket = await open(origin);
  try {
    const answer = readAnswer(socket);
    // The service may answer and close before it has read everything.
    for (const block of blocks) if (socket.writable) socket.write(block);
    return await answer;
  } finally {
    socket.destroy();
  }
}

/** Send these bytes, wait a little so that they are read, and hang up without a word. */
export async function hangUp(origin: string, waitMs: number, ...blocks: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = await open(origin);
  for (const block of blocks) socket.write(block);
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  socket.resetAndDestroy();
}

/** The head of a request, ready to be sent. */
export function head(method: string, path: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** One chunk of a chunked body; without bytes, the last one. */
export function chunk(bytes: Uint8Array = new Uint8Array()): Uint8Array {
  return Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** A part of a form, its header written as it stands: tests send what no browser would. */
export function part(header: string, content: string | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${header}\r\n\r\n`), Buffer.from(content), Buffer.from("\r\n")]);
}

/** The usual header of a part with a file. */
export function filePart(name: string, type: string, content: string | Uint8Array, field = "file"): Uint8Array {
  return part(`Content-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}`, content);
}

/** Parts, one after the other, as the body of a form. */
export function formOf(boundary: string, parts: readonly Uint8Array[], isEnded = true): Uint8Array {
  const blocks = parts.flatMap((one) => [Buffer.from(`--${boundary}\r\n`), one]);
  return Buffer.concat([...blocks, Buffer.from(isEnded ? `--${boundary}--\r\n` : "")]);
}

async function open(origin: string): Promise<Socket> {
  const socket = connect({ port: Number(new URL(origin).port), host: "127.0.0.1", noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  // A service that hangs up on us is part of the test, not a failure of it.
  socket.on("error", () => undefined);
  return socket;
}

async function readAnswer(socket: Socket): Promise<Answer> {
  let received = Buffer.alloc(0);
  return await new Promise<Answer>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No whole answer came within 20 seconds: ${received.toString()}`)), 20_000);
    const end = (isClosed: boolean): void => {
      const answer = parse(received.toString(), isClosed);
      if (answer === undefined && !isClosed) return;
      clearTimeout(timer);
      if (answer === undefined) reject(new Error(`The connection was closed without an answer: "${received.toString()}"`));
      else resolve(answer);
    };
    socket.on("data", (block) => {
      received = Buffer.concat([received, block]);
      end(false);
    });
    socket.on("close", () => end(true));
  });
}

function parse(text: string, isClosed: boolean): Answer | undefined {
  const at = text.indexOf("\r\n\r\n");
  if (at === -1) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, at).split("\r\n");
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const status = Number(statusLine.split(" ")[1]);
  const body = text.slice(at + 4);
  const length = headers.get("content-length");
  const isWhole = length !== undefined ? Buffer.byteLength(body) >= Number(length) : body.endsWith("0\r\n\r\n");
  if (!isWhole && !isClosed) return undefined;
  return { status, headers, body: length === undefined ? body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1) : body };
}
