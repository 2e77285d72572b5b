import { searchText, type SiteWords } from "@holdfast/example-site";
import type { LeadTexts } from "../leads.js";
import { type Stage, stages } from "../tables.js";
import { languages, type Words } from "../words.js";
import type { Column, SheetRow } from "./sheet.js";

/** Why the photo of a row was not taken. */
export type PhotoProblem =
  | { readonly code: "noPhoto" | "photoTwice" }
  /** Media refused it. */
  | { readonly code: "photo"; readonly upload: keyof SiteWords["uploads"] };

/** A row that waits, with its photo, staged, or why there is none. */
export interface DraftRow extends SheetRow {
  readonly photoId: string | undefined;
  readonly photoProblem: PhotoProblem | undefined;
}

/** What is wrong with a row, and in which column. */
export interface RowProblem {
  readonly column: Column;
  readonly code: keyof Words["rowProblems"];
  readonly upload?: keyof SiteWords["uploads"];
}

/** A row as it would be imported, and why it cannot be. */
export interface JudgedRow {
  readonly row: DraftRow;
  readonly texts: LeadTexts;
  readonly problems: readonly RowProblem[];
}

/** What there is already. */
export interface Known {
  /** The team's ids by their addresses. */
  readonly agents: ReadonlyMap<string, string>;
  /** The addresses of the organisation's leads. */
  readonly emails: ReadonlySet<string>;
}

const longest: Readonly<Record<Column, number>> = {
  name: 80,
  company: 80,
  email: 254,
  phone: 40,
  stage: 40,
  agent: 254,
  note: 4000,
  photo: 300,
};

/** Judge every row by itself and beside the others. All that is wrong with one is told, not the first thing only. */
export function judge(rows: readonly DraftRow[], known: Known): JudgedRow[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const { name, company, phone, note } = row.fields;
    const [email, agent] = [row.fields.email.toLowerCase(), row.fields.agent.toLowerCase()];
    const stage = stageOf(row.fields.stage);
    const agentId = agent === "" ? null : known.agents.get(agent);
    const problems: RowProblem[] = [];
    const complainIf = (isWrong: boolean, column: Column, code: RowProblem["code"]): void => {
      if (isWrong) problems.push({ column, code });
    };
    complainIf(row.isTooWide, "name", "columns");
    complainIf(name === "", "name", "name");
    for (const column of Object.keys(longest) as Column[]) complainIf(row.fields[column].length > longest[column], column, "tooLong");
    if (email !== "") {
      complainIf(!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email), "email", "email");
      complainIf(seen.has(email), "email", "twice");
      complainIf(known.emails.has(email), "email", "known");
      seen.add(email);
    }
    complainIf(stage === undefined, "stage", "stage");
    complainIf(agentId === undefined, "agent", "agent");
    if (row.photoProblem !== undefined) problems.push({ column: "photo", ...row.photoProblem });
    return { row, problems, texts: { name, company, email, phone, note, stage: stage ?? "new", agentId: agentId ?? null } };
  });
}

/** A stage by its key or by its name in any of the languages; a lead of which nothing is said is new. */
function stageOf(text: string): Stage | undefined {
  if (text === "") return "new";
  const wanted = searchText(text);
  const namesOf = (stage: Stage): string[] => [stage, ...Object.values(languages).map(({ stages: names }) => searchText(names[stage]))];
  return stages.find((stage) => namesOf(stage).includes(wanted));
}
