import { openServices, readSettings, serve, SettingsError, settingsReader, stopOnSignals } from "@holdfast/example-site";
import { createApp } from "./app.js";
import { migrations } from "./tables.js";

const defaultPort = 4203;

try {
  const read = settingsReader(process.env);
  const settings = readSettings(read, defaultPort, process.env);
  read.end();
  const services = await openServices(settings, { migrations });
  const site = await serve(settings, createApp(services, settings).fetch, services);
  stopOnSignals(site);
  console.log(`Defter: ${site.origin}`);
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exit(1);
}
