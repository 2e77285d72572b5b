import type { Condition, DatabaseUse, Destination, Sink } from "../model.js";
import { all, always, withoutData } from "./conditions.js";
import { fileRow } from "./databases.js";
import type { OpenMachine } from "./machine.js";
import { callWithin, configured, entryAt, entryOf, tableOf, wordOf } from "./options.js";
import { evidence, modelPath, placeOf } from "./places.js";
import { serverOf } from "./database-clients.js";
import type { Choices, External, ObjectValue, Value } from "./values.js";
import { holds, textOf, truthOf, unknown } from "./values.js";

/** The configuration files of Payload below the app's folder. */
export const payloadConfigs = (machine: OpenMachine): readonly string[] =>
  machine.project.tree
    .find(machine.project.root, "payload.config.ts", "payload.config.js", "payload.config.mjs")
    .toSorted((one, other) => one.length - other.length)
    .slice(0, 1);

const optionsOf = (machine: OpenMachine, path: string): ObjectValue | undefined => {
  const built = callWithin(configured(machine, path, []), /^payload(\/config)?:buildConfig\(\)$/);
  const value = built?.args[0]?.[0]?.value ?? configured(machine, path, [])[0]?.value;
  return value?.kind === "object" ? value : undefined;
};

const itemsOf = (choices: Choices | undefined): readonly Choices[] => {
  const value = choices?.[0]?.value;
  return value?.kind === "list" ? value.items : [];
};

interface Plugin {
  readonly when: Condition;
  readonly service: string;
  /** The slugs it takes over; undefined where that could not be told. */
  readonly slugs: readonly string[] | undefined;
  readonly call: External;
}

const services: readonly (readonly [RegExp, string])[] = [
  [/storage-s3:|s3Adapter|s3Storage/i, "s3"],
  [/vercel-?blob/i, "vercel-blob"],
  [/gcs/i, "gcs"],
  [/azure/i, "azure"],
  [/uploadthing/i, "uploadthing"],
  [/storage-r2|r2Storage/i, "r2"],
  [/cloudinary/i, "cloudinary"],
  [/imagekit/i, "imagekit"],
  [/supabase/i, "supabase"],
  [/bunny/i, "bunny"],
];

const slugsOf = (options: Value | undefined): readonly string[] | undefined => {
  const collections = entryOf(options, "collections")?.[0]?.value;
  return collections?.kind === "object" && !collections.isOpen ? [...collections.entries.keys()] : undefined;
};

/** The plugins that take uploads off the disk; Payload Cloud's own does nothing anywhere else. */
const storagePlugins = (options: ObjectValue): readonly Plugin[] =>
  itemsOf(options.entries.get("plugins")).flatMap((item) =>
    item.flatMap((row): readonly Plugin[] => {
      if (row.value.kind !== "external" || /payloadCloud/i.test(row.value.name)) return [];
      const given = row.value.args[0]?.[0]?.value;
      const adapter = callWithin(
        entryOf(entryOf(given, "collections")?.[0]?.value, ...(slugsOf(given) ?? []))?.flatMap(
          (each) => entryOf(each.value, "adapter") ?? [],
        ) ?? [],
        /./,
      );
      const words = `${row.value.name} ${adapter?.name ?? ""}`;
      const isStorage =
        /@payloadcms\/(storage-|plugin-cloud-storage)/.test(row.value.name) ||
        /payload-(storage|cloudinary|s3|imagekit)|cloudinary|s3Upload|uploadthing/i.test(row.value.name);
      if (!isStorage) return [];
      const enabled = entryOf(given, "enabled");
      const isOn = enabled === undefined ? always : holds(enabled, (value) => truthOf(value, "the plugin's switch"));
      return [
        {
          when: all(withoutData(row.when), withoutData(isOn)),
          service: services.find(([name]) => name.test(words))?.[1] ?? "remote storage",
          slugs: slugsOf(given),
          call: row.value,
        },
      ];
    }),
  );

/** Where Payload's upload collections keep their files. */
export const payloadSinks = (machine: OpenMachine): readonly Sink[] =>
  payloadConfigs(machine).flatMap((path): readonly Sink[] => {
    const options = optionsOf(machine, path);
    if (options === undefined) return [];
    const plugins = storagePlugins(options);
    return itemsOf(options.entries.get("collections")).flatMap((item): readonly Sink[] => {
      const collection = item[0]?.value;
      const upload = entryOf(collection, "upload");
      const value = upload?.[0]?.value;
      if (collection?.kind !== "object" || value === undefined || (value.kind === "literal" && value.value !== true)) return [];
      const slug = wordOf(collection.entries.get("slug")) ?? "uploads";
      const isLocalOff = entryOf(value, "disableLocalStorage")?.[0]?.value;
      const folder = wordOf(entryOf(value, "staticDir")) ?? slug;
      const local: Destination =
        isLocalOff?.kind === "literal" && isLocalOff.value === true
          ? { kind: "unknown", what: "where the collection's files go" }
          : { kind: "disk", path: modelPath(machine, folder) };
      const own = plugins.filter((plugin) => plugin.slugs === undefined || plugin.slugs.includes(slug));
      const rows = [
        ...own.map((plugin) => ({ when: plugin.when, destination: { kind: "cloud", service: plugin.service } as const })),
        { when: always, destination: local },
      ];
      const because = [
        evidence(collection.site, `the collection ${slug} takes uploads`),
        ...own.map((plugin) => evidence(plugin.call.site, `its files are kept by ${plugin.service}`)),
      ];
      return [{ label: `the collection ${slug}`, at: placeOf(collection.site), outcomes: tableOf(rows, because) }];
    });
  });

/** The database of Payload's configuration. */
export const payloadDatabase = (machine: OpenMachine): readonly DatabaseUse[] =>
  payloadConfigs(machine).flatMap((path): readonly DatabaseUse[] => {
    const options = optionsOf(machine, path);
    const db = options?.entries.get("db");
    if (options === undefined || db === undefined) return [];
    const rows = db.flatMap((row): readonly { readonly when: Condition; readonly destination: Destination }[] => {
      const when = withoutData(row.when);
      if (row.value.kind !== "external") return [{ when, destination: { kind: "unknown", what: "Payload's database adapter" } }];
      const { name } = row.value;
      if (/mongoose/i.test(name)) return [{ when, destination: { kind: "database", engine: "mongodb" } }];
      if (/postgres/i.test(name)) return [{ when, destination: { kind: "database", engine: "postgres" } }];
      if (/d1/i.test(name)) return [{ when, destination: { kind: "database", engine: "d1" } }];
      if (!/sqlite/i.test(name)) return [{ when, destination: { kind: "unknown", what: "Payload's database adapter" } }];
      const url = entryAt(row.value.args[0], "client", "url") ?? unknown;
      return url.map((each) => {
        const text = textOf(each.value);
        const server = text === undefined ? undefined : serverOf(text);
        return {
          when: all(when, each.when),
          destination: server === undefined ? fileRow(machine, text === "" ? undefined : text) : { kind: "database", engine: server },
        };
      });
    });
    return [
      {
        label: "database",
        at: placeOf(options.site),
        outcomes: tableOf(rows, [evidence(options.site, "the database is configured here")]),
      },
    ];
  });
