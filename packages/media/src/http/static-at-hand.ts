import { type AtHand, isPlain } from "../delivery/short-way.js";
import type { ByteBudget } from "./byte-budget.js";
import { type Asset, codingFor, type Coding, headersOfForm, nameInMemory } from "./static-asset.js";

/** A file by one of its names: for ever, or for the moment. */
export interface ServedAsset {
  readonly asset: Asset;
  readonly isImmutable: boolean;
}

/** How a form is answered. */
interface ReadyForm {
  readonly etag: string;
  readonly name: string;
  readonly headers: string[];
  readonly notModifiedHeaders: string[];
}

/** The URL of a file by its name in the folder. */
export function staticUrl(basePath: string, name: string): string {
  return `${basePath}/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * Answer static files that are in memory without a `Request`, a `Response` or a promise. A URL is known as the app writes it: one that is
 * written in another way, a range, every condition but the ETag that was given out, and what is not in memory are left to the
 * handler, which answers the same.
 */
export function createStaticAtHand(basePath: string, assets: ReadonlyMap<string, ServedAsset>, memory: Pick<ByteBudget, "atHand">): AtHand {
  const known = new Map([...assets].map(([name, served]) => [staticUrl(basePath, name), { served, forms: new Map<Coding, ReadyForm>() }]));

  return (request) => {
    if (!isPlain(request)) return undefined;
    const { method, url, headers } = request;
    const query = url.indexOf("?");
    const found = known.get(query < 0 ? url : url.slice(0, query));
    if (found === undefined) return undefined;
    const { served, forms } = found;
    const sent = headers["accept-encoding"];
    const coding = codingFor(served.asset, typeof sent === "string" ? sent : null);
    let form = forms.get(coding);
    if (form === undefined) {
      form = readyForm(served, coding);
      forms.set(coding, form);
    }
    const condition = headers["if-none-match"];
    if (condition !== undefined)
      return condition === form.etag ? { status: 304, headers: form.notModifiedHeaders, body: undefined } : undefined;
    if (method === "HEAD") return { status: 200, headers: form.headers, body: undefined };
    const body = memory.atHand(form.name);
    return body === undefined ? undefined : { status: 200, headers: form.headers, body };
  };
}

function readyForm({ asset, isImmutable }: ServedAsset, coding: Coding): ReadyForm {
  const { etag, withBytes, notModified } = headersOfForm(asset, coding, isImmutable);
  return {
    etag,
    name: nameInMemory(asset, coding),
    headers: Object.entries(withBytes).flat(),
    notModifiedHeaders: Object.entries(notModified).flat(),
  };
}
