import { either, entryOf, joined, known, nothing, textOf, unknownValue, type Entry, type Value } from "../abstract-value.js";
import { all, always, any, not, present, unknownTest } from "../conditions.js";
import type { Condition } from "../model.js";
import { child, type Syntax } from "../syntax.js";
import { valueOf, type Binding } from "./bindings.js";
import { fork, mayRaise, type Frame, type Machine } from "./frames.js";
import { answer, assign, maxNesting } from "./statements.js";
import { among, beginsWith, bounded, eitherOf, external, itemsOf, joinPath, made, madeAs, orElse, sameValue, truthOf } from "./values.js";

/** The value of an expression, as far as its text and the names it uses tell. */
export function evaluateExpression(machine: Machine, node: Syntax | undefined, frame: Frame): Value {
  if (node === undefined) return nothing;
  if (machine.nesting > maxNesting) return unknownValue("code that is nested too deep");
  machine.nesting += 1;
  const value = evaluateNode(machine, node, frame);
  machine.nesting -= 1;
  return value;
}

function evaluateNode(machine: Machine, node: Syntax, frame: Frame): Value {
  if (!machine.step()) return unknownValue("code that is too large to be followed");
  const go = (one: Syntax | undefined): Value => evaluateExpression(machine, one, frame);
  switch (node.type) {
    case "string":
      return joined(known(""), ...node.children.map((part) => textPart(part, go)));
    case "concatenated_string":
      return joined(known(""), ...node.children.map(go));
    case "integer":
    case "float":
      return known(Number(node.text.replaceAll("_", "")));
    case "true":
      return known(true);
    case "false":
      return known(false);
    case "none":
      return nothing;
    case "identifier":
      return nameIn(machine, node, frame);
    case "attribute":
      return attributeOf(machine, node, frame);
    case "subscript":
      return element(machine, node, frame);
    case "call":
      return calls(machine, node, frame);
    case "parenthesized_expression":
    case "await":
    case "expression_list":
      return node.type === "expression_list" && node.children.length > 1
        ? { kind: "list", items: node.children.map(go) }
        : go(node.children[0]);
    case "list":
    case "tuple":
    case "set":
      return listOf(node, go);
    case "dictionary":
      return tableOf(machine, node, frame);
    case "list_comprehension":
    case "generator_expression":
    case "set_comprehension":
    case "dictionary_comprehension":
      return comprehension(machine, node, frame);
    case "boolean_operator": {
      const left = go(child(node, "left"));
      const test = truthOf(left);
      const right = evaluateExpression(machine, child(node, "right"), fork(frame, node.operator === "and" ? test : not(test)));
      return node.operator === "and" ? andThen(left, right) : orOther(left, right);
    }
    case "not_operator":
      return answer(not(truthOf(go(child(node, "argument")))));
    case "comparison_operator":
      return compared(machine, node, frame);
    case "conditional_expression": {
      const [chosen, test, otherwise] = node.children;
      const when = truthOf(go(test));
      return either(when, go(chosen), go(otherwise));
    }
    case "binary_operator":
      return binary(node, go);
    case "unary_operator": {
      const value = go(child(node, "argument"));
      return node.operator === "-" && value.kind === "known" ? known(-Number(value.value)) : value;
    }
    case "named_expression": {
      const value = go(child(node, "value"));
      const name = child(node, "name");
      if (name !== undefined) assign(machine, name, value, frame, { file: frame.module.file, line: node.line });
      return value;
    }
    case "lambda":
      machine.functions.push({ name: "lambda", node, frame, file: frame.module.file, decorators: [], owner: undefined });
      return made(`function:${machine.functions.length - 1}`);
    case "as_pattern":
      return go(node.children[0]);
    default:
      return unknownValue(node.text);
  }
}

function textPart(part: Syntax, go: (node: Syntax | undefined) => Value): Value {
  if (part.type === "interpolation") return go(child(part, "expression") ?? part.children[0]);
  if (part.type !== "string_content") return known("");
  return known(part.text.replaceAll(/\\(.)/gs, (_whole, one: string) => ({ n: "\n", t: "\t" })[one] ?? one));
}

