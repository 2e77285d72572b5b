import { openServices, runSite, serve, settingsFrom, withAssets } from "@holdfast/example-site";
import { createApp, presets } from "./app.js";
import { migrations } from "./tables.js";

await runSite("Trouvailles", async () => {
  const { env } = await import("./env.js");
  const settings = settingsFrom(env);
  const services = await withAssets(await openServices(settings, { migrations, media: { presets } }));
  return await serve(settings, createApp(services, settings).fetch, services);
});
