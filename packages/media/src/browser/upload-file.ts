/** How an upload is sent, and who hears of it. */
export interface UploadFileOptions {
  /** Where uploads are taken: `/api/v1/files`, or a route of the application's own. */
  readonly url: string;
  /** Sent along, such as `Authorization`. The body's own type is set by the browser. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Hears of every step in order, the last one with `sentBytes === totalBytes`; the answer follows later. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Stops the upload; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How far an upload is. All bytes sent is not yet stored: the service checks and keeps them before it answers. */
export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

/** What the service answers once a file is durable. `size` is in bytes; `width` and `height` are null where it is not an image. */
export interface UploadedFile {
  readonly id: string;
  readonly name: string;
  /** The URL of the original. */
  readonly url: string;
  readonly sha256: string;
  readonly size: number;
  readonly type: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly state: string;
}

/** The problem document (RFC 9457) that a refused upload is answered with. */
export interface UploadProblem {
  readonly title: string;
  readonly status: number;
  /** The sentence for people: what happened and what to do next. */
  readonly detail: string;
  /** A code of docs/errors.md. Branch on this. */
  readonly code: string;
}

/**
 * An upload that was not acknowledged. `code` is the problem's own where the service refused it;
 * `UPLOAD_UNANSWERED` where no answer came, so that nothing is known; `UPLOAD_MISDIRECTED` where what answered is not an upload service.
 */
export class UploadError extends Error {
  override readonly name = "UploadError";
  readonly code: string;
  /** The HTTP status, or `undefined` where no answer came. */
  readonly status: number | undefined;
  readonly problem: UploadProblem | undefined;

  constructor(code: string, message: string, answer?: { readonly status: number; readonly problem?: UploadProblem }) {
    super(message);
    this.code = code;
    this.status = answer?.status;
    this.problem = answer?.problem;
  }
}

/**
 * Send one file from a page, as a form would: multipart, field `file`. When this resolves the file is durable; when it
 * rejects with an `UploadError` the service refused it or did not answer. Sending it again loses nothing; where no answer
 * came, the file may then be there twice.
 *
 * @example
 * ```ts
 * import { uploadFile } from "@holdfast/media/browser";
 * const photo = await uploadFile(new File(["…"], "cat.jpg"), {
 *   url: "/api/v1/files",
 *   onProgress: ({ sentBytes, totalBytes }) => console.log(`${sentBytes} of ${totalBytes} bytes`),
 * });
 * ```
 */
export async function uploadFile(file: File, options: UploadFileOptions): Promise<UploadedFile> {
  options.signal?.throwIfAborted();
  // XMLHttpRequest and not fetch: only it reports the progress of a body on its way out.
  const request = new XMLHttpRequest();
  const stop = (): void => request.abort();
  options.signal?.addEventListener("abort", stop);
  try {
    return await new Promise<UploadedFile>((resolve, reject) => {
      const answered = (): void => {
        const answer = readAnswer(request, file.name);
        if (answer instanceof UploadError) reject(answer);
        else resolve(answer);
      };
      const unanswered = (): void =>
        reject(
          new UploadError(
            "UPLOAD_UNANSWERED",
            `The connection ended before "${file.name}" was acknowledged. Check the connection and send it again.`,
          ),
        );
      request.addEventListener("load", answered);
      request.addEventListener("error", unanswered);
      request.addEventListener("timeout", unanswered);
      request.addEventListener("abort", () => reject(options.signal?.reason));
      reportProgress(request.upload, file.size, options.onProgress);
      request.open("POST", options.url);
      request.setRequestHeader("Accept", "application/json, application/problem+json");
      for (const [name, value] of Object.entries(options.headers ?? {})) request.setRequestHeader(name, value);
      const form = new FormData();
      form.append("file", file, file.name);
      request.send(form);
    });
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
}

/** Report the file's bytes: the form around them is some hundred bytes more, which nobody asked about. */
function reportProgress(upload: XMLHttpRequestUpload, totalBytes: number, onProgress: UploadFileOptions["onProgress"]): void {
  if (onProgress === undefined) return;
  let sentBytes = -1;
  const report = (loaded: number): void => {
    if (loaded <= sentBytes) return;
    sentBytes = loaded;
    onProgress({ sentBytes, totalBytes });
  };
  upload.addEventListener("progress", (event) => report(Math.min(event.loaded, totalBytes)));
  upload.addEventListener("load", () => report(totalBytes));
}

function readAnswer(request: XMLHttpRequest, name: string): UploadedFile | UploadError {
  const { status } = request;
  const body = parseJson(request.responseText);
  if (status >= 200 && status < 300 && isUploadedFile(body)) return body;
  if (isProblem(body)) return new UploadError(body.code, body.detail, { status, problem: body });
  return new UploadError(
    "UPLOAD_MISDIRECTED",
    `"${name}" was answered with status ${status} by something that is not an upload service. Check the address ${request.responseURL}.`,
    { status },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isUploadedFile(body: unknown): body is UploadedFile {
  return hasText(body, "id") && hasText(body, "url");
}

function isProblem(body: unknown): body is UploadProblem {
  return hasText(body, "code") && hasText(body, "detail");
}

function hasText(body: unknown, field: string): boolean {
  return typeof body === "object" && body !== null && typeof Reflect.get(body, field) === "string";
}
