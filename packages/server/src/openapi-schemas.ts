import { catalogue } from "@holdfast/media";

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const nullableCount = { type: ["integer", "null"], minimum: 1 } as const;

/** Close an object schema: all of its properties are always there, and no others. */
function closed(description: string, properties: { readonly [name: string]: Json }): Json {
  return { type: "object", description, required: Object.keys(properties), additionalProperties: false, properties };
}

const problem: { readonly [name: string]: Json } = {
  type: { type: "string", description: "A URN of the code.", pattern: "^urn:holdfast:error:[A-Z_]+$" },
  title: { type: "string", description: "The same few words for every occurrence." },
  status: { type: "integer", minimum: 400, maximum: 599 },
  detail: { type: "string", description: "What happened and what to do next, for people." },
  code: { type: "string", enum: Object.keys(catalogue) },
};

/** The shapes of all JSON that the service answers or takes, as JSON Schema 2020-12. */
export const schemas: { readonly [name: string]: Json } = {
  File: closed("A file: the catalogue's row for one uploaded original.", {
    id: { $ref: "#/components/schemas/FileId" },
    name: { type: "string", description: "The file's own name, without a path.", minLength: 1 },
    url: { type: "string", description: "The path of the original: `/media/<id>/<name>`.", pattern: "^/" },
    sha256: { type: "string", description: "The SHA-256 of the original, in hexadecimal.", pattern: "^[0-9a-f]{64}$" },
    size: { type: "integer", description: "Bytes.", minimum: 1 },
    type: {
      type: "string",
      description: "The media type, found in the bytes and never taken from the sender's word.",
      pattern: "^[a-z]+/[a-z0-9.+-]+$",
    },
    width: { ...nullableCount, description: "Pixels, as a person sees the picture; null where it is not an image." },
    height: { ...nullableCount, description: "Pixels, as a person sees the picture; null where it is not an image." },
    state: { type: "string", description: "Only stored files are answered.", const: "stored" },
    thumbhash: {
      type: ["string", "null"],
      description: "The picture's thumbhash in base64: about 30 bytes that draw a blurred preview.",
      contentEncoding: "base64",
    },
    storedAt: { type: "string", description: "When the upload was acknowledged.", format: "date-time" },
    picture: {
      description: "What the `<img>` of a page is written with; null where it is not an image, or confidential.",
      oneOf: [{ $ref: "#/components/schemas/Picture" }, { type: "null" }],
    },
  }),
  Picture: closed("The attributes of an `<img>`.", {
    src: { type: "string", description: "The full size without metadata." },
    srcset: { type: "string", description: "What the browser may choose from, by width." },
    background: {
      type: ["string", "null"],
      description: "A CSS `background-image`: the blur that is seen while the picture loads, and where it fails.",
    },
  }),
  FileId: { type: "string", description: "26 characters, sortable by the time of upload.", pattern: "^[0-9a-hjkmnp-tv-z]{26}$" },
  FileList: closed("One page of files, newest first.", {
    files: { type: "array", items: { $ref: "#/components/schemas/File" }, maxItems: 200 },
    next: {
      description: "Give this as `after` to read the next page; null on the last page.",
      oneOf: [{ $ref: "#/components/schemas/FileId" }, { type: "null" }],
    },
  }),
  Session: closed("What a page must know before it calls anything else.", {
    needsToken: { type: "boolean", description: "True where the service was started with an access token." },
    isSignedIn: { type: "boolean", description: "True where this request came with the token or a live session." },
    redeploy: { type: "boolean", description: "True where the redeploy demonstration is offered." },
  }),
  SignIn: closed("The access token of the service.", { token: { type: "string", minLength: 1, maxLength: 1024 } }),
  Redeploy: closed("The redeploy demonstration: two real instances, one keeping its pictures with Holdfast, one in a folder of its own.", {
    state: {
      type: "string",
      description: "`failed` and `done` end a run; a new one may be started from `idle`, `done` and `failed`.",
      enum: ["idle", "starting", "uploading", "stopping", "wiping", "booting", "counting", "done", "failed"],
    },
    step: { type: "string", description: "What is being done just now, in words; after a failure, what went wrong." },
    steps: { type: "array", description: "Each step of this run so far, in words, the latest last.", items: { type: "string" } },
    round: { type: "integer", description: "How many redeploys were begun.", minimum: 0 },
    holdfast: { $ref: "#/components/schemas/RedeploySide" },
    plain: { $ref: "#/components/schemas/RedeploySide" },
  }),
  RedeploySide: closed("One of the two instances.", {
    pid: { ...nullableCount, description: "The process id of the instance; null while none is running." },
    folder: { type: ["string", "null"], description: "The instance's folder, wiped whole at a redeploy; null before the first." },
    pictures: { type: "array", items: { $ref: "#/components/schemas/RedeployPicture" } },
    answering: { type: "integer", description: "How many pictures answered with the same bytes when they were last counted.", minimum: 0 },
    total: { type: "integer", description: "How many pictures were uploaded to this instance.", minimum: 0 },
  }),
  RedeployPicture: closed(
    "One picture that was uploaded to an instance. See it at `/api/v1/redeploy/{side}/pictures/{n}`, counting from 0.",
    {
      name: { type: "string" },
      path: { type: "string", description: "The path at the instance, as it answered the upload.", pattern: "^/" },
      status: { type: "integer", description: "The HTTP status when it was last fetched.", minimum: 100, maximum: 599 },
      isSame: { type: "boolean", description: "Whether the bytes were those answered right after the upload." },
    },
  ),
  Up: closed("The process is up.", { status: { const: "up" } }),
  Ready: closed("The catalogue and the storage answer.", { status: { const: "ready" } }),
  Problem: closed("A problem document (RFC 9457). Branch on `code`.", problem),
  NotReady: closed("A problem document that also says which part does not answer.", {
    ...problem,
    part: { type: "string", enum: ["catalogue", "storage", "catalogue or storage", "service"] },
  }),
};
