import { openServices, runSite, serve, settingsFrom } from "@holdfast/example-site";
import { createApp } from "./app.js";
import { migrations } from "./tables.js";

await runSite("Defter", async () => {
  const { env } = await import("./env.js");
  const settings = settingsFrom(env);
  const services = await openServices(settings, { migrations });
  return await serve(settings, createApp(services, settings).fetch, services);
});
