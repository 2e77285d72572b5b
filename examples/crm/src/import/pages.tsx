import { Avatar, FileField, Form, type Html, type Problems, ProblemSummary, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Words } from "../words.js";
import type { Preview } from "./drafts.js";
import type { JudgedRow, RowProblem } from "./judge.js";
import { mostRows } from "./sheet.js";

/** Ask for the files. */
export function FilesPage({ problems }: { readonly problems: Problems }): Html {
  const words = useWords<Words>();
  return (
    <div class="medium">
      <h1>{words.importTitle}</h1>
      <p>{words.importIntro}</p>
      <ProblemSummary problems={problems} />
      <Form action="/import" isMultipart class="card">
        <FileField name="csv" label={words.csv} hint={words.csvHint(mostRows)} accept=".csv,text/csv" problem={problems["csv"]} />
        <FileField name="zip" label={words.zip} hint={words.zipHint} accept=".zip,application/zip" problem={problems["zip"]} isOptional />
        <button>{words.look}</button>
      </Form>
      <p class="aside">{words.columns}</p>
      <p class="aside">
        <a href="/import/example.csv">{words.example}</a>
      </p>
    </div>
  );
}

/** Show what would be imported and what would not, row by row, before anything is. */
export function PreviewPage({ preview: { id, rows, photos, unused } }: { readonly preview: Preview }): Html {
  const words = useWords<Words>();
  const ready = rows.filter(({ problems }) => problems.length === 0).length;
  const left = rows.length - ready;
  return (
    <>
      <h1>{words.importPreview}</h1>
      <p>
        <strong>{words.ready(ready)}</strong> {words.nothingYet}
      </p>
      {left === 0 ? undefined : <Problems rows={rows} />}
      {unused.length === 0 ? undefined : (
        <p class="aside">
          {words.unused} {unused.join(", ")}
        </p>
      )}
      <div class="actions import-actions">
        {ready === 0 ? undefined : (
          <Form action={`/import/${id}`}>
            <input type="hidden" name="ready" value={String(ready)} />
            <button>{words.importGood(ready, left)}</button>
          </Form>
        )}
        <Form action={`/import/${id}/discard`}>
          <button class="quiet">{words.discard}</button>
        </Form>
        <a class="button quiet" href="/import">
          {words.otherFiles}
        </a>
      </div>
      <div class="table-wrap">
        <table class="stacked preview">
          <thead>
            <tr>
              <th scope="col">{words.line}</th>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.company}</th>
              <th scope="col">{words.email}</th>
              <th scope="col">{words.stage}</th>
              <th scope="col">{words.agent}</th>
              <th scope="col">{words.state}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((judged) => (
              <Row judged={judged} photo={photos.get(judged.row.photoId ?? "")} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Problems({ rows }: Pick<Preview, "rows">): Html {
  const words = useWords<Words>();
  const wrong = rows.filter(({ problems }) => problems.length > 0);
  return (
    <section class="problems" aria-label={words.notReady(wrong.length)}>
      <h2>{words.notReady(wrong.length)}</h2>
      <ul>
        {wrong.map(({ row, problems }) => (
          <li>
            <a href={`#line-${row.line}`}>
              {words.line} {row.line}
            </a>
            : {problems.map((problem) => sayProblem(problem, row.fields[problem.column], words)).join(" ")}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Row({ judged: { row, texts, problems }, photo }: { readonly judged: JudgedRow; readonly photo: MediaFile | undefined }): Html {
  const words = useWords<Words>();
  return (
    <tr id={`line-${row.line}`} class={problems.length === 0 ? undefined : "wrong"}>
      <td class="meta">{row.line}</td>
      <td>
        <span class="person">
          <Avatar name={texts.name} file={photo} size={40} />
          {texts.name}
        </span>
      </td>
      <td>{texts.company}</td>
      <td>{texts.email}</td>
      <td>{words.stages[texts.stage]}</td>
      <td>{row.fields.agent}</td>
      <td>
        {problems.length === 0 ? words.good : problems.map((problem) => <span class="problem">{sayProblem(problem, "", words)} </span>)}
      </td>
    </tr>
  );
}

/** Say what is wrong with a row, and quote the field where it is not shown beside it. */
function sayProblem({ code, upload }: RowProblem, quoted: string, words: Words): string {
  const said = upload === undefined ? words.rowProblems[code] : `${words.rowProblems[code]} ${words.uploads[upload]}`;
  return quoted === "" ? said : `“${quoted.slice(0, 60)}”: ${said}`;
}
