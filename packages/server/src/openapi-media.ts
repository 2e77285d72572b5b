import { binary, notFromHere, problems, upload } from "./openapi-answers.js";
import type { Json } from "./openapi-schemas.js";

const problemContent: Json = { schema: { $ref: "#/components/schemas/Problem" } };
const text: Json = { schema: { type: "string" } };
const openOrPrivate: Json = [{}, { token: [] }, { session: [] }];

const cacheHeaders: Json = {
  ETag: { required: true, schema: { type: "string" } },
  "Cache-Control": { required: true, schema: { type: "string" } },
  "Accept-Ranges": { schema: { const: "bytes" } },
};

const conditions: Json = [
  { name: "Range", in: "header", description: "One range: `bytes=0-1023`.", schema: { type: "string" } },
  { name: "If-Range", in: "header", schema: { type: "string" } },
  { name: "If-None-Match", in: "header", description: "A list of entity tags, weak ones among them.", schema: { type: "string" } },
];

const idParameter: Json = { name: "id", in: "path", required: true, schema: { type: "string" }, description: "The file's id." };
const nameParameter: Json = {
  name: "name",
  in: "path",
  required: true,
  schema: { type: "string" },
  description: "For people; any name finds the file.",
};

const drawnContent: Json = {
  "application/problem+json": problemContent,
  "image/svg+xml": { schema: { type: "string" } },
  "image/png": binary,
};

/** Failures that a page is answered as a picture, its code in the header `Holdfast-Error`; everybody else as a problem document. */
function pictured(codesByStatus: { readonly [status: string]: string }): { readonly [status: string]: Json } {
  const entries = Object.entries(problems(codesByStatus));
  return Object.fromEntries(entries.map(([status, answer]) => [status, { ...(answer as object), content: drawnContent }]));
}

/** What both kinds of bytes have in common. */
const responses: { readonly [status: string]: Json } = {
  "200": { description: "The bytes. To HEAD: the same headers and no body.", headers: cacheHeaders, content: { "*/*": binary } },
  "206": {
    description: "The range asked for.",
    headers: { "Content-Range": { required: true, schema: text } },
    content: { "*/*": binary },
  },
  "304": { description: "What the client has is still right.", headers: { ETag: { required: true, schema: text } } },
  "412": {
    description: "PRECONDITION_FAILED: If-Match or If-Unmodified-Since does not hold.",
    content: { "application/problem+json": problemContent },
  },
  "416": {
    description: "RANGE_NOT_SATISFIABLE.",
    headers: { "Content-Range": { required: true, schema: text } },
    content: { "application/problem+json": problemContent },
  },
  ...pictured({
    "404": "FILE_NOT_FOUND, FILE_LOST, TRANSFORM_UNKNOWN or NOT_AN_IMAGE.",
    "502": "FILE_DAMAGED: the storage holds other bytes than those that were acknowledged.",
    "503": "STORAGE_UNREACHABLE, STORAGE_DENIED, MEDIA_CLOSED or OVERLOADED; `Retry-After` says when to try again.",
  }),
};

/** The paths that `media.handler` answers. */
export const mediaPaths: { readonly [path: string]: Json } = {
  "/media": { post: upload("uploadMedia", "media", "Upload a file, as POST /api/v1/files does", "The original's path.") },
  "/media/{id}/{name}": {
    parameters: [idParameter, nameParameter],
    get: {
      operationId: "getOriginal",
      tags: ["media"],
      summary: "The original, byte for byte",
      description: "Private unless the file is public: it needs the token, the session, or a signature in the query. HEAD answers alike.",
      security: openOrPrivate,
      parameters: conditions,
      responses: {
        ...responses,
        ...problems({ "401": "UNAUTHORIZED: the original is private.", ...notFromHere }),
      },
    },
  },
  "/media/initials/{name}.svg": {
    parameters: [
      { ...(nameParameter as object), description: "Whose initials: `Ada%20Lovelace`." },
      { name: "lang", in: "query", description: "Whose rules upper-case them: `tr`.", schema: { type: "string" } },
    ],
    get: {
      operationId: "getInitials",
      tags: ["media"],
      summary: "A person without a picture, drawn",
      description: "White initials on a colour of the name; a silhouette where there is no name. HEAD answers alike.",
      security: [],
      responses: {
        "200": { description: "The drawing.", headers: cacheHeaders, content: { "image/svg+xml": { schema: { type: "string" } } } },
        "304": responses["304"] ?? {},
        ...problems(notFromHere),
      },
    },
  },
  "/media/{id}/{transform}/{name}": {
    parameters: [
      idParameter,
      {
        name: "transform",
        in: "path",
        required: true,
        description: "A width of the ladder, such as `w640`, or `full`.",
        schema: { type: "string" },
      },
      nameParameter,
    ],
    get: {
      operationId: "getVariant",
      tags: ["media"],
      summary: "A variant, made on first request and kept",
      description: "Right way up, without metadata, in sRGB, never enlarged; for everybody. HEAD answers alike.",
      security: [],
      parameters: conditions,
      responses: {
        ...responses,
        ...problems({
          "403": `${notFromHere["403"]} TRANSFORM_NOT_SIGNED: only who holds a signed URL may ask for it.`,
          "422": "IMAGE_BROKEN: the original cannot be decoded.",
        }),
      },
    },
  },
};
