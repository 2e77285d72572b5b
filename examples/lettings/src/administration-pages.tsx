import { Form, FormActions, type Html, type Problems, ProblemSummary, type Refusal, useVisitor, useWords } from "@holdfast/example-site";
import type { Child } from "hono/jsx";
import type { Words } from "./words.js";

type Section = "lettings" | "addresses" | "profiles";

interface RecordsProps {
  readonly section: Section;
  /** What the button says that leads to the form of a new one. */
  readonly add: string;
  /** The heads of the columns before that of the actions. */
  readonly columns: readonly string[];
  /** The rows: each a `RecordRow`. */
  readonly children?: Child;
}

/** A list of the administration: its sections, and a table that is a row of cards on a phone. */
export function RecordsPage({ section, add, columns, children }: RecordsProps): Html {
  const words = useWords<Words>();
  const sections: readonly Section[] =
    useVisitor().user?.role === "administrator" ? ["lettings", "addresses", "profiles"] : ["lettings", "addresses"];
  return (
    <>
      <div class="heading">
        <h1>{words.administration}</h1>
        <a class="button" href={`/admin/${section}/new`}>
          {add}
        </a>
      </div>
      <nav class="sections" aria-label={words.administration}>
        {sections.map((one) => (
          <a href={`/admin/${one}`} aria-current={one === section ? "page" : undefined}>
            {words[one]}
          </a>
        ))}
      </nav>
      <table class="stacked">
        <caption class="visually-hidden">{words[section]}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col">{column}</th>
            ))}
            <th scope="col">{words.actions}</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </>
  );
}

interface RowProps {
  /** `/admin/lettings/…` */
  readonly path: string;
  /** What the record is called, so that every link is told from the next. */
  readonly name: string;
  /** What stands in the first cell, which names the row. */
  readonly head: Child;
  readonly cells: readonly Child[];
}

/** A row of a list: the record, and what can be done to it. */
export function RecordRow({ path, name, head, cells }: RowProps): Html {
  const words = useWords<Words>();
  return (
    <tr>
      <th scope="row">{head}</th>
      {cells.map((cell) => (
        <td>{cell}</td>
      ))}
      <td>
        <span class="actions">
          <a class="button quiet" href={path} aria-label={words.edited(name)}>
            {words.edit}
          </a>
          <a class="button quiet" href={`${path}/delete`} aria-label={words.deleted(name)}>
            {words.remove}
          </a>
        </span>
      </td>
    </tr>
  );
}

interface RecordFormProps {
  readonly title: string;
  readonly section: Section;
  /** Absent while the record is new. */
  readonly id: string | undefined;
  readonly isMultipart?: boolean;
  readonly problems: Problems;
  readonly refusals?: readonly Refusal[];
  /** The fields. */
  readonly children?: Child;
}

/** The form of a record, new or not. */
export function RecordForm({ title, section, id, isMultipart = false, problems, refusals = [], children }: RecordFormProps): Html {
  const back = `/admin/${section}`;
  return (
    <div class="medium">
      <h1>{title}</h1>
      <ProblemSummary problems={problems} refusals={refusals} />
      <Form action={id === undefined ? back : `${back}/${id}`} isMultipart={isMultipart} class="card">
        {/* Enter in a field is the first button's: it must be the one that saves. */}
        <button class="visually-hidden" tabindex={-1} aria-hidden="true" />
        {children}
        <FormActions back={back} />
      </Form>
    </div>
  );
}
