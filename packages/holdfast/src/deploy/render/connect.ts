import { fail } from "../../errors.js";
import { type RenderApi, renderApi } from "./render-api.js";

/** What connecting needs of a command's world. */
export interface RenderWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly userAgent: string;
  readonly pause?: (ms: number) => Promise<void>;
}

/** Where people make a key. */
const keysPage = "https://dashboard.render.com/settings#api-keys";

/**
 * Connect to Render with the key in `RENDER_API_KEY`; nothing is sent yet. `HOLDFAST_RENDER_API_URL` names a stand-in,
 * over https unless it is on this machine.
 *
 * @throws PLATFORM_KEY_MISSING, USAGE_INVALID
 */
export function connectRender({ env, ...world }: RenderWorld): RenderApi {
  const apiKey = env["RENDER_API_KEY"]?.trim() ?? "";
  if (apiKey === "") throw keyMissing("is not set");
  // What is no header value would be quoted by whoever refuses it.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw keyMissing("holds characters that no key has");
  return renderApi({ ...world, apiKey, baseUrl: baseUrlOf(env["HOLDFAST_RENDER_API_URL"]) });
}

function keyMissing(problem: string): Error {
  return fail("PLATFORM_KEY_MISSING", { platform: "Render", variable: "RENDER_API_KEY", problem, page: keysPage });
}

function baseUrlOf(given: string | undefined): string {
  if (given === undefined || given === "") return "https://api.render.com/v1";
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isHere = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isHere);
  if (url === undefined || !isSafe || url.username !== "" || url.password !== "") {
    const problem = "HOLDFAST_RENDER_API_URL takes an https URL without a name or password in it, or http on this machine.";
    throw fail("USAGE_INVALID", { problems: [problem], help: "holdfast doctor --help" });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
