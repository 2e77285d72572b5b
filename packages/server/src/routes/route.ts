import { fail } from "@holdfast/media";
import type { Context, Hono } from "hono";

/** What one method of a route does. */
export type Handler = (context: Context) => Response | Promise<Response>;

/** The methods of one path. */
export interface Handlers {
  readonly GET?: Handler;
  readonly POST?: Handler;
  readonly DELETE?: Handler;
}

/** Answer one path. HEAD answers as GET does; any other method is 405 with `Allow`. */
export function route(app: Hono, path: string, handlers: Handlers): void {
  const methods: string[] = [];
  for (const [method, handler] of Object.entries(handlers)) {
    app.on(method, path, handler);
    methods.push(...(method === "GET" ? ["GET", "HEAD"] : [method]));
  }
  const allow = methods.join(", ");
  app.all(path, (context) => {
    throw fail("METHOD_NOT_ALLOWED", { method: context.req.method, allow });
  });
}

/** Answer JSON that is made anew for each request. */
export function json(body: unknown, status: 200 | 201 | 202 = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}

/** Answer that it is done, with nothing to say. */
export function noContent(headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 204, headers: { "cache-control": "no-store", ...headers } });
}
