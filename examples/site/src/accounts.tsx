import { randomUUID } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type Context, Hono } from "hono";
import type { Kysely, Transaction } from "kysely";
import type { Html } from "./html.js";
import { fieldReader } from "./field-reader.js";
import { Field, Form, type Problems, ProblemSummary } from "./form-fields.js";
import { useWords } from "./layout.js";
import { forgetAttempts, mayTryToLogIn } from "./log-in-limits.js";
import { hashPassword, isPassword } from "./passwords.js";
import { readForm } from "./read-form.js";
import { unlessTaken } from "./unless-taken.js";
import { beginSession, endOtherSessions, endSession, newSessionToken } from "./sessions.js";
import type { SiteEnv } from "./site-env.js";
import type { SiteTables } from "./site-tables.js";
import { type CookieJar, keepSession } from "./visitor.js";

/** How people come in. */
export interface AccountOptions {
  readonly db: Kysely<SiteTables>;
  readonly cookies: CookieJar;
  readonly proxies: number;
  /** Where the log-in leads to. */
  readonly afterLogIn: string;
  /** The role of whoever signs up; where it is not said nobody can. */
  readonly signUpRole: string | undefined;
  readonly onSignUp: OnSignUp | undefined;
}

/** What an app writes for who signs up, in the transaction that makes the account. */
export type OnSignUp = (tx: Transaction<SiteTables>, user: { readonly id: string; readonly name: string }) => Promise<void>;

/** A new user's row. @throws what the database throws when the address is taken */
export async function addUser<Tables extends SiteTables>(
  on: Kysely<Tables>,
  user: { readonly email: string; readonly name: string; readonly role: string; readonly password: string },
): Promise<string> {
  const { password, ...rest } = user;
  const id = randomUUID();
  const passwordHash = await hashPassword(password);
  await (on as unknown as Kysely<SiteTables>)
    .insertInto("users")
    .values({ id, ...rest, password_hash: passwordHash, created_at: new Date().toISOString() })
    .execute();
  return id;
}

/** Give a user a password, and end all their sessions: it is done for who forgot theirs, or whose became known. */
export async function setPassword<Tables extends SiteTables>(on: Kysely<Tables>, userId: string, password: string): Promise<void> {
  const db = on as unknown as Kysely<SiteTables>;
  const passwordHash = await hashPassword(password);
  await db.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", userId).execute();
  await db.deleteFrom("sessions").where("user_id", "=", userId).execute();
}

/** Give a user another password, and end all sessions but the one that asks. False where the current password is not the one. */
export async function changePassword(
  db: Kysely<SiteTables>,
  of: { readonly userId: string; readonly sessionToken: string },
  passwords: { readonly current: string; readonly next: string },
): Promise<boolean> {
  const user = await db.selectFrom("users").where("id", "=", of.userId).select("password_hash").executeTakeFirst();
  if (!(await isPassword(passwords.current, user?.password_hash))) return false;
  const passwordHash = await hashPassword(passwords.next);
  await db.transaction().execute(async (tx) => {
    await tx.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", of.userId).execute();
    await endOtherSessions(tx, of.userId, of.sessionToken);
  });
  return true;
}

