import { Form } from "./form-fields.js";
import type { Html } from "./html.js";
import { useVisitor, useWords } from "./layout.js";

interface DeletePageProps {
  readonly title: string;
  readonly text: string;
  /** Where the form is sent; absent where it may not go, and the text says why. */
  readonly action: string | undefined;
  /** Where who thinks better of it goes. */
  readonly back: string;
}

/** Ask once more before something goes. */
export function DeletePage({ title, text, action, back }: DeletePageProps): Html {
  const words = useWords();
  return (
    <div class="narrow">
      <h1>{title}</h1>
      {action === undefined ? (
        <div class="card">
          <p>{text}</p>
          <a class="button quiet" href={back}>
            {words.cancel}
          </a>
        </div>
      ) : (
        <Form action={action} class="card">
          <p>{text}</p>
          <div class="actions">
            <button class="danger">{words.remove}</button>
            <a class="button quiet" href={back}>
              {words.cancel}
            </a>
          </div>
        </Form>
      )}
    </div>
  );
}

/** The end of a form: the button that saves it, and the way out. */
export function FormActions({ label, back }: { readonly label?: string; readonly back: string }): Html {
  const words = useWords();
  return (
    <div class="actions">
      <button>{label ?? words.save}</button>
      <a class="button quiet" href={back}>
        {words.cancel}
      </a>
    </div>
  );
}

/** Links to the pages of a list before and after this one, where there are any. */
export function Pages({ newer, older }: { readonly newer: string | undefined; readonly older: string | undefined }): Html | null {
  const words = useWords();
  if (newer === undefined && older === undefined) return null;
  return (
    <nav class="actions pages" aria-label={words.pages}>
      {newer === undefined ? undefined : (
        <a class="button quiet" rel="prev" href={newer}>
          {words.newer}
        </a>
      )}
      {older === undefined ? undefined : (
        <a class="button quiet" rel="next" href={older}>
          {words.older}
        </a>
      )}
    </nav>
  );
}

/** Write amounts as the visitor's language does; whole ones without their hundredths, where that is wished for. */
export function useMoney(currency: string, { isShort = false }: { readonly isShort?: boolean } = {}): (cents: number) => string {
  const trailingZeroDisplay = isShort ? "stripIfInteger" : "auto";
  const format = new Intl.NumberFormat(useVisitor().language, { style: "currency", currency, trailingZeroDisplay });
  return (cents) => format.format(cents / 100);
}
