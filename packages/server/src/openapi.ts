import { json, notFromHere, notSignedIn, problems, upload } from "./openapi-answers.js";
import { mediaPaths } from "./openapi-media.js";
import { type Json, schemas } from "./openapi-schemas.js";

const tokenOrSession: Json = [{ token: [] }, { session: [] }];
const open: Json = [];

const fileId: Json = { name: "id", in: "path", required: true, schema: { type: "string" }, description: "The file's id." };
const sideParameter: Json = { name: "side", in: "path", required: true, schema: { type: "string", enum: ["holdfast", "plain"] } };

/** The OpenAPI 3.1 description of everything the service answers. A test holds it against real answers. */
export const openapi: Json = {
  openapi: "3.1.0",
  info: {
    title: "Holdfast media service",
    version: "0.1.0",
    description:
      "Durable uploads over HTTP. An upload is acknowledged only when its bytes are durable, verified and catalogued. " +
      "Every failure is a problem document (RFC 9457) with a code; an unknown path is 404 ROUTE_NOT_FOUND, " +
      "a wrong method 405 METHOD_NOT_ALLOWED with `Allow`. On loopback the service is open; elsewhere it needs the access token.",
    license: { name: "MIT", identifier: "MIT" },
  },
  servers: [{ url: "/" }],
  security: tokenOrSession,
  tags: [{ name: "files" }, { name: "media" }, { name: "session" }, { name: "redeploy" }, { name: "health" }],
  paths: {
    "/api/v1/files": {
      get: {
        operationId: "listFiles",
        tags: ["files"],
        summary: "List stored files, newest first",
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 200, default: 50 } },
          { name: "after", in: "query", description: "`next` of the page before.", schema: { $ref: "#/components/schemas/FileId" } },
        ],
        responses: {
          "200": json("One page.", "FileList"),
          ...problems({ "400": "PARAMETER_INVALID: `limit` or `after` is not valid.", ...notSignedIn, ...notFromHere }),
        },
      },
      post: upload("uploadFile", "files", "Upload a file", "`/api/v1/files/<id>`"),
    },
    "/api/v1/files/{id}": {
      parameters: [fileId],
      get: {
        operationId: "getFile",
        tags: ["files"],
        summary: "Describe one file",
        responses: { "200": json("The file.", "File"), ...problems({ ...notSignedIn, ...notFromHere, "404": "FILE_NOT_FOUND." }) },
      },
      delete: {
        operationId: "trashFile",
        tags: ["files"],
        summary: "Move one file to the trash",
        description: "It is not served any more; its bytes go when the retention ends.",
        responses: {
          "204": { description: "It is in the trash." },
          ...problems({ ...notSignedIn, ...notFromHere, "404": "FILE_NOT_FOUND." }),
        },
      },
    },
    ...mediaPaths,
    "/api/v1/session": {
      get: {
        operationId: "getSession",
        tags: ["session"],
        summary: "Say whether a token is needed, and whether this request has it",
        security: open,
        responses: { "200": json("Always answered.", "Session"), ...problems(notFromHere) },
      },
      post: {
        operationId: "signIn",
        tags: ["session"],
        summary: "Exchange the access token for a session cookie of 12 hours",
        security: open,
        requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/SignIn" } } } },
        responses: {
          "204": {
            description: "Signed in. Where no token is needed, nothing happens and no cookie is set.",
            headers: { "Set-Cookie": { description: "HttpOnly, SameSite=Strict; Secure over https.", schema: { type: "string" } } },
          },
          ...problems({
            "400": 'BODY_INVALID: the body is not `{"token": "…"}`.',
            "401": "TOKEN_WRONG.",
            ...notFromHere,
            "429": "SIGN_IN_LIMITED: ten sign-ins failed within a minute; `Retry-After` says when to try again.",
          }),
        },
      },
      delete: {
        operationId: "signOut",
        tags: ["session"],
        summary: "Forget the session cookie",
        security: open,
        responses: {
          "204": { description: "Signed out.", headers: { "Set-Cookie": { required: true, schema: { type: "string" } } } },
          ...problems(notFromHere),
        },
      },
    },
    "/api/v1/redeploy": {
      get: {
        operationId: "getRedeploy",
        tags: ["redeploy"],
        summary: "Say how the redeploy demonstration stands",
        description: "Only on loopback and outside production; elsewhere 404.",
        responses: {
          "200": json("How it stands.", "Redeploy"),
          ...problems({ ...notSignedIn, ...notFromHere, "404": "ROUTE_NOT_FOUND: not offered here." }),
        },
      },
      post: {
        operationId: "redeploy",
        tags: ["redeploy"],
        summary: "Redeploy both instances",
        description:
          "The first time, boots two real instances and uploads the newest pictures (at most 24) to both; later, those that are new. Then stops both, " +
          "wipes the whole folder of each, deploys and boots again, and fetches every picture. Ask `GET` how far it is.",
        responses: {
          "202": json("It has begun.", "Redeploy"),
          ...problems({
            ...notSignedIn,
            ...notFromHere,
            "404": "ROUTE_NOT_FOUND: not offered here.",
            "409": "REDEPLOY_RUNNING, or REDEPLOY_NOTHING: there is no picture yet.",
          }),
        },
      },
    },
    "/api/v1/redeploy/{side}/pictures/{n}": {
      parameters: [
        sideParameter,
        {
          name: "n",
          in: "path",
          required: true,
          description: "The picture's place in `pictures`, from 0.",
          schema: { type: "integer", minimum: 0 },
        },
      ],
      get: {
        operationId: "getRedeployPicture",
        tags: ["redeploy"],
        summary: "Fetch one picture from an instance",
        description: "Forwarded to the instance, and its answer back: after a redeploy of the plain one, its own 404.",
        responses: {
          "200": { description: "The picture.", content: { "image/*": { schema: { type: "string", format: "binary" } } } },
          ...problems({ ...notSignedIn, ...notFromHere, "503": "INSTANCE_AWAY: it is not running just now." }),
          "404": {
            description: "The instance's own answer where the picture is lost; ROUTE_NOT_FOUND where there is no such picture.",
            content: {
              "text/plain": { schema: { type: "string" } },
              "image/*": { schema: { type: "string", format: "binary" } },
              "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
            },
          },
        },
      },
    },
    "/api/v1/openapi.json": {
      get: {
        operationId: "getOpenapi",
        tags: ["health"],
        summary: "This document",
        security: open,
        responses: {
          "200": { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } },
          ...problems(notFromHere),
        },
      },
    },
    "/healthz": {
      get: {
        operationId: "getHealth",
        tags: ["health"],
        summary: "Is the process up?",
        security: open,
        responses: { "200": json("It is.", "Up"), ...problems(notFromHere) },
      },
    },
    "/readyz": {
      get: {
        operationId: "getReadiness",
        tags: ["health"],
        summary: "Do the catalogue and the storage answer?",
        security: open,
        responses: {
          "200": json("They do.", "Ready"),
          ...problems(notFromHere),
          "503": {
            description: "STORAGE_UNREACHABLE, STORAGE_DENIED, CATALOGUE_UNUSABLE, CLOSING or MEDIA_CLOSED.",
            content: { "application/problem+json": { schema: { $ref: "#/components/schemas/NotReady" } } },
          },
        },
      },
    },
    "/metrics": {
      get: {
        operationId: "getMetrics",
        tags: ["health"],
        summary: "What the service has done, for Prometheus",
        description: "With the access token, a session, or HOLDFAST_METRICS_TOKEN as the bearer token.",
        responses: {
          "200": { description: "Prometheus' text format.", content: { "text/plain": { schema: { type: "string" } } } },
          ...problems({ ...notSignedIn, ...notFromHere }),
        },
      },
    },
  },
  components: {
    schemas,
    securitySchemes: {
      token: {
        type: "http",
        scheme: "bearer",
        description: "`Authorization: Bearer <HOLDFAST_TOKEN>`. Not needed on loopback without a token.",
      },
      session: { type: "apiKey", in: "cookie", name: "holdfast_session", description: "Set by `POST /api/v1/session`." },
    },
  },
};
