import { isHoldfastError } from "@holdfast/media";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Html } from "./html.js";
import { useWords } from "./layout.js";
import type { SiteEnv } from "./site-env.js";

/** Told of every failure that is ours, for the log or for Sentry. */
export type OnFailure = (error: unknown, about: { readonly requestId: string; readonly method: string; readonly path: string }) => void;

/** Answer with the page that says that there is nothing here. */
export async function respondNotFound(c: Context<SiteEnv>): Promise<Response> {
  const { words } = c.var;
  c.status(404);
  return await c.render(<ProblemPage status={404} title={words.notFound} text={words.notFoundText} />, { title: words.notFound });
}

/** Answer a failure with a page that says whose fault it is and what to do, and nothing of how the app is made. */
export async function respondFailed(error: unknown, c: Context<SiteEnv>, onFailure: OnFailure): Promise<Response> {
  const status = statusOf(error);
  if (status >= 500) onFailure(error, { requestId: c.var.requestId, method: c.req.method, path: c.req.path });
  // Before the visitor was known there is no page to be had: the database is away, most likely.
  if ((c.var as Partial<SiteEnv["Variables"]>).visitor === undefined) return c.text(`${status}\n`, status);
  const { words, requestId } = c.var;
  if (status === 404) return await respondNotFound(c);
  c.status(status);
  if (status >= 500) {
    return await c.render(<ProblemPage status={status} title={words.failed} text={words.failedText(requestId)} />, { title: words.failed });
  }
  const text = error instanceof HTTPException && error.message === "formExpired" ? words.formExpired : words.forbiddenText;
  return await c.render(<ProblemPage status={status} title={words.refused} text={text} />, { title: words.refused });
}

function statusOf(error: unknown): ContentfulStatusCode {
  if (error instanceof HTTPException) return error.status;
  return isHoldfastError(error) ? (error.status as ContentfulStatusCode) : 500;
}

function ProblemPage({ status, title, text }: { readonly status: number; readonly title: string; readonly text: string }): Html {
  const words = useWords();
  return (
    <div class="narrow problem-page">
      <p class="status">{status}</p>
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a href="/">{words.toStart}</a>
      </p>
    </div>
  );
}
