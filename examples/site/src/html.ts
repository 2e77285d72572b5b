import type { HtmlEscapedString } from "hono/utils/html";

/** What a component answers. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
