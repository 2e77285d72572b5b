import {
  Choice,
  Field,
  type FieldReader,
  fieldReader,
  Form,
  FormActions,
  type Html,
  type Problems,
  ProblemSummary,
  useWords,
} from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Lead, LeadTexts } from "./leads.js";
import type { Member } from "./members.js";
import { PhotoField } from "./photo-field.js";
import { stages } from "./tables.js";
import type { Colleague } from "./team.js";
import type { Words } from "./words.js";

interface LeadFormProps {
  readonly member: Member;
  /** Absent while the lead is new. */
  readonly lead: Lead | undefined;
  /** What the form shows: what was typed, so that a mistake costs nobody their text. */
  readonly draft: LeadTexts;
  readonly photo: MediaFile | undefined;
  readonly staged: MediaFile | undefined;
  readonly team: readonly Colleague[];
  readonly problems: Problems;
}

/** The form of a lead, new or not. */
export function LeadFormPage({ member, lead, draft, photo, staged, team, problems }: LeadFormProps): Html {
  const words = useWords<Words>();
  const back = lead === undefined ? "/leads" : `/leads/${lead.id}`;
  return (
    <div class="medium">
      <h1>{lead === undefined ? words.newLead : words.editLead}</h1>
      <ProblemSummary problems={problems} />
      <Form action={back} isMultipart class="card">
        <PhotoField name={draft.name} photo={photo} staged={staged} problem={problems["photo"]} />
        <Field name="name" label={words.name} value={draft.name} problem={problems["name"]} maxlength={80} />
        <Field name="company" label={words.company} value={draft.company} problem={problems["company"]} maxlength={80} isOptional />
        <Field name="email" type="email" label={words.email} value={draft.email} problem={problems["email"]} maxlength={254} isOptional />
        <Field name="phone" type="tel" label={words.phone} value={draft.phone} problem={problems["phone"]} maxlength={40} isOptional />
        <Choice
          name="stage"
          label={words.stage}
          value={draft.stage}
          problem={problems["stage"]}
          choices={stages.map((value) => ({ value, label: words.stages[value] }))}
        />
        {member.role === "organiser" ? (
          <Choice
            name="agent"
            label={words.agent}
            value={draft.agentId ?? "nobody"}
            problem={problems["agent"]}
            choices={[{ value: "nobody", label: words.nobody }, ...team.map(({ id, name }) => ({ value: id, label: name }))]}
          />
        ) : undefined}
        <Field name="note" label={words.note} value={draft.note} problem={problems["note"]} lines={5} maxlength={4000} isOptional />
        <FormActions label={lead === undefined ? words.add : words.save} back={back} />
      </Form>
    </div>
  );
}

/** What a new lead's form shows at first: an agent's new lead is the agent's own. */
export function emptyDraft(member: Member): LeadTexts {
  const agentId = member.role === "agent" ? member.id : null;
  return { name: "", company: "", email: "", phone: "", stage: "new", note: "", agentId };
}

export function draftOf({ name, company, email, phone, stage, note, agent_id: agentId }: Lead): LeadTexts {
  return { name, company, email, phone, stage, note, agentId };
}

/** Read a lead's fields. To whom a lead is given is the organisers' to say, and one of the team it has to be. */
export function readLead(
  fields: URLSearchParams,
  words: Words,
  member: Member,
  team: readonly Colleague[],
): { readonly read: FieldReader; readonly texts: LeadTexts } {
  const read = fieldReader(fields, words);
  const optional = (name: string, most: number): string => read.text(name, { most, isOptional: true });
  const texts = {
    name: read.text("name", { most: 80 }),
    company: optional("company", 80),
    email: (fields.get("email") ?? "").trim() === "" ? "" : read.email("email"),
    phone: optional("phone", 40),
    stage: read.choice("stage", stages) ?? "new",
    note: optional("note", 4000),
  };
  if (member.role === "agent") return { read, texts: { ...texts, agentId: member.id } };
  const agent = read.choice("agent", ["nobody", ...team.map(({ id }) => id)]);
  return { read, texts: { ...texts, agentId: agent === undefined || agent === "nobody" ? null : agent } };
}