/** The binding of a name, from the inside out: the frame, what encloses it, the module. */
export function bindingOf(frame: Frame, name: string): Binding | undefined {
  for (let one: Frame | undefined = frame; one !== undefined; one = one.outer) {
    const found = one.names.get(name) ?? (one.outer === undefined ? one.module.top?.names.get(name) : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

const builtins = new Set(
  "open str int bool float len list dict tuple set sorted print all any getattr setattr hasattr isinstance map filter max min bytes range zip enumerate locals globals vars super type next iter reversed frozenset repr".split(
    " ",
  ),
);

function nameIn(machine: Machine, node: Syntax, frame: Frame): Value {
  const name = node.text;
  const found = bindingOf(frame, name);
  if (found !== undefined) return valueOf(found);
  if (name === "__file__") return known(frame.module.file === "" ? "." : machine.project.fromRoot(frame.module.file));
  if (builtins.has(name)) return external(`builtins.${name}`);
  return unknownValue(name);
}

function attributeOf(machine: Machine, node: Syntax, frame: Frame): Value {
  const object = child(node, "object");
  const name = child(node, "attribute")?.text ?? "";
  const kept = object === undefined ? undefined : bindingOf(frame, `${object.text}.${name}`);
  if (kept !== undefined) return valueOf(kept);
  return machine.attribute(evaluateExpression(machine, object, frame), name, frame) ?? unknownValue(node.text);
}

function element(machine: Machine, node: Syntax, frame: Frame): Value {
  const holder = evaluateExpression(machine, child(node, "value"), frame);
  const subscript = child(node, "subscript");
  if (subscript?.type === "slice") return sliced(holder, subscript.text) ?? unknownValue(node.text);
  return itemOf(machine, holder, evaluateExpression(machine, subscript, frame), frame) ?? unknownValue(node.text);
}

/** What stands under a key; undefined where that is not known. */
export function itemOf(machine: Machine, holder: Value, key: Value, frame: Frame): Value | undefined {
  const text = textOf(key);
  if (holder.kind === "either") {
    return eitherOf(holder, (side) => itemOf(machine, side, key, frame));
  }
  if (key.kind === "either" && holder.kind === "table") {
    const chosen = itemOf(machine, holder, key.chosen, frame);
    const otherwise = itemOf(machine, holder, key.otherwise, frame);
    return chosen === undefined || otherwise === undefined ? (chosen ?? otherwise) : either(key.when, chosen, otherwise);
  }
  if (holder.kind === "table") {
    if (text !== undefined && key.kind === "known") return entryOf(holder, text)?.value;
    return key.kind === "variable" ? chosenBy(holder, key) : undefined;
  }
  if (holder.kind === "list") return key.kind === "known" ? holder.items.at(Number(key.value)) : undefined;
  if (holder.kind !== "made") return undefined;
  if (madeAs(holder, "external:") === "os.environ") {
    if (text === undefined) return undefined;
    const own = machine.environment.get(text);
    if (own !== undefined) return own;
    mayRaise(frame, not(present(text)), "KeyError");
    return { kind: "variable", name: text, ifUnset: nothing };
  }
  if (holder.type === "config") {
    const binding = text === undefined ? undefined : machine.config.get(text);
    return binding === undefined ? undefined : valueOf(binding);
  }
  if (/^external:django\.core\.files\.storage\.(handler\.)?storages$/.test(holder.type)) return made("storage alias", [key]);
  if (holder.type === "parents")
    return joinPath([holder.items[0] ?? nothing, ...Array.from({ length: Number(text ?? 0) }, () => known(".."))]);
  return holder.type === "upload" || holder.type === "uploads" ? made("upload", [key]) : undefined;
}

/** A row of a table that a variable chooses: `config[os.getenv("ENV", "development")]`. */
function chosenBy(table: Extract<Value, { kind: "table" }>, key: Value): Value | undefined {
  const rows = [...table.entries];
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const rest = table.entries.get("default") ?? last[1];
  return rows.reduceRight<Value>((otherwise, [name, entry]) => either(sameValue(key, known(name)), entry.value, otherwise), rest.value);
}

function sliced(value: Value, text: string): Value | undefined {
  const [, start, end] = /^(-?\d*):(-?\d*)$/.exec(text) ?? [];
  if (start === undefined || end === undefined) return undefined;
  const range: [number, number | undefined] = [Number(start || 0), end === "" ? undefined : Number(end)];
  if (value.kind === "list") return { kind: "list", items: value.items.slice(...range) };
  return value.kind === "known" && typeof value.value === "string" ? known(value.value.slice(...range)) : value;
}

function calls(machine: Machine, node: Syntax, frame: Frame): Value {
  const target = child(node, "function");
  const { items, named } = argumentsOf(machine, child(node, "arguments"), frame);
  const callee =
    target?.type === "attribute"
      ? made(
          "method",
          [evaluateExpression(machine, child(target, "object"), frame)],
          new Map([[child(target, "attribute")?.text ?? "", nothing]]),
        )
      : evaluateExpression(machine, target, frame);
  return machine.call(callee, items, named, frame, node);
}

function argumentsOf(
  machine: Machine,
  node: Syntax | undefined,
  frame: Frame,
): { items: readonly Value[]; named: ReadonlyMap<string, Value> } {
  const items: Value[] = [];
  const named = new Map<string, Value>();
  if (node?.type === "generator_expression") return { items: [evaluateExpression(machine, node, frame)], named };
  for (const one of node?.children ?? []) {
    if (one.type === "keyword_argument") named.set(child(one, "name")?.text ?? "", evaluateExpression(machine, child(one, "value"), frame));
    else if (one.type === "dictionary_splat") {
      const rest = evaluateExpression(machine, one.children[0], frame);
      if (rest.kind === "table") for (const [key, entry] of rest.entries) named.set(key, entry.value);
    } else if (one.type === "list_splat") items.push(...(itemsOf(evaluateExpression(machine, one.children[0], frame)) ?? []));
    else if (one.type !== "comment") items.push(evaluateExpression(machine, one, frame));
  }
  return { items, named };
}

function listOf(node: Syntax, go: (node: Syntax | undefined) => Value): Value {
  const items = node.children
    .filter((one) => one.type !== "comment")
    .flatMap((one) => {
      if (one.type !== "list_splat") return [go(one)];
      return itemsOf(go(one.children[0])) ?? [unknownValue(one.text)];
    });
  return { kind: "list", items };
}

function tableOf(machine: Machine, node: Syntax, frame: Frame): Value {
  const entries = new Map<string, Entry>();
  for (const pair of node.children) {
    if (pair.type === "pair") {
      const key = textOf(evaluateExpression(machine, child(pair, "key"), frame));
      const value = evaluateExpression(machine, child(pair, "value"), frame);
      if (key !== undefined) entries.set(key, { value, file: frame.module.file, line: pair.line });
    } else if (pair.type === "dictionary_splat") {
      const rest = evaluateExpression(machine, pair.children[0], frame);
      if (rest.kind === "table") for (const [key, entry] of rest.entries) entries.set(key, entry);
    }
  }
  return { kind: "table", entries };
}

function comprehension(machine: Machine, node: Syntax, frame: Frame): Value {
  const clause = node.children.find((one) => one.type === "for_in_clause");
  const over = evaluateExpression(machine, child(clause, "right"), frame);
  const source = itemsOf(over);
  const target = child(clause, "left");
  const inside = fork(frame, always);
  const place = { file: frame.module.file, line: node.line };
  const round = (item: Value): Value => {
    if (target !== undefined) assign(machine, target, item, inside, place);
    return evaluateExpression(machine, child(node, "body"), inside);
  };
  if (node.type === "dictionary_comprehension") return unknownValue(node.text);
  if (source === undefined || source.length > 12) {
    round(over.kind === "made" && over.type === "upload" ? over : unknownValue(`an item of ${child(clause, "right")?.text ?? ""}`));
    return made("list of unknown length");
  }
  const test = node.children.find((one) => one.type === "if_clause");
  const items = source.flatMap((item) => {
    const value = round(item);
    const when: Condition = test === undefined ? always : truthOf(evaluateExpression(machine, test.children[0], inside));
    return when.kind === "not" && when.of.kind === "always" ? [] : [value];
  });
  return { kind: "list", items };
}

function andThen(left: Value, right: Value): Value {
  if (isTest(left) && isTest(right)) return answer(bounded(all(truthOf(left), truthOf(right))));
  const test = truthOf(left);
  if (test.kind === "always") return right;
  return left.kind === "known" && test.kind === "not"
    ? left
    : either(test, right, isTest(left) ? known(false) : left.kind === "variable" ? nothing : left);
}

function orOther(left: Value, right: Value): Value {
  if (isTest(left) && isTest(right)) return answer(bounded(any(truthOf(left), truthOf(right))));
  return orElse(left, right);
}

function isTest(value: Value): boolean {
  if (value.kind === "either") return isTest(value.chosen) && isTest(value.otherwise);
  return value.kind === "known" && typeof value.value === "boolean";
}

function compared(machine: Machine, node: Syntax, frame: Frame): Value {
  const [first, second] = node.children;
  if (node.children.length > 2) return unknownValue(node.text);
  const left = evaluateExpression(machine, first, frame);
  const right = evaluateExpression(machine, second, frame);
  switch (node.operator ?? "") {
    case "==":
    case "is":
      return answer(sameValue(left, right));
    case "!=":
    case "is not":
      return answer(not(sameValue(left, right)));
    case "in":
      return answer(contained(left, right, node.text));
    case "not in":
      return answer(not(contained(left, right, node.text)));
    default:
      return ordered(left, right, node.operator ?? "") ?? unknownValue(node.text);
  }
}

function contained(left: Value, right: Value, text: string): Condition {
  const name = textOf(left);
  if (madeAs(right, "external:") === "os.environ" && name !== undefined) return present(name);
  if (right.kind === "made" && right.type === "config" && name !== undefined) return unknownTest(text);
  if (right.kind === "table" && name !== undefined && left.kind === "known") return right.entries.has(name) ? always : not(always);
  if (right.kind === "list") return among(left, right.items);
  if (right.kind === "known" && left.kind === "known") return String(right.value).includes(String(left.value)) ? always : not(always);
  // `"sqlite" in DATABASE_URL`: the word of a scheme stands where an address begins.
  if (right.kind === "variable" && name !== undefined && /^(postgres|postgresql|mysql|mongodb|sqlite3?)(:(\/\/)?)?$/.test(name))
    return beginsWith(right, [name]);
  if (right.kind === "either")
    return bounded(any(all(right.when, contained(left, right.chosen, text)), all(not(right.when), contained(left, right.otherwise, text))));
  return unknownTest(text);
}

function ordered(left: Value, right: Value, operator: string): Value | undefined {
  if (left.kind !== "known" || right.kind !== "known" || typeof left.value !== "number" || typeof right.value !== "number")
    return undefined;
  const difference = left.value - right.value;
  return known(
    operator === "<" ? difference < 0 : operator === ">" ? difference > 0 : operator === "<=" ? difference <= 0 : difference >= 0,
  );
}

function binary(node: Syntax, go: (node: Syntax | undefined) => Value): Value {
  const left = go(child(node, "left"));
  const right = go(child(node, "right"));
  switch (node.operator ?? "") {
    case "/":
      return joinPath([left, right]);
    case "+":
      if (left.kind === "list" && right.kind === "list") return { kind: "list", items: [...left.items, ...right.items] };
      if (typeof (left.kind === "known" ? left.value : "") === "number" && right.kind === "known")
        return known(Number(left.kind === "known" ? left.value : 0) + Number(right.value));
      return joined(left, right);
    case "%":
      return left.kind === "known" && typeof left.value === "string"
        ? formatted(left.value, right.kind === "list" ? right.items : [right])
        : unknownValue(node.text);
    case "*":
    case "-":
      return left.kind === "known" && right.kind === "known" && typeof left.value === "number"
        ? known(node.operator === "*" ? left.value * Number(right.value) : left.value - Number(right.value))
        : unknownValue(node.text);
    case "|":
      return left.kind === "table" && right.kind === "table"
        ? { kind: "table", entries: new Map([...left.entries, ...right.entries]) }
        : unknownValue(node.text);
    default:
      return unknownValue(node.text);
  }
}

function formatted(text: string, items: readonly Value[]): Value {
  const parts = text.split(/%(?:\([^)]*\))?[sdr]/);
  return joined(...parts.flatMap((part, index) => (index === 0 ? [known(part)] : [items[index - 1] ?? unknownValue(text), known(part)])));
}
