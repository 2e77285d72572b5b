import { memberOnly, type SiteEnv } from "@holdfast/example-site";
import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Kysely } from "kysely";
import type { Tables } from "./tables.js";
import type { Words } from "./words.js";

/** Organisers see and change everything of their organisation, agents the leads that are theirs. */
export type Role = "organiser" | "agent";
export const roles: readonly Role[] = ["organiser", "agent"];

/** Who is logged in, and for which organisation. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly organisationId: string;
  readonly organisation: string;
}

/** What the handlers behind the log-in find in their context. */
export interface Env extends SiteEnv<Words> {
  readonly Variables: SiteEnv<Words>["Variables"] & { readonly member: Member };
}

/** Let in who is logged in and of an organisation, and remember who it is. */
export function membersOnly(db: Kysely<Tables>): readonly [MiddlewareHandler, MiddlewareHandler<Env>] {
  const know: MiddlewareHandler<Env> = async (c, next) => {
    const { user } = c.var.visitor;
    const of = await db
      .selectFrom("members")
      .innerJoin("organisations", "organisations.id", "members.organisation_id")
      .where("user_id", "=", user?.id ?? "")
      .select(["organisation_id", "organisations.name"])
      .executeTakeFirst();
    if (user === undefined || of === undefined) throw new HTTPException(403);
    const role = user.role === "organiser" ? "organiser" : "agent";
    c.set("member", { id: user.id, name: user.name, role, organisationId: of.organisation_id, organisation: of.name });
    return await next();
  };
  return [memberOnly, know];
}

/** Let in organisers only. */
export const organisersOnly: MiddlewareHandler<Env> = async (c, next) => {
  confirmOrganiser(c);
  return await next();
};

/** @throws 403 to agents */
export function confirmOrganiser(c: Context<Env>): void {
  if (c.var.member.role !== "organiser") throw new HTTPException(403);
}
