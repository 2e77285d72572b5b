import { openServices, runSite, serve, settingsFrom, withAssets } from "@holdfast/example-site";
import { assetFolders, createApp } from "./app.js";
import { migrations } from "./tables.js";

await runSite("Defter", async () => {
  const { env } = await import("./env.js");
  const settings = settingsFrom(env);
  const services = await withAssets(await openServices(settings, { migrations }), assetFolders);
  return await serve(settings, createApp(services, settings).fetch, services);
});
