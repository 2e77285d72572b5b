import type { UploadedFile } from "@holdfast/media/browser";

/** A file as the service lists it: what an upload is answered with, and what the page shows of it. */
export interface StoredFile extends UploadedFile {
  /** About 30 bytes in base64 that draw a blurred preview; null where the file is not an image. */
  readonly thumbhash: string | null;
  /** ISO 8601. */
  readonly storedAt: string;
}

/** A page of files, newest first; `next` is where the following one begins. */
export interface FilePage {
  readonly files: readonly StoredFile[];
  readonly next: string | null;
}

/** What the visitor may do here. */
export interface Session {
  readonly needsToken: boolean;
  readonly isSignedIn: boolean;
  /** Whether the redeploy demonstration is offered. */
  readonly redeploy: boolean;
}

/** A request that was not answered with what was asked for. `code` is the problem's, or `UNANSWERED`. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Where uploads go. */
export const filesUrl = "/api/v1/files";

export const readSession = async (): Promise<Session> => await ask<Session>("/api/v1/session");

/** Sign in with the service's token; the session is a cookie that scripts cannot read. @throws ServiceError UNAUTHORIZED */
export const signIn = async (token: string): Promise<void> => {
  await send("POST", "/api/v1/session", { token });
};

export const signOut = async (): Promise<void> => {
  await send("DELETE", "/api/v1/session");
};

/** List `limit` files from after the file `after`. */
export async function listFiles(limit: number, after?: string): Promise<FilePage> {
  const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { after }) });
  return await ask<FilePage>(`${filesUrl}?${query.toString()}`);
}

export const readFile = async (id: string): Promise<StoredFile> => await ask<StoredFile>(`${filesUrl}/${id}`);

/** Move a file to the trash. @throws ServiceError FILE_NOT_FOUND */
export const deleteFile = async (id: string): Promise<void> => {
  await send("DELETE", `${filesUrl}/${id}`);
};

/** The URL of an image variant: `/media/<id>/w320/<name>`, beside that of the original. */
export function variantUrl(file: Pick<StoredFile, "url">, transform: string): string {
  const name = file.url.lastIndexOf("/");
  return `${file.url.slice(0, name)}/${transform}${file.url.slice(name)}`;
}

/** Ask for JSON. */
export async function ask<T>(path: string): Promise<T> {
  const response = await send("GET", path);
  return (await response.json()) as T;
}

/** Send a request, with a JSON body where one is given. @throws ServiceError with the service's own sentence */
export async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await request(method, path, body);
  if (!response.ok) throw await readProblem(response);
  return response;
}

async function request(method: string, path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      headers: {
        accept: "application/json, application/problem+json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ServiceError("UNANSWERED", "The service does not answer. Check that it still runs, then try again.", { cause });
  }
}

async function readProblem(response: Response): Promise<ServiceError> {
  try {
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    if (typeof code === "string" && typeof detail === "string") return new ServiceError(code, detail);
  } catch {
    // Not a problem document: a proxy in between answered.
  }
  return new ServiceError("UNANSWERED", `The service answered with status ${response.status} and said no more. Try again.`);
}

/** Where a redeploy is; a new one may begin from `idle`, `done` and `failed`. */
export type RedeployState = "idle" | "starting" | "uploading" | "stopping" | "wiping" | "booting" | "counting" | "done" | "failed";

/** The redeploy demonstration: two real instances, of which one keeps its pictures with Holdfast. */
export interface Redeploy {
  readonly state: RedeployState;
  /** What is being done just now, in words; after a failure, what went wrong. */
  readonly step: string;
  readonly round: number;
  readonly holdfast: RedeploySide;
  readonly plain: RedeploySide;
}

/** One of the two instances; `pid` and `folder` are null before it first runs. */
export interface RedeploySide {
  readonly pid: number | null;
  readonly folder: string | null;
  readonly pictures: readonly RedeployPicture[];
  readonly answering: number;
  readonly total: number;
}

/** A picture that an instance was given. `status` and `isSame` are null until it has been counted. */
export interface RedeployPicture {
  readonly name: string;
  readonly path: string;
  readonly status: number | null;
  readonly isSame: boolean | null;
}

export const readRedeploy = async (): Promise<Redeploy> => await ask<Redeploy>("/api/v1/redeploy");

/** Begin a redeploy; `readRedeploy` follows it. @throws ServiceError REDEPLOY_RUNNING, REDEPLOY_NOTHING */
export async function beginRedeploy(): Promise<Redeploy> {
  const response = await send("POST", "/api/v1/redeploy");
  return (await response.json()) as Redeploy;
}

/** The `n`th picture of a side, as its instance answers it; `moment` keeps one moment's picture from being shown at another. */
export function redeployPictureUrl(side: "holdfast" | "plain", n: number, moment: string): string {
  return `/api/v1/redeploy/${side}/pictures/${n}?moment=${encodeURIComponent(moment)}`;
}
