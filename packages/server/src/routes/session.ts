import { fail } from "@holdfast/media";
import type { Hono } from "hono";
import type { Access } from "../access.js";
import { json, noContent, route } from "./route.js";

/** Far more than the longest token. */
const maxBodyBytes = 4096;
const maxFailures = 10;
const failureWindowMs = 60_000;

/** Answer `/api/v1/session`: whether a token is needed, signing in and out. */
export function sessionRoutes(
  app: Hono,
  options: { readonly access: Access; readonly hasRedeploy: boolean; readonly now?: () => number },
): void {
  const { access, hasRedeploy, now = Date.now } = options;
  let failures: number[] = [];

  function admitAttempt(): void {
    failures = failures.filter((at) => now() - at < failureWindowMs);
    const oldest = failures[0];
    if (oldest === undefined || failures.length < maxFailures) return;
    throw fail("SIGN_IN_LIMITED", { retryAfterSeconds: Math.max(1, Math.ceil((oldest + failureWindowMs - now()) / 1000)) });
  }

  route(app, "/api/v1/session", {
    GET: ({ req }) => json({ needsToken: access.needsToken, isSignedIn: access.isSignedIn(req.raw), redeploy: hasRedeploy }),
    POST: async ({ req }) => {
      if (!access.needsToken) return noContent();
      admitAttempt();
      const token = await readToken(req.raw);
      // Asked again: many attempts may have been read at the same time.
      admitAttempt();
      if (access.isToken(token)) return noContent({ "set-cookie": access.sessionCookie(req.raw) });
      failures.push(now());
      throw fail("TOKEN_WRONG");
    },
    DELETE: ({ req }) => noContent({ "set-cookie": access.expiredCookie(req.raw) }),
  });
}

/** Read `{"token": "…"}`. Nothing of it is ever quoted. @throws BODY_INVALID */
async function readToken(request: Request): Promise<string> {
  const invalid = (reason: string): Error => fail("BODY_INVALID", { reason });
  const blocks: Uint8Array[] = [];
  let size = 0;
  for await (const block of request.body ?? []) {
    size += block.byteLength;
    if (size > maxBodyBytes) throw invalid(`it has more than ${maxBodyBytes} bytes`);
    blocks.push(block);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(blocks).toString("utf8"));
  } catch {
    throw invalid('it is not JSON; send {"token": "…"}');
  }
  if (typeof body === "object" && body !== null && "token" in body && typeof body.token === "string") return body.token;
  throw invalid('it has no "token"; send {"token": "…"}');
}
