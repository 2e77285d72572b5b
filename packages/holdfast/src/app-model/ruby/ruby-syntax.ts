import { child, type Syntax } from "../syntax.js";

/** The arguments of a call: those by position, and those by name. */
export function argumentsOf(node: Syntax): { readonly items: readonly Syntax[]; readonly named: ReadonlyMap<string, Syntax> } {
  const items: Syntax[] = [];
  const byName = new Map<string, Syntax>();
  for (const one of child(node, "arguments")?.children ?? []) {
    const value = child(one, "value");
    if (one.type === "pair" && value !== undefined) byName.set(keyOf(one), value);
    else if (one.type !== "block_argument" && one.type !== "comment") items.push(one);
  }
  return { items, named: byName };
}

/** The key of a pair: `service:`, `:service =>` and `"service" =>` alike. */
export function keyOf(pair: Syntax): string {
  return (child(pair, "key")?.text ?? "").replace(/^[:"']+|[:"']+$/g, "");
}

/** The name of a chain of calls without arguments: `config.active_storage.service`; undefined where it is more than names. */
export function chainName(node: Syntax | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (node.type === "identifier" || node.type === "constant") return node.text;
  if (node.type === "scope_resolution") return node.text.replace(/^::/, "");
  if (node.type !== "call" || child(node, "arguments") !== undefined) return undefined;
  const receiver = child(node, "receiver");
  const before = receiver === undefined ? "" : chainName(receiver);
  return before === undefined ? undefined : `${before === "" ? "" : `${before}.`}${child(node, "method")?.text ?? ""}`;
}
