import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { User } from "./sessions.js";
import type { SiteEnv } from "./site-env.js";
import type { SiteWords } from "./words.js";

/** Send whoever is not logged in to the log-in, and from there back. A form that arrives without a log-in is not read. */
export const memberOnly: MiddlewareHandler = async (c, next) => {
  if (findUser(c) !== undefined) return await next();
  const back = c.req.method === "GET" ? `?back=${encodeURIComponent(c.req.path)}` : "";
  return c.redirect(`/log-in${back}`, 303);
};

/** Let only users with one of the roles on; whoever is not logged in may do so first. */
export function roleOnly(...roles: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const user = findUser(c);
    if (user === undefined) return await memberOnly(c, next);
    if (!roles.includes(user.role)) throw new HTTPException(403);
    return await next();
  };
}

/** Who is logged in; behind `memberOnly` somebody is. */
export function userOf<Words extends SiteWords>(c: Context<SiteEnv<Words>>): User {
  const { user } = c.var.visitor;
  if (user === undefined) throw new HTTPException(403);
  return user;
}

/** Who is logged in, of a context that may be of any app. */
function findUser(c: Context): User | undefined {
  const visitor = c.get("visitor") as SiteEnv["Variables"]["visitor"] | undefined;
  return visitor?.user;
}
