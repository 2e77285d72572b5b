import { openServices, readSettings, serve, SettingsError, settingsReader, stopOnSignals } from "@holdfast/example-site";
import { createApp, presets } from "./app.js";
import { migrations } from "./tables.js";

const defaultPort = 4201;

try {
  const read = settingsReader(process.env);
  const settings = readSettings(read, defaultPort, process.env);
  read.end();
  const services = await openServices(settings, { migrations, media: { presets } });
  const site = await serve(settings, createApp(services, settings).fetch, services);
  stopOnSignals(site);
  console.log(`Trouvailles: ${site.origin}`);
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
