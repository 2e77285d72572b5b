import type { VariableSchema } from "./schema.js";

/** A value that was read, or why it could not be: the sentence continues "NAME …" and quotes nothing. */
export type ReadValue = { readonly value: unknown } | { readonly reason: string };

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  "1": true,
  yes: true,
  on: true,
  false: false,
  "0": false,
  no: false,
  off: false,
};

/** Read the text of a variable as what its schema says it is. */
export function readValue(schema: VariableSchema, text: string): ReadValue {
  const { values, pattern, minLength } = schema;
  if (values !== undefined && !values.includes(text)) {
    return { reason: `is none of ${values.join(", ")}` };
  }
  if (minLength !== undefined && text.length < minLength) {
    return { reason: `has ${text.length} characters, and needs ${minLength} or more` };
  }
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(text)) {
    return { reason: `is not of the form ${pattern}` };
  }
  return readers[schema.type ?? "string"](text, schema);
}

const readers: Readonly<Record<NonNullable<VariableSchema["type"]>, (text: string, schema: VariableSchema) => ReadValue>> = {
  string: (value) => ({ value }),
  integer: (text, schema) => readNumber(text, /^[+-]?\d{1,15}$/, "is not a whole number", schema),
  number: (text, schema) => readNumber(text, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, "is not a number", schema),
  port: (text) => readNumber(text, /^\d{1,5}$/, "is not a port, a whole number from 0 to 65535", { min: 0, max: 65_535 }),
  boolean(text) {
    const value = truths[text.toLowerCase()];
    return value === undefined ? { reason: "is neither true nor false (nor 1, 0, yes, no, on, off)" } : { value };
  },
  url: readUrl,
  email: (value) =>
    /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(value) ? { value } : { reason: "is not an e-mail address, such as team@example.com" },
  list: (text) => ({
    value: text
      .split(",")
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ""),
  }),
  json(text) {
    try {
      return { value: JSON.parse(text) as unknown };
    } catch {
      return { reason: "is not JSON" };
    }
  },
};

function readNumber(text: string, form: RegExp, reason: string, { min, max }: Pick<VariableSchema, "min" | "max">): ReadValue {
  if (!form.test(text)) return { reason };
  const value = Number(text);
  if (min !== undefined && value < min) return { reason: `is less than ${min}` };
  if (max !== undefined && value > max) return { reason: `is more than ${max}` };
  return { value };
}

/** A URL as the clients of databases and clouds read it: a scheme, and a password whose special characters are escaped. */
function readUrl(text: string, { schemes }: VariableSchema): ReadValue {
  // `file:` and a path is how a SQLite file is named: there is no host to stand before it.
  if (schemes?.includes("file") === true && /^file:(?!\/\/)./.test(text)) return { value: text };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { reason: `is not a URL: it does not begin with ${schemes?.[0] ?? "https"}://` };
  if (schemes !== undefined && !schemes.includes(scheme)) {
    return { reason: `begins with ${scheme}://, and ${schemes.map((known) => `${known}://`).join(" or ")} is understood` };
  }
  const authority = text.slice(scheme.length + 3).split(/[/?#]/, 1)[0] ?? "";
  if (authority.split("@").length > 2) return { reason: "has an @ in its password that is not escaped: write it as %40" };
  if (!URL.canParse(text)) {
    return {
      reason: "cannot be read as a URL: a special character of its password is not escaped (/ as %2F, # as %23, ? as %3F, : as %3A)",
    };
  }
  return { value: text };
}
