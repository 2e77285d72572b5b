import { nothing, variable } from "../abstract-value.js";
import { valueOf, type Binding } from "./bindings.js";
import { librariesOf } from "./calls.js";
import type { Machine, PythonClass } from "./frames.js";
import { databaseOf } from "./library.js";
import { madeAs } from "./values.js";

/** The names of a settings module; of its class, where it is one of django-configurations. */
export function configurationNames(machine: Machine, file: string): ReadonlyMap<string, Binding> {
  const names = machine.module(file).top?.names ?? new Map<string, Binding>();
  const chosen = textOfEnvironment(machine, "DJANGO_CONFIGURATION");
  const isConfiguration = (one: PythonClass): boolean => librariesOf(machine, one).some((base) => base.startsWith("configurations."));
  const found = chosen === undefined ? undefined : names.get(chosen);
  const id = found === undefined ? undefined : madeAs(valueOf(found), "class:");
  const classes = machine.classes.filter((one) => one.file === file && isConfiguration(one));
  const own =
    (id === undefined ? undefined : machine.classes[Number(id)]) ??
    classes.find((one) => one.name === chosen) ??
    classes.find((one) => /^prod/i.test(one.name)) ??
    classes.at(-1);
  if (own === undefined) return names;
  const joint = new Map<string, Binding>(names);
  const collect = (one: number): void => {
    for (const base of machine.classes[one]?.bases ?? []) {
      const inner = madeAs(base, "class:");
      if (inner !== undefined && Number(inner) < one) collect(Number(inner));
    }
    for (const [name, binding] of machine.classes[one]?.names ?? []) joint.set(name, configured(name, binding));
  };
  collect(own.id);
  return joint;
}

/** What a value of django-configurations comes to: the variable that it reads, or what stands in for it. */
function configured(name: string, binding: Binding): Binding {
  if (binding.kind === "split" || binding.value.kind !== "made") return binding;
  const type = madeAs(binding.value, "instance:configurations.values.");
  if (type === undefined) return binding;
  const { items, named } = binding.value;
  const standard = items[0] ?? named.get("default");
  if (/^(Dict|List|Tuple|Set)Value$/.test(type)) return { ...binding, value: standard ?? { kind: "table", entries: new Map() } };
  if (type === "DatabaseURLValue") {
    const value = databaseOf("DATABASE_URL", standard);
    return { ...binding, value: { kind: "table", entries: new Map([["default", { value, file: binding.file, line: binding.line }]]) } };
  }
  const asked = named.get("environ_name");
  const prefix = named.get("environ_prefix");
  const start = prefix === undefined ? "DJANGO_" : prefix.kind === "known" && prefix.value !== null ? `${String(prefix.value)}_` : "";
  return { ...binding, value: variable(`${start}${asked?.kind === "known" ? String(asked.value) : name}`, standard ?? nothing) };
}

function textOfEnvironment(machine: Machine, name: string): string | undefined {
  const value = machine.environment.get(name);
  const inner = value?.kind === "variable" ? value.ifUnset : value;
  return inner?.kind === "known" ? String(inner.value) : undefined;
}