/** The routes of log-in, log-out and, where there is one, sign-up. */
export function accounts({ db, cookies, proxies, afterLogIn, signUpRole, onSignUp }: AccountOptions): Hono<SiteEnv> {
  const app = new Hono<SiteEnv>();
  const maySignUp = signUpRole !== undefined;

  const welcome = async (c: Context<SiteEnv>, userId: string, back: string | null): Promise<Response> => {
    keepSession(c, cookies, await beginSession(db, userId));
    c.var.tell("loggedIn");
    return c.redirect(pathWithin(back) ?? afterLogIn, 303);
  };

  app.get("/log-in", (c) => {
    const { words } = c.var;
    return c.render(<LogInPage maySignUp={maySignUp} problems={{}} email="" back={c.req.query("back")} />, { title: words.logIn });
  });

  app.post("/log-in", async (c) => {
    const { words } = c.var;
    const { fields } = await readForm(c);
    const read = fieldReader(fields, words);
    const [email, password] = [read.email("email"), read.password("password", 1)];
    const again = (status: 422 | 429): Response | Promise<Response> => {
      c.status(status);
      const back = fields.get("back") ?? undefined;
      return c.render(<LogInPage maySignUp={maySignUp} problems={read.problems} email={email} back={back} />, { title: words.logIn });
    };
    if (!read.isGood) return again(422);
    if (!(await mayTryToLogIn(db, email, addressOf(c, proxies)))) {
      read.complain("", words.tooManyAttempts);
      return again(429);
    }
    const user = await db.selectFrom("users").where("email", "=", email).select(["id", "password_hash"]).executeTakeFirst();
    if (!(await isPassword(password, user?.password_hash)) || user === undefined) {
      read.complain("email", words.logInFailed);
      return again(422);
    }
    await forgetAttempts(db, email);
    return await welcome(c, user.id, fields.get("back"));
  });

  app.post("/log-out", async (c) => {
    await readForm(c);
    await endSession(db, c.var.visitor.sessionToken);
    keepSession(c, cookies, newSessionToken());
    c.var.tell("loggedOut");
    return c.redirect("/", 303);
  });

  if (signUpRole === undefined) return app;

  app.get("/sign-up", (c) => {
    return c.render(<SignUpPage problems={{}} name="" email="" />, { title: c.var.words.signUp });
  });

  app.post("/sign-up", async (c) => {
    const { words } = c.var;
    const { fields } = await readForm(c);
    const read = fieldReader(fields, words);
    const user = { name: read.text("name", { most: 80 }), email: read.email("email"), password: read.password("password", 10) };
    const isTaken = await db.selectFrom("users").where("email", "=", user.email).select("id").executeTakeFirst();
    if (isTaken !== undefined) read.complain("email", words.emailTaken);
    if (read.isGood) {
      const id = await unlessTaken(
        async () =>
          await db.transaction().execute(async (tx) => {
            const added = await addUser(tx, { ...user, role: signUpRole });
            await onSignUp?.(tx, { id: added, name: user.name });
            return added;
          }),
      );
      if (id !== false) return await welcome(c, id, null);
      read.complain("email", words.emailTaken);
    }
    c.status(422);
    return c.render(<SignUpPage problems={read.problems} name={user.name} email={user.email} />, { title: words.signUp });
  });
  return app;
}

/** A path of this site and nothing else: who follows a link to the log-in must not end up somewhere else. */
export function pathWithin(path: string | null | undefined): string | undefined {
  return path !== null && path !== undefined && /^\/(?![/\\])[\w\-./?=&%]*$/.test(path) ? path : undefined;
}

function addressOf(c: Context, proxies: number): string {
  const forwarded = (c.req.header("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
  const said = proxies === 0 ? undefined : forwarded.at(-proxies);
  return said === undefined || said === "" ? (getConnInfo(c).remote.address ?? "") : said;
}

interface LogInProps {
  readonly maySignUp: boolean;
  readonly problems: Problems;
  readonly email: string;
  readonly back: string | undefined;
}

function LogInPage({ maySignUp, problems, email, back }: LogInProps): Html {
  const words = useWords();
  return (
    <div class="narrow">
      <h1>{words.logIn}</h1>
      <ProblemSummary problems={problems} />
      <Form action="/log-in" class="card">
        {back === undefined ? undefined : <input type="hidden" name="back" value={back} />}
        <Field name="email" type="email" label={words.email} value={email} problem={problems["email"]} autocomplete="username" />
        <Field name="password" type="password" label={words.password} problem={problems["password"]} autocomplete="current-password" />
        <button>{words.logIn}</button>
      </Form>
      {maySignUp ? (
        <p class="aside">
          {words.noAccountYet} <a href="/sign-up">{words.signUp}</a>
        </p>
      ) : undefined}
    </div>
  );
}

interface SignUpProps {
  readonly problems: Problems;
  readonly name: string;
  readonly email: string;
}

function SignUpPage({ problems, name, email }: SignUpProps): Html {
  const words = useWords();
  return (
    <div class="narrow">
      <h1>{words.signUp}</h1>
      <ProblemSummary problems={problems} />
      <Form action="/sign-up" class="card">
        <Field name="name" label={words.yourName} value={name} problem={problems["name"]} autocomplete="name" maxlength={80} />
        <Field name="email" type="email" label={words.email} value={email} problem={problems["email"]} autocomplete="username" />
        <Field
          name="password"
          type="password"
          label={words.password}
          hint={words.newPasswordHint}
          problem={problems["password"]}
          autocomplete="new-password"
        />
        <button>{words.signUp}</button>
      </Form>
      <p class="aside">
        {words.haveAccount} <a href="/log-in">{words.logIn}</a>
      </p>
    </div>
  );
}
