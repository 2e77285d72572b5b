import { fail, type Media, parseFileId } from "@holdfast/media";
import type { Hono } from "hono";
import { json, noContent, route } from "./route.js";

const maxLimit = 200;
const defaultLimit = 50;

/** Answer `/api/v1/files`: upload, list, describe, trash. */
export function fileRoutes(app: Hono, media: Media): void {
  route(app, "/api/v1/files", {
    GET: async ({ req }) => {
      const { files, next } = await media.list(parsePage(req.query("limit"), req.query("after")));
      return json({ files, next: next ?? null });
    },
    POST: async ({ req }) => {
      const file = await media.receive(req.raw);
      const replayed = file.isReplayed ? { "idempotent-replayed": "true" } : {};
      return json(file, 201, { location: `/api/v1/files/${file.id}`, ...replayed });
    },
  });

  route(app, "/api/v1/files/:id", {
    GET: async ({ req }) => {
      const id = req.param("id") ?? "";
      const file = await media.get(id);
      if (file === undefined) throw fail("FILE_NOT_FOUND", { id });
      return json(file);
    },
    DELETE: async ({ req }) => {
      const id = req.param("id") ?? "";
      if (!(await media.trash(id))) throw fail("FILE_NOT_FOUND", { id });
      return noContent();
    },
  });
}

function parsePage(limitText: string | undefined, after: string | undefined): { limit: number; after?: string } {
  const limit = limitText === undefined ? defaultLimit : /^\d{1,4}$/.test(limitText) ? Number(limitText) : NaN;
  if (!(limit >= 1 && limit <= maxLimit)) {
    throw fail("PARAMETER_INVALID", { name: "limit", value: limitText ?? "", reason: `give a whole number from 1 to ${maxLimit}` });
  }
  if (after === undefined) return { limit };
  if (parseFileId(after) === undefined) {
    throw fail("PARAMETER_INVALID", { name: "after", value: after, reason: "give the `next` of the page before" });
  }
  return { limit, after };
}
