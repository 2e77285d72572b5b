import type { Json } from "./openapi-schemas.js";

export const notSignedIn = { "401": "UNAUTHORIZED: the access token is needed." } as const;
export const notFromHere = {
  "403": "FORBIDDEN: the request comes from another web site, or by a name that is not this computer's.",
} as const;

/** Bytes as they are. */
export const binary: Json = { schema: { type: "string", format: "binary" } };

/** Describe an answer of JSON. */
export function json(description: string, schema: string, headers?: Json): Json {
  const content = { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } };
  return headers === undefined ? { description, content } : { description, content, headers };
}

/** Describe answers that are problem documents: status to codes. */
export function problems(codesByStatus: { readonly [status: string]: string }): { readonly [status: string]: Json } {
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(Object.entries(codesByStatus).map(([status, description]) => [status, { description, content }]));
}

/** Describe an upload, wherever it is taken. */
export function upload(operationId: string, tag: string, summary: string, location: string): Json {
  return {
    operationId,
    tags: [tag],
    summary,
    description: "As a form with the field `file`, or as the raw bytes with `?name=`. 201 means: durable, verified and catalogued.",
    parameters: [
      { name: "name", in: "query", description: "The file's name, for a raw body.", schema: { type: "string" } },
      {
        name: "Idempotency-Key",
        in: "header",
        description:
          "What the sender calls this upload: a random UUID. Sent again under the same key, for its answer was lost, it is kept once, " +
          "and the second answer has `Idempotent-Replayed: true`.",
        schema: { type: "string", minLength: 1, maxLength: 255 },
      },
    ],
    requestBody: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: { type: "object", required: ["file"], properties: { file: { type: "string", format: "binary" } } },
        },
        "image/*": binary,
        "application/octet-stream": binary,
      },
    },
    responses: {
      "201": json("The file is kept.", "File", {
        Location: { description: location, required: true, schema: { type: "string" } },
        "Idempotent-Replayed": { description: "`true` where it had been kept before.", schema: { type: "string", enum: ["true"] } },
      }),
      ...problems({
        "400": "UPLOAD_EMPTY, UPLOAD_INCOMPLETE, UPLOAD_MALFORMED, NAME_INVALID, PARAMETER_INVALID or IDEMPOTENCY_KEY_INVALID.",
        ...notSignedIn,
        ...notFromHere,
        "408": "UPLOAD_STALLED: no byte arrived for too long.",
        "409": "RESERVATION_LOST: the upload paused longer than its lease.",
        "413": "UPLOAD_TOO_LARGE.",
        "415": "UPLOAD_CONTENT_TYPE, TYPE_NOT_ACCEPTED or TYPE_MISMATCH.",
        "422": "IMAGE_BROKEN, IMAGE_TOO_LARGE or IDEMPOTENCY_MISMATCH.",
        "503":
          "STORAGE_UNREACHABLE, STORAGE_DENIED, CATALOGUE_UNREACHABLE, MEDIA_CLOSED or OVERLOADED. Nothing was acknowledged; try again.",
        "507": "STORAGE_FULL.",
      }),
    },
  };
}
