import { known, textOf, type Value } from "../abstract-value.js";
import type { Condition, Destination, Outcome, Place } from "../model.js";
import { librariesOf } from "./calls.js";
import { sentBy } from "./clouds.js";
import type { Call, Machine } from "./frames.js";
import { externalName, madeAs } from "./values.js";

/** Something that was done with uploaded bytes, in the order in which it was done. */
export interface Write extends Place {
  readonly what:
    | { readonly kind: "disk"; readonly path: Value }
    | { readonly kind: "sent"; readonly destination: Destination }
    | { readonly kind: "storage"; readonly rows: readonly Outcome[] }
    | { readonly kind: "removed"; readonly path: Value }
    | { readonly kind: "inherited" }
    /** Handed to something that was not understood. */
    | { readonly kind: "unclear"; readonly what: string };
  readonly when: Condition;
  readonly inHandler: boolean;
  /** The name of the upload in the request; undefined where it is not known which. */
  readonly upload: string | undefined;
}

/** Where the storages of the framework lead, for what is saved through them. */
export type StorageRows = (storage: Value, call: Call) => readonly Outcome[] | undefined;

/** Listen to a run and note what it does with uploaded bytes. */
export function writesOf(machine: Machine, run: () => void, storageRows: StorageRows): readonly Write[] {
  const found: Write[] = [];
  const before = machine.onCall;
  machine.onCall = (call) => {
    const what = whatOf(machine, call, found, storageRows);
    if (what === undefined) return;
    const { when, inHandler, file, line } = call;
    found.push({ what, when, inHandler, file, line, upload: uploadName(call) });
  };
  try {
    run();
  } finally {
    machine.onCall = before;
  }
  return found;
}

function isUpload(value: Value | undefined): value is Extract<Value, { kind: "made" }> {
  return value?.kind === "made" && value.type === "upload";
}

function carried(call: Call): Value | undefined {
  const given = [call.receiver, ...call.items, ...call.named.values()];
  for (const one of given) {
    if (isUpload(one)) return one;
    if (one?.kind === "list") {
      const inner = one.items.find(isUpload);
      if (inner !== undefined) return inner;
    }
    if (one?.kind === "table") {
      const inner = [...one.entries.values()]
        .map((entry) => entry.value)
        .find((value) => isUpload(value) || (value.kind === "list" && value.items.some(isUpload)));
      if (inner !== undefined) return isUpload(inner) ? inner : inner.kind === "list" ? inner.items.find(isUpload) : undefined;
    }
  }
  return undefined;
}

function uploadName(call: Call): string | undefined {
  const upload = carried(call);
  return isUpload(upload) && upload.items[0] !== undefined ? textOf(upload.items[0]) : undefined;
}

function isPath(value: Value | undefined): value is Value {
  return (
    value !== undefined &&
    (value.kind === "known" || value.kind === "text" || value.kind === "variable" || value.kind === "either" || value.kind === "unknown")
  );
}

function whatOf(machine: Machine, call: Call, before: readonly Write[], storageRows: StorageRows): Write["what"] | undefined {
  const { method, name, receiver, items } = call;
  const [first] = items;
  if (
    receiver !== undefined &&
    method === "_save" &&
    externalName(receiver) === undefined &&
    receiver.kind === "made" &&
    receiver.type.startsWith("instance:builtins.super")
  )
    return { kind: "inherited" };
  const removed = removedPath(call);
  if (removed !== undefined) return { kind: "removed", path: removed };
  // An upload or a picture made of it is saved under a path.
  if (isUpload(receiver) && (method === "save" || method === "write" || method === "move"))
    return isPath(first) ? { kind: "disk", path: first } : undefined;
  if (receiver !== undefined && (method === "write" || method === "writelines") && carried(call) !== undefined) {
    const path = openedPath(receiver);
    if (path !== undefined) return { kind: "disk", path };
  }
  if (method === "write_bytes" && isPath(receiver) && carried(call) !== undefined) return { kind: "disk", path: receiver };
  if (method === "copyfileobj" && isUpload(first)) {
    const path = items[1] === undefined ? undefined : openedPath(items[1]);
    if (path !== undefined) return { kind: "disk", path };
  }
  if (
    (method === "move" || method === "copy" || method === "copyfile" || method === "copy2") &&
    name?.startsWith("shutil.") === true &&
    isPath(items[1])
  ) {
    if (before.some((one) => one.what.kind === "disk" && samePath(one.what.path, first))) return { kind: "disk", path: items[1] };
  }
  if (method === "imwrite" && isUpload(items[1]) && isPath(first)) return { kind: "disk", path: first };
  if (/(^|\.)UploadSet\.save$/.test(name ?? "") && carried(call) !== undefined) return { kind: "disk", path: known("uploads") };
  const sent = sentTo(call, before);
  if (sent !== undefined) return { kind: "sent", destination: sent };
  if ((method === "save" || method === "put") && receiver !== undefined && items.length >= 1 && !isUpload(receiver)) {
    const rows = storageRows(receiver, call);
    if (rows !== undefined) return { kind: "storage", rows };
  }
  if (intoTable(machine, call)) return { kind: "sent", destination: ownDatabase };
  const isUnclear = receiver?.kind === "unknown" && /^(upload|store|persist)/.test(method) && carried(call) !== undefined;
  return isUnclear ? { kind: "unclear", what: `what ${method} does with the file` } : undefined;
}

