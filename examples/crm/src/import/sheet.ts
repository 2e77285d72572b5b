import { searchText } from "@holdfast/example-site";
import { CsvError, parse } from "csv-parse/sync";
import type { FileProblem } from "./file-problem.js";

/** One row of a table, as it was written. */
export interface SheetRow {
  /** The line of the file that it ends on. */
  readonly line: number;
  readonly fields: Readonly<Record<Column, string>>;
  /** Whether it has more fields than there are columns: a comma too many has shifted what follows. */
  readonly isTooWide: boolean;
}

export const mostRows = 500;
export const mostSheetBytes = 1_000_000;

/** The columns there are, each by the names that people give it, without accents and in lower case. */
const columns = {
  name: ["name", "full name", "ad", "isim", "ad soyad"],
  company: ["company", "sirket", "firma"],
  email: ["email", "e-mail", "e-mail address", "e-posta", "eposta", "e-posta adresi"],
  phone: ["phone", "telephone", "telefon"],
  stage: ["stage", "asama"],
  agent: ["agent", "temsilci"],
  note: ["note", "not"],
  photo: ["photo", "picture", "fotograf", "resim"],
} as const;
export type Column = keyof typeof columns;
const columnNames = Object.keys(columns) as Column[];

/** Read a table of leads: UTF-8, UTF-16 or what Turkish Windows writes, with commas, semicolons or tabs. */
export function readSheet(bytes: Uint8Array): { readonly rows: readonly SheetRow[] } | { readonly problem: FileProblem } {
  const text = textOf(bytes);
  if (text === undefined) return { problem: { code: "notText" } };
  const records = recordsOf(text);
  if (records === undefined) return { problem: { code: "unreadable" } };
  const [head, ...rest] = records;
  if (head === undefined || rest.length === 0) return { problem: { code: "noRows" } };
  if (rest.length > mostRows) return { problem: { code: "tooManyRows", detail: mostRows } };
  const found = head.record.map((title) => columnNames.find((name) => (columns[name] as readonly string[]).includes(searchText(title))));
  for (const [at, title] of head.record.entries()) {
    if (found[at] === undefined) return { problem: { code: "columnUnknown", detail: title.trim().slice(0, 40) } };
    if (found.indexOf(found[at]) < at) return { problem: { code: "columnTwice", detail: title.trim().slice(0, 40) } };
  }
  if (!found.includes("name")) return { problem: { code: "columnMissing" } };
  const rows = rest.map(({ record, info }) => ({
    line: info.lines,
    fields: Object.fromEntries(columnNames.map((name) => [name, clean(record[found.indexOf(name)] ?? "")])) as Record<Column, string>,
    isTooWide: record.slice(found.length).some((field) => field.trim() !== ""),
  }));
  return { rows };
}

function clean(field: string): string {
  return field.replaceAll("\r\n", "\n").normalize("NFC").trim();
}

interface RecordWithInfo {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function recordsOf(text: string): readonly RecordWithInfo[] | undefined {
  const firstLine = text.slice(0, 10_000).split(/[\r\n]/, 1)[0] ?? "";
  const countOf = (sign: string): number => firstLine.split(sign).length;
  const delimiter = [";", "\t"].reduce((best, sign) => (countOf(sign) > countOf(best) ? sign : best), ",");
  try {
    return parse(text, {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: 20_000,
      // One more than may be, and the names of the columns.
      to: mostRows + 2,
    }) as unknown as RecordWithInfo[];
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  const encodings = bytes[0] === 0xff && bytes[1] === 0xfe ? ["utf-16le"] : ["utf-8", "windows-1254"];
  for (const encoding of encodings) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      // A spreadsheet's own file, or a picture, decodes to something in the old encodings, with signs that no text has.
      return /[\0-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
    } catch {
      continue;
    }
  }
  return undefined;
}
