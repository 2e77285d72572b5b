import type { FileJson } from "@holdfast/media";
import type { Ledger } from "./kill-clients.js";
import { sha256Of } from "./pictures-made.js";

/** Where verdicts go. */
export interface Verdicts {
  readonly lost: Map<string, string>;
  readonly wrong: string[];
}

/**
 * Hold what a freshly booted service lists and serves against what was acknowledged and sent: every acknowledged file is
 * there, byte for byte, and nothing is listed that is not whole.
 */
export async function checkAcknowledged(origin: string, ledger: Ledger, { lost, wrong }: Verdicts): Promise<void> {
  const listed = new Map((await listAll(origin)).map((file) => [file.id, file]));
  for (const [id, { name }] of ledger.acknowledged) {
    if (!listed.has(id)) lost.set(id, `lost: ${name} was acknowledged and is not listed`);
  }
  const waiting = [...listed.values()];
  const check = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const why = await whyNotWhole(origin, file, ledger);
      if (why === undefined) continue;
      if (ledger.acknowledged.has(file.id)) lost.set(file.id, `lost: ${file.name} was acknowledged, and ${why}`);
      else wrong.push(`half-written: ${file.name} is listed, and ${why}`);
    }
  };
  await Promise.all([check(), check(), check(), check()]);
}

/** Read all pages of the list of files. */
export async function listAll(origin: string): Promise<FileJson[]> {
  const files: FileJson[] = [];
  for (let after: string | null = ""; after !== null;) {
    const response = await fetch(`${origin}/api/v1/files?limit=200${after === "" ? "" : `&after=${after}`}`);
    if (!response.ok) throw new Error(`The list of files was answered ${response.status}: ${await response.text()}`);
    const page = (await response.json()) as { files: FileJson[]; next: string | null };
    files.push(...page.files);
    after = page.next;
  }
  return files;
}

async function whyNotWhole(origin: string, file: FileJson, ledger: Ledger): Promise<string | undefined> {
  const sent = ledger.acknowledged.get(file.id) ?? ledger.sent.get(file.name);
  if (sent === undefined) return "nobody sent it";
  if (file.sha256 !== sent.sha256 || file.size !== sent.size) return `its row says ${file.size} bytes, ${file.sha256}`;
  const response = await fetch(origin + file.url);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) return `its bytes are answered ${response.status}`;
  return sha256Of(bytes) === sent.sha256 ? undefined : `its ${bytes.byteLength} bytes are not those sent`;
}