/** Stands for the app's own database until it is known where that lies. */
export const ownDatabase: Destination = { kind: "database", engine: "the app's own database" };

/** An upload given to a class of the app's own that is a table: a blob column. Django's own fields are read from the models. */
function intoTable(machine: Machine, call: Call): boolean {
  if (/^(insert_one|insert_many|insert|update_one|replace_one|execute|executemany)$/.test(call.method) && call.receiver !== undefined)
    return carried(call) !== undefined;
  const id = call.receiver === undefined ? undefined : madeAs(call.receiver, "class:");
  const own = id === undefined ? undefined : machine.classes[Number(id)];
  if (own === undefined || carried(call) === undefined) return false;
  const text = own.node.text;
  return /LargeBinary|BLOB|BYTEA|LONGBLOB/i.test(text) && !librariesOf(machine, own).some((base) => base.startsWith("django."));
}

function sentTo(call: Call, before: readonly Write[]): Destination | undefined {
  const { method, name, items, named } = call;
  const given = [...items, ...named.values()];
  const isFrom =
    carried(call) !== undefined ||
    given.some((one) => before.some((write) => write.what.kind === "disk" && samePath(write.what.path, one)));
  const target = call.node.children.find((one) => one.field === "function")?.text ?? "";
  const sent =
    sentBy(name, method) ??
    (call.receiver?.kind === "unknown" ? sentBy(/\bstorage\s*\.from_\(/.test(target) ? "supabase" : target, method) : undefined);
  if (sent !== undefined && (isFrom || given.some((one) => one.kind === "unknown" || (one.kind === "made" && one.type === "opened"))))
    return sent;
  // Bytes that leave in a request of the app's own.
  if (/^(requests|httpx|aiohttp|urllib3)\b/.test(name ?? "") && /^(post|put|request|patch)$/.test(method) && carried(call) !== undefined) {
    const service = serviceOfAddress(items[0]);
    return service === undefined ? undefined : { kind: "cloud", service };
  }
  return signedFor(call);
}

/** What hands the browser an address to send its file to: the bytes never pass through the app. */
function signedFor({ method, items, named }: Call): Destination | undefined {
  const asked = textOf(items[0] ?? named.get("ClientMethod") ?? known("")) ?? "";
  if (method === "generate_presigned_post" || (method === "generate_presigned_url" && /^(put_object|upload_part)$/.test(asked)))
    return { kind: "cloud", service: "s3" };
  if (method === "create_signed_upload_url") return { kind: "cloud", service: "supabase" };
  if (method === "api_sign_request") return { kind: "cloud", service: "cloudinary" };
  const isPut = method === "generate_signed_url" && /^(put|post|resumable)$/i.test(textOf(named.get("method") ?? known("")) ?? "");
  return isPut || method === "generate_signed_post_policy_v4" ? { kind: "cloud", service: "gcs" } : undefined;
}

/** What answers with words or another picture, and keeps nothing for anybody. */
const readers =
  /api\.(openai|groq|anthropic|deepgram|assemblyai|mistral|deepseek|stability|elevenlabs|x)\.|generativelanguage|huggingface|ocr\.space|remove\.bg|openrouter|transcri|plantnet|virustotal/i;

function serviceOfAddress(address: Value | undefined): string | undefined {
  const text = address === undefined ? "" : JSON.stringify(address);
  if (readers.test(text)) return undefined;
  return /cloudinary/.test(text)
    ? "cloudinary"
    : /supabase/i.test(text)
      ? "supabase"
      : /imgbb|imgur/.test(text)
        ? "imgur"
        : "another service";
}

function removedPath(call: Call): Value | undefined {
  if (/^(os\.(remove|unlink)|shutil\.rmtree)$/.test(call.name ?? "")) return call.items[0];
  return call.method === "unlink" && isPath(call.receiver) ? call.receiver : undefined;
}

/** The path that an object opened for writing writes to. */
function openedPath(value: Value): Value | undefined {
  if (value.kind === "either") return openedPath(value.chosen) ?? openedPath(value.otherwise);
  if (value.kind !== "made" || value.type !== "opened") return undefined;
  const mode = textOf(value.items[1] ?? known("r")) ?? "w";
  return /[wax+]/.test(mode) ? value.items[0] : undefined;
}

/** Whether two paths are written alike. */
export function samePath(one: Value, other: Value | undefined): boolean {
  return other !== undefined && (one === other || JSON.stringify(one) === JSON.stringify(other));
}
