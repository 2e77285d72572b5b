import { describe, expect, it } from "vitest";
import { isCommandError } from "../../errors.js";
import { chooseService, rootWithin, type ServiceWish } from "./choose-service.js";
import type { RenderApi, RenderService } from "./render-api.js";

function service(name: string, more: Partial<RenderService> = {}): RenderService {
  const repo = "https://github.com/Owner/shop";
  return { id: `srv-${name}`, name, type: "web_service", ownerId: "tea-1", repo, rootDir: ".", diskMountPath: undefined, ...more };
}

async function choose(services: readonly RenderService[], wish: Partial<ServiceWish> = {}): Promise<string> {
  const api: RenderApi = {
    services: async (filter) => services.filter(({ name }) => filter?.name === undefined || name === filter.name),
    service: async (id) => services.find((one) => one.id === id) ?? service("none"),
    envNames: async () => ({ names: [], secretFiles: [] }),
  };
  try {
    const repository = { remotes: ["github.com/owner/shop"], path: "." };
    return (await chooseService(api, { service: undefined, repository, blueprintNames: [], ...wish })).id;
  } catch (error) {
    if (isCommandError(error, "SERVICE_NOT_CHOSEN")) return error.message;
    throw error;
  }
}

describe("the service that is meant", () => {
  it("is the one that is named, by name or by id", async () => {
    const services = [service("shop"), service("blog")];
    expect(await choose(services, { service: "blog" })).toBe("srv-blog");
    expect(await choose(services, { service: "srv-shop" })).toBe("srv-shop");
  });

  it("is the only one that is built from this repository", async () => {
    expect(await choose([service("shop"), service("other", { repo: "https://github.com/owner/other" })])).toBe("srv-shop");
  });

  it("is a web service rather than the worker or the pages beside it", async () => {
    const others = [service("worker", { type: "background_worker" }), service("pages", { type: "static_site" })];
    expect(await choose([...others, service("shop")])).toBe("srv-shop");
  });

  it("is the one whose folder this is", async () => {
    const services = [service("api", { rootDir: "api" }), service("admin", { rootDir: "admin" })];
    expect(await choose(services, { repository: { remotes: ["github.com/owner/shop"], path: "admin" } })).toBe("srv-admin");
  });

  it("is the one of the Blueprint where several are built from here, or none is known to be", async () => {
    expect(await choose([service("shop"), service("shop-staging")], { blueprintNames: ["shop"] })).toBe("srv-shop");
    expect(await choose([service("shop"), service("blog")], { repository: undefined, blueprintNames: ["blog"] })).toBe("srv-blog");
  });

  it("is never guessed between two: there is a list to choose from", async () => {
    const message = await choose([service("shop"), service("shop-staging", { rootDir: "api" })]);
    expect(message).toBe(
      "Several services are built from this repository. Name one with --service NAME or --service ID:\n" +
        "  shop  srv-shop  (github.com/owner/shop)\n  shop-staging  srv-shop-staging  (github.com/owner/shop, api)",
    );
    const same = [service("shop"), service("shop", { id: "srv-2", ownerId: "tea-2" })];
    expect(await choose(same, { service: "shop" })).toContain("Several services are called shop");
    expect(await choose([service("shop")], { service: "shoop" })).toContain("There is no service called shoop");
    expect(await choose([service("x", { repo: "https://github.com/a/b" })])).toContain("No service is built from this repository");
    expect(await choose([])).toContain("that this key may see");
  });
});

describe("a service's folder as seen from another", () => {
  it.each([
    [".", ".", "."],
    ["api", ".", "api"],
    [".", "api", "."],
    ["api", "api", "."],
    ["api", "api/src", "."],
    ["api/web", "api", "web"],
    ["api", "admin", undefined],
    ["api", "api2", undefined],
  ])("%s from %s is %s", (rootDir, path, expected) => {
    expect(rootWithin(rootDir, path)).toBe(expected);
  });
});
