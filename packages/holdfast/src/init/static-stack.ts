import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NodeFindings } from "./node-stack.js";
import { packageIn } from "./repository-files.js";
import type { StaticStack } from "./stack.js";

/** What serves requests; an app with one of these is no folder of pages. */
const servers = /^(?:express|fastify|koa|hono|@hapi\/hapi|@nestjs\/core|next|nuxt|@adonisjs\/core|@strapi\/strapi|@holdfast\/media)$/;

/** Look at pages that need no program to be handed out; undefined where there are none. `node` is the same folder as a Node app. */
export function readStatic(folder: string, node: NodeFindings | undefined): StaticStack | undefined {
  const manifest = packageIn(folder);
  if (manifest === undefined) {
    const publish = ["public", "dist", "build", "site", "."].find((name) => existsSync(join(folder, name, "index.html")));
    return publish === undefined ? undefined : { kind: "static", publish, build: undefined };
  }
  const dependencies = Object.keys({ ...manifest.devDependencies, ...manifest.dependencies });
  if (node === undefined || node.stack.start.length > 0 || dependencies.some((name) => servers.test(name))) return undefined;
  const { stack } = node;
  if (stack.build !== undefined && stack.output !== undefined) return { kind: "static", publish: stack.output, build: stack };
  const publish = ["public", "."].find((name) => existsSync(join(folder, name, "index.html")));
  return publish === undefined ? undefined : { kind: "static", publish, build: undefined };
}
