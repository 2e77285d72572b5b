import { always } from "./conditions.js";
import type { Effect } from "./flow.js";
import { conditionAt, frameAround, silent } from "./frames.js";
import type { OpenMachine } from "./machine.js";
import type { Module } from "./project.js";
import { keyName } from "./syntax.js";
import type { Handled } from "./uploads.js";
import type { Choices, Site, Value } from "./values.js";
import { absent, data, one, textOf, unknown } from "./values.js";

/** Servers that clients stay connected to, and names that they are handed on under. */
const servers = /^(socket\.io|ws|websocket|@socket\.io\/[\w-]+)\b/;
const serverNames = /^(io|wss?|nsp|socketio|socketServer|server|wsServer|webSocketServer|namespace|this\.(io|server))$/i;
const packages = /^(socket\.io|socket\.io-stream|socket\.io-file|socketio-file-upload|ws)$/;

/** Words without which what a client sends is a message, not a file. */
const speaksOfFiles = /upload|image|photo|picture|avatar|audio|voice|video|attachment|blob|file_?name|\bfiles?\b|base64|recording/i;

/** Texts that are written down are a log or a history of messages. */
const isLog = /\.(txt|log|jsonl?|csv|md|html)$/i;

const onId = "a socket's event";

/**
 * Reads what apps do with files that arrive over sockets: events of Socket.IO and `ws`, streams of `socket.io-stream`, and packages that
 * keep files by themselves. Each event is one way into the app.
 */
export const readSockets = (machine: OpenMachine, modules: readonly Module[]): readonly Handled[] => {
  if (!Object.keys(machine.project.manifest?.dependencies ?? {}).some((name) => packages.test(name))) return [];
  return modules.flatMap((module) =>
    module.names.calls.flatMap((call): readonly Handled[] => {
      const { callee } = call;
      if (call.type !== "CallExpression" || callee.type !== "MemberExpression" || keyName(callee.property) !== "on") return [];
      const [event, handler] = call.arguments;
      if (event?.type !== "Literal" || !/^(connection|connect)$/.test(String(event.value)) || handler === undefined) return [];
      if (handler.type === "SpreadElement" || !isServer(machine, module, callee.object)) return [];
      machine.begin();
      const frame = frameAround(module, call);
      const fn = machine.evaluate({ module, node: handler }, frame, silent);
      const effects: Effect[] = [];
      const site: Site = { module, node: call };
      const when = conditionAt(machine, call, frame, frame.owner);
      for (const { value } of fn) machine.call(value, [one(socket(site)), unknown], { ...silent, effects }, site);
      const own: Handled = {
        label: "a connected client",
        at: site,
        when,
        effects: effects.filter(({ kind }) => /^(cloud|write|remove)$/.test(kind)),
        isWhole: false,
      };
      return [own, ...effects.flatMap((effect) => eventOf(machine, effect))];
    }),
  );
};

const isServer = (machine: OpenMachine, module: Module, object: Parameters<typeof frameAround>[1]): boolean => {
  const found = machine.evaluate({ module, node: object }, frameAround(module, object), silent);
  if (found.some(({ value }) => value.kind === "external" && servers.test(value.name))) return true;
  return found.every(({ value }) => value.kind === "unknown") && serverNames.test(module.syntax.textOf(object).replace(/\(.*$/, ""));
};

/** A client's socket: what is registered on it is told by the callback's name. */
const socket = (site: Site): Value => {
  const on = one({ kind: "callback", id: onId });
  const entries = new Map<string, Choices>(["on", "once", "addListener", "addEventListener"].map((name) => [name, on]));
  return { kind: "object", entries, isOpen: true, site };
};

/** What the handler of one event does with what it is sent. */
const eventOf = (machine: OpenMachine, effect: Effect): readonly Handled[] => {
  if (effect.kind !== "callback" || effect.id !== onId) return [];
  const [named = absent, handler = absent] = effect.args;
  const event = named[0] === undefined ? undefined : textOf(named[0].value);
  const fn = handler[0]?.value;
  if (event === undefined || fn?.kind !== "function" || /^(disconnect|disconnecting|error|close|connect)$/.test(event)) return [];
  if (!machine.relevance.mayTouchFiles(fn)) return [];
  const text = fn.frame.module.syntax.textOf(fn.node).replace(/\b(writeFile|appendFile|readFile)(Sync)?\b/g, "");
  if (!speaksOfFiles.test(`${event} ${text}`)) return [];
  machine.begin();
  const effects: Effect[] = [];
  machine.call(fn, [data("file"), data("file"), unknown], { ...silent, effects, carried: new Map(), when: effect.when }, effect.site);
  // A message that is kept in a record is no file.
  const kept = effects.filter(
    (each) =>
      /^(cloud|write|remove|name|throws|parse)$/.test(each.kind) &&
      !(each.kind === "write" && each.path.every((row) => isLog.test(textOf(row.value) ?? ""))),
  );
  const isKept = kept.some(({ kind }) => kind === "cloud" || kind === "write");
  return isKept ? [{ label: `the socket's event "${event}"`, at: effect.site, when: always, effects: kept, isWhole: false }] : [];
};
