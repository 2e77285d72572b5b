import { openServices, runSite, serve, settingsFrom, withAssets } from "@holdfast/example-site";
import { assetFolders, createApp, presets } from "./app.js";
import { migrations } from "./tables.js";

await runSite("Orange County Lettings", async () => {
  const { env } = await import("./env.js");
  const settings = settingsFrom(env);
  const services = await withAssets(await openServices(settings, { migrations, media: { presets } }), assetFolders);
  const app = createApp(services, settings, { mayFail: env.SENTRY_DEBUG === true });
  return await serve(settings, app.fetch, services);
});
