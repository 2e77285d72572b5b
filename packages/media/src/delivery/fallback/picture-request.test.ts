import { describe, expect, it } from "vitest";
import { pictureAskedBy } from "./picture-request.js";

const chromium = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
const navigation = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
const asked = (accept: string | undefined, headers: Record<string, string> = {}, url = "/media/x/y.jpg", method = "GET"): string => {
  const all = accept === undefined ? headers : { ...headers, accept };
  const found = pictureAskedBy(new Request(`http://localhost${url}`, { method, headers: all }));
  return found === undefined ? "problem" : `${found.type.replace("image/", "")}${found.isEmbedded ? ", embedded" : ""}`;
};

describe("a picture is an answer", () => {
  it.each([
    ["to an <img> in Chromium", chromium, { "sec-fetch-dest": "image" }, "svg+xml, embedded"],
    ["to an <img> in Firefox", "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5", {}, "svg+xml, embedded"],
    ["to an <img> in an old Safari", "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", {}, "svg+xml, embedded"],
    ["to an <img> in an old Firefox", "image/webp,*/*", {}, "png, embedded"],
    ["to an <img> that a service worker passes on", "*/*", { "sec-fetch-dest": "image" }, "svg+xml, embedded"],
    ["to a mail client", "image/*", {}, "png, embedded"],
    ["to who opens the picture's own address", navigation, { "sec-fetch-dest": "document" }, "svg+xml"],
    ["to who opens it in an old browser", navigation, {}, "svg+xml"],
  ] as const)("%s", (_, accept, headers, found) => {
    expect(asked(accept, headers)).toBe(found);
  });
});

describe("a problem document is an answer", () => {
  it.each([
    ["to a program that says nothing", undefined, {}],
    ["to curl and fetch()", "*/*", {}],
    ["to who wants JSON", "application/json", {}],
    ["to who would rather have JSON", "application/problem+json, image/png;q=0.5", {}],
    ["to a page", "text/html", {}],
    ["to who takes none of the types that we draw", "image/webp", {}],
    ["to who refuses them", "image/webp, image/png;q=0, image/svg+xml;q=0.0", {}],
  ] as const)("%s", (_, accept, headers) => {
    expect(asked(accept, headers)).toBe("problem");
  });

  it("to a download, and to what is no reading", () => {
    expect(asked(chromium, { "sec-fetch-dest": "image" }, "/media/x/y.jpg?download")).toBe("problem");
    expect(asked(chromium, {}, "/media", "POST")).toBe("problem");
    expect(asked(chromium, {}, "/media/x/y.jpg", "HEAD")).toBe("svg+xml, embedded");
  });
});
