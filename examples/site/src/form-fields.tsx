import type { Child } from "hono/jsx";
import type { Html } from "./html.js";
import { useRequestContext } from "hono/jsx-renderer";
import type { Refusal } from "./read-form.js";
import { csrfField } from "./read-form.js";
import type { SiteEnv } from "./site-env.js";

/** What is wrong with a form's fields, by the fields' names. */
export type Problems = Readonly<Record<string, string>>;

interface FormProps {
  readonly action: string;
  /** Whether files come along. */
  readonly isMultipart?: boolean;
  readonly class?: string;
  readonly label?: string;
  readonly children?: Child;
}

/** A form that shows, by its first field, that it is from a page of ours. */
export function Form({ action, isMultipart = false, class: className, label, children }: FormProps): Html {
  const { visitor } = useRequestContext<SiteEnv>().var;
  return (
    <form method="post" action={action} enctype={isMultipart ? "multipart/form-data" : undefined} class={className} aria-label={label}>
      <input type="hidden" name={csrfField} value={visitor.csrfToken} />
      {children}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly isOptional?: boolean;
  readonly type?: "text" | "email" | "password" | "search" | "tel" | "date";
  readonly autocomplete?: string;
  readonly inputmode?: "decimal" | "numeric";
  readonly maxlength?: number;
  /** How many lines; a field of one line where this is not said. */
  readonly lines?: number;
}

/** A field with its label, its hint and what is wrong with it, joined so that a screen reader says all three. */
export function Field(props: FieldProps): Html {
  const { name, value, problem, type = "text", autocomplete, inputmode, maxlength, lines, isOptional = false } = props;
  const common = {
    id: name,
    name,
    maxlength,
    autocomplete,
    required: !isOptional,
    "aria-invalid": problem === undefined ? undefined : ("true" as const),
    "aria-describedby": describedBy(props),
  };
  return (
    <Labelled {...props}>
      {lines === undefined ? (
        <input {...common} type={type} inputmode={inputmode} value={value} />
      ) : (
        <textarea {...common} rows={lines}>
          {value}
        </textarea>
      )}
    </Labelled>
  );
}

interface ChoiceProps extends Pick<FieldProps, "name" | "label" | "value" | "hint" | "problem" | "isOptional"> {
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

/** One of a list. */
export function Choice(props: ChoiceProps): Html {
  const { name, value, problem, choices, isOptional = false } = props;
  return (
    <Labelled {...props}>
      <select
        id={name}
        name={name}
        required={!isOptional}
        aria-invalid={problem === undefined ? undefined : "true"}
        aria-describedby={describedBy(props)}
      >
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface FileFieldProps extends Pick<FieldProps, "name" | "label" | "hint" | "problem" | "isOptional"> {
  readonly accept: string;
  readonly isMultiple?: boolean;
}

/** A choice of files. */
export function FileField(props: FileFieldProps): Html {
  const { name, problem, accept, isMultiple = false, isOptional = false } = props;
  return (
    <Labelled {...props}>
      <input
        type="file"
        id={name}
        name={name}
        accept={accept}
        multiple={isMultiple}
        required={!isOptional}
        aria-invalid={problem === undefined ? undefined : "true"}
        aria-describedby={describedBy(props)}
      />
    </Labelled>
  );
}

type LabelledProps = Pick<FieldProps, "name" | "label" | "hint" | "problem" | "isOptional"> & { readonly children?: Child };

function Labelled({ name, label, hint, problem, isOptional = false, children }: LabelledProps): Html {
  const { words } = useRequestContext<SiteEnv>().var;
  return (
    <div class={problem === undefined ? "field" : "field wrong"}>
      <label for={name}>
        {label}
        {isOptional ? <span class="optional"> ({words.optional})</span> : undefined}
      </label>
      {hint === undefined ? undefined : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {children}
      {problem === undefined ? undefined : (
        <p class="problem" id={`${name}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

function describedBy({ name, hint, problem }: Pick<FieldProps, "name" | "hint" | "problem">): string | undefined {
  const ids = [...(hint === undefined ? [] : [`${name}-hint`]), ...(problem === undefined ? [] : [`${name}-problem`])];
  return ids.length === 0 ? undefined : ids.join(" ");
}

interface SummaryProps {
  readonly problems: Problems;
  readonly refusals?: readonly Refusal[];
}

/** All that is wrong with a form, above it, each with a link to its field. */
export function ProblemSummary({ problems, refusals = [] }: SummaryProps): Html | null {
  const { words } = useRequestContext<SiteEnv>().var;
  const entries = Object.entries(problems);
  if (entries.length + refusals.length === 0) return null;
  return (
    <div class="problems" role="alert">
      <h2>{words.fixThese}</h2>
      <ul>
        {entries.map(([name, problem]) => (
          <li>{name === "" ? problem : <a href={`#${name}`}>{problem}</a>}</li>
        ))}
        {refusals.map(({ field, name, reason }) => (
          <li>
            <a href={`#${field}`}>
              {name} {reason}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
