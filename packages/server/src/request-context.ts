import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** What is known of the request that is being answered. Lines that are logged meanwhile carry its id. */
export const requestContext: AsyncLocalStorage<{ readonly requestId: string; readonly method: string; readonly path: string }> =
  new AsyncLocalStorage();

/** The id of a request: the one that a proxy in front gave it, where that is fit for a log; else a new one. */
export function requestIdOf(given: string | readonly string[] | undefined): string {
  return typeof given === "string" && /^[A-Za-z0-9._:/+=-]{1,128}$/.test(given) ? given : randomUUID();
}
