import { Avatar, Choice, Field, Form, FormActions, type Html, type Problems, ProblemSummary, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import { type Member, type Role, roles } from "./members.js";
import { PhotoField } from "./photo-field.js";
import type { Colleague } from "./team.js";
import type { Words } from "./words.js";

interface TeamProps {
  readonly member: Member;
  readonly team: readonly Colleague[];
  readonly photos: ReadonlyMap<string, MediaFile>;
}

/** The people of the organisation. */
export function TeamPage({ member, team, photos }: TeamProps): Html {
  const words = useWords<Words>();
  return (
    <>
      <div class="heading">
        <h1>{words.team}</h1>
        <a class="button" href="/team/new">
          {words.addColleague}
        </a>
      </div>
      <ul class="grid team">
        {team.map((colleague) => (
          <li class="card person">
            <Avatar name={colleague.name} file={photos.get(colleague.id)} size={72} />
            <div>
              <h2>{colleague.name}</h2>
              <p class="meta">
                {words.roles[colleague.role]}
                {colleague.id === member.id ? ` (${words.you})` : undefined}
              </p>
              <p class="meta">{colleague.email}</p>
              <p class="meta">
                <a href={`/leads?agent=${colleague.id}`}>{words.leadCount(colleague.leads)}</a>
              </p>
              {colleague.id === member.id ? undefined : (
                <p class="actions">
                  <a class="button quiet" href={`/team/${colleague.id}`} aria-label={`${words.edit}: ${colleague.name}`}>
                    {words.edit}
                  </a>
                  <a class="button quiet" href={`/team/${colleague.id}/delete`} aria-label={`${words.takeOut}: ${colleague.name}`}>
                    {words.takeOut}
                  </a>
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What is typed about somebody of the team. */
export interface ColleagueDraft {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}

interface ColleagueFormProps {
  /** Absent while the person is new. */
  readonly colleague: Colleague | undefined;
  readonly draft: ColleagueDraft;
  readonly photo: MediaFile | undefined;
  readonly staged: MediaFile | undefined;
  readonly problems: Problems;
}

/** The form of somebody of the team, new or not. */
export function ColleagueFormPage({ colleague, draft, photo, staged, problems }: ColleagueFormProps): Html {
  const words = useWords<Words>();
  return (
    <div class="medium">
      <h1>{colleague === undefined ? words.newColleague : words.editColleague}</h1>
      <ProblemSummary problems={problems} />
      <Form action={colleague === undefined ? "/team" : `/team/${colleague.id}`} isMultipart class="card">
        <PhotoField name={draft.name} photo={photo} staged={staged} problem={problems["photo"]} />
        <Field name="name" label={words.name} value={draft.name} problem={problems["name"]} maxlength={80} />
        {colleague === undefined ? (
          <Field name="email" type="email" label={words.email} value={draft.email} problem={problems["email"]} autocomplete="off" />
        ) : undefined}
        <Choice
          name="role"
          label={words.role}
          value={draft.role}
          problem={problems["role"]}
          choices={roles.map((value) => ({ value, label: words.roles[value] }))}
        />
        {colleague === undefined ? (
          <Field
            name="password"
            type="password"
            label={words.firstPassword}
            hint={words.firstPasswordHint}
            problem={problems["password"]}
            autocomplete="new-password"
          />
        ) : undefined}
        <FormActions label={colleague === undefined ? words.add : words.save} back="/team" />
      </Form>
    </div>
  );
}
