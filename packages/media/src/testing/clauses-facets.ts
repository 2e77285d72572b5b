import { randomBytes } from "node:crypto";
import type { Driver, IncompleteUpload, Source } from "../storage/driver.js";
import { claim, claimBytes, claimEqual, claimRefused, type Clause, sourceOf } from "./clause.js";

/** What the optional facets promise. Those that answer over HTTP are asked over HTTP. */
export const facetClauses: readonly Clause[] = [
  {
    id: "multipart-leftovers",
    says: "An upload in parts that breaks off is aborted, or at least listed and can be aborted.",
    needs: "multipart",
    async check({ driver, key }) {
      const target = key();
      const breaking: Source = {
        async *open() {
          for (let block = 0; block < 12; block += 1) yield randomBytes(1024 * 1024);
          throw new Error("the source broke");
        },
      };
      await claimRefused("the put", driver.put(target, breaking, { contentType: "application/octet-stream" }));
      for (const leftover of await incomplete(driver, target)) await driver.multipart?.abort(leftover);
      claimEqual("what is left", (await incomplete(driver, target)).length, 0);
      claimEqual("stat", await driver.stat(target), undefined);
    },
  },
  {
    id: "copy-bytes-equal",
    says: "A copy has the same bytes, and outlives what it was copied from.",
    needs: "copy",
    async check({ driver, key, put, read }) {
      const [from, to] = [key("from %41+ü.jpg"), key("to")];
      const bytes = await put(from);
      await driver.copy?.(from, to);
      await driver.delete(from);
      claimBytes("the copy", await read(to), bytes);
    },
  },
  {
    id: "copy-absent",
    says: "Copying what is not there says OBJECT_NOT_FOUND.",
    needs: "copy",
    async check({ driver, key }) {
      await claimRefused("the copy", driver.copy?.(key("from"), key("to")) ?? Promise.resolve(), "OBJECT_NOT_FOUND");
    },
  },
  {
    id: "signing-reads",
    says: "A signed URL admits to its object, with the content type and disposition it was signed for.",
    needs: "signing",
    async check({ driver, key, put }) {
      const target = key("signed ü.jpg");
      const bytes = await put(target);
      const url = await driver.signing?.signRead(target, {
        expiresInMs: 60_000,
        contentType: "image/png",
        contentDisposition: 'attachment; filename="a.png"',
      });
      const answer = await fetch(url ?? "");
      claimEqual("status", answer.status, 200);
      claimEqual("content type", answer.headers.get("content-type"), "image/png");
      claimEqual("content disposition", answer.headers.get("content-disposition"), 'attachment; filename="a.png"');
      claimBytes("the object", new Uint8Array(await answer.arrayBuffer()), bytes);
    },
  },
  {
    id: "signing-cache-control",
    says: "The cache header given at the put is answered to whoever reads by URL.",
    needs: "signing",
    async check({ driver, key }) {
      const target = key("cached.jpg");
      await driver.put(target, sourceOf(randomBytes(100)), {
        contentType: "image/jpeg",
        cacheControl: "private, max-age=31536000, immutable",
      });
      const answer = await fetch((await driver.signing?.signRead(target, { expiresInMs: 60_000 })) ?? "");
      await answer.arrayBuffer();
      claimEqual("cache-control", answer.headers.get("cache-control"), "private, max-age=31536000, immutable");
    },
  },
  {
    id: "signing-only-that",
    says: "A signed URL admits to nothing else: not another object, not another method, not with another disposition.",
    needs: "signing",
    async check({ driver, key, put }) {
      const [target, other] = [key("one"), key("two")];
      await put(target);
      await put(other);
      const url = (await driver.signing?.signRead(target, { expiresInMs: 60_000 })) ?? "";
      claim("another object was readable", (await fetch(url.replace(/one(?=[?&])/, "two"))).status >= 400);
      claim("it could be deleted", (await fetch(url, { method: "DELETE" })).status >= 400);
      claim("it could be written", (await fetch(url, { method: "PUT", body: "x" })).status >= 400);
      claim("a disposition could be added", (await fetch(`${url}&response-content-disposition=attachment`)).status >= 400);
      claim("the object is gone", (await driver.stat(target)) !== undefined);
    },
  },
  {
    id: "signing-expires",
    says: "A signed URL ends when it was to end.",
    needs: "signing",
    async check({ driver, key, put }) {
      const target = key();
      await put(target);
      const url = (await driver.signing?.signRead(target, { expiresInMs: 1000 })) ?? "";
      await new Promise((resolve) => setTimeout(resolve, 2500));
      claim("it was still readable", (await fetch(url)).status >= 400);
    },
  },
  {
    id: "direct-upload",
    says: "A browser with the form uploads its object; a larger one, another type or another key is refused by the backend.",
    needs: "directUpload",
    async check({ driver, key, read }) {
      const target = key("direct.jpg");
      const form = await driver.directUpload?.prepare(target, { expiresInMs: 60_000, maxBytes: 1000, contentType: "image/jpeg" });
      const bytes = randomBytes(1000);
      const send = async (content: Uint8Array, changes: Readonly<Record<string, string>> = {}): Promise<number> => {
        const body = new FormData();
        for (const [name, value] of Object.entries({ ...form?.fields, ...changes })) body.append(name, value);
        body.append("file", new Blob([Buffer.from(content)], { type: "image/jpeg" }), "x.jpg");
        return (await fetch(form?.url ?? "", { method: "POST", body })).status;
      };
      claim("a larger file was taken", (await send(randomBytes(1001))) >= 400);
      claim("another key was taken", (await send(bytes, { key: key("other") })) >= 400);
      claim("another content type was taken", (await send(bytes, { "Content-Type": "text/html" })) >= 400);
      claimEqual("stat before", await driver.stat(target), undefined);
      const status = await send(bytes);
      claim(`the upload was answered ${status}`, status < 300);
      claimBytes("the object", await read(target), bytes);
    },
  },
];

async function incomplete(driver: Driver, prefix: string): Promise<IncompleteUpload[]> {
  const found: IncompleteUpload[] = [];
  for await (const upload of driver.multipart?.listIncomplete({ prefix }) ?? []) found.push(upload);
  return found;
}
