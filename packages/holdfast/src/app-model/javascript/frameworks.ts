import type { Started } from "./entries.js";
import type { Project } from "./project.js";

const byDependency: readonly (readonly [string, readonly string[]])[] = [
  ["strapi", ["@strapi/strapi", "strapi"]],
  ["payload", ["payload"]],
  ["keystone", ["@keystone-6/core", "@keystone-next/keystone", "@keystonejs/keystone", "keystone"]],
  ["directus", ["directus", "@directus/api"]],
  ["ghost", ["ghost"]],
  ["adonisjs", ["@adonisjs/core", "@adonisjs/framework"]],
  ["nestjs", ["@nestjs/core"]],
  ["nextjs", ["next"]],
  ["nuxt", ["nuxt", "nuxt3"]],
  ["sveltekit", ["@sveltejs/kit"]],
  ["remix", ["@remix-run/node", "@remix-run/server-runtime", "@react-router/node"]],
  ["astro", ["astro"]],
  ["fastify", ["fastify"]],
  ["hono", ["hono"]],
  ["koa", ["koa"]],
  ["express", ["express"]],
  ["elysia", ["elysia"]],
  ["hapi", ["@hapi/hapi"]],
];

const servers = [
  "polka",
  "restify",
  "connect",
  "h3",
  "@tinyhttp/app",
  "hyper-express",
  "socket.io",
  "ws",
  "apollo-server",
  "@apollo/server",
  "graphql-yoga",
  "sails",
  "@feathersjs/feathers",
  "@trpc/server",
  "json-server",
  "meteor-node-stubs",
  "probot",
  "node-telegram-bot-api",
  "telegraf",
  "discord.js",
  "grammy",
  "whatsapp-web.js",
];

/** The framework of an app, as its manifest and its commands say; undefined where it serves nothing. */
export const frameworkOf = (project: Project, started: Started, hasServer: boolean): string | undefined => {
  const { manifest } = project;
  const has = (name: string): boolean => manifest?.dependencies[name] !== undefined;
  for (const [framework, names] of byDependency) if (names.some(has)) return framework;
  const program = started.programs.find((name) => /^(next|nuxt|strapi|directus|ghost|payload|keystone)$/.test(name));
  if (program !== undefined) return program === "next" ? "nextjs" : program;
  if (servers.some(has) || hasServer) return "node";
  return undefined;
};

/** Whether a page's own package, a build tool's or a phone's: nothing in it runs on a server. */
export const isFrontEnd = (project: Project): boolean => {
  const { manifest } = project;
  if (manifest === undefined) return false;
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return names.some((name) =>
    /^(vite|react-scripts|@vue\/cli-service|@angular\/core|expo|react-native|parcel|@craco\/craco|gatsby|svelte|preact|solid-js|webpack-dev-server|electron)$/.test(
      name,
    ),
  );
};
