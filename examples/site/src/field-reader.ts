import type { Problems } from "./form-fields.js";
import type { SiteWords } from "./words.js";

/** Reads a form's fields one after the other, and remembers what is wrong with each. */
export interface FieldReader {
  readonly problems: Problems;
  readonly isGood: boolean;
  /** Text without space around it. Line ends are one sign each. */
  text(name: string, bounds: { readonly most: number; readonly least?: number; readonly isOptional?: boolean }): string;
  email(name: string): string;
  /** A password as it was typed. */
  password(name: string, least: number): string;
  /** An amount of money in its hundredths: `12,50` and `12.50` are 1250. */
  amount(name: string): number;
  /** A whole number. */
  number(name: string, bounds: { readonly least: number; readonly most: number }): number;
  choice<Value extends string>(name: string, values: readonly Value[]): Value | undefined;
  complain(name: string, problem: string): void;
}

/** Begin to read fields; problems are told in the words of the visitor's language. */
export function fieldReader(fields: URLSearchParams, words: SiteWords): FieldReader {
  const problems: Record<string, string> = {};
  const complain = (name: string, problem: string): void => {
    problems[name] ??= problem;
  };
  const text: FieldReader["text"] = (name, { most, least = 1, isOptional = false }) => {
    const value = (fields.get(name) ?? "").replaceAll("\r\n", "\n").replaceAll("\0", "").trim();
    if (value === "" && !isOptional) complain(name, words.isMissing);
    else if (value.length > most) complain(name, words.isTooLong(most));
    else if (value !== "" && value.length < least) complain(name, words.isTooShort(least));
    return value;
  };
  return {
    problems,
    get isGood() {
      return Object.keys(problems).length === 0;
    },
    text,
    email(name) {
      const value = text(name, { most: 254 });
      if (value !== "" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) complain(name, words.isNoEmail);
      return value.toLowerCase();
    },
    password(name, least) {
      const value = fields.get(name) ?? "";
      if (value === "") complain(name, words.isMissing);
      else if (value.length < least) complain(name, words.isTooShort(least));
      else if (value.length > 500) complain(name, words.isTooLong(500));
      return value;
    },
    amount(name) {
      const value = text(name, { most: 12 });
      const [, whole = "", hundredths = ""] = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(value.replaceAll(/[\s\u00a0\u202f]/g, "")) ?? [];
      if (whole === "" && value !== "") complain(name, words.isNoAmount);
      return Number(whole) * 100 + Number(hundredths.padEnd(2, "0"));
    },
    number(name, { least, most }) {
      const value = text(name, { most: 12 });
      const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
      if (value !== "" && !(number >= least && number <= most)) complain(name, words.isNoNumber(least, most));
      return number;
    },
    choice(name, values) {
      const value = fields.get(name);
      const found = values.find((known) => known === value);
      if (found === undefined) complain(name, words.isNoChoice);
      return found;
    },
    complain,
  };
}
