import { Avatar, type Html, Pages, useVisitor, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import type { Lead, LeadsWanted } from "./leads.js";
import type { Member } from "./members.js";
import { type Stage, stages } from "./tables.js";
import type { Colleague } from "./team.js";
import type { Words } from "./words.js";

interface ListProps {
  readonly member: Member;
  readonly leads: readonly Lead[];
  readonly photos: ReadonlyMap<string, MediaFile>;
  readonly counts: ReadonlyMap<Stage, number>;
  readonly wanted: LeadsWanted;
  /** For organisers, who filter by them. */
  readonly team: readonly Colleague[];
  readonly newer: string | undefined;
  readonly older: string | undefined;
}

/** The leads that a member may see. */
export function LeadsPage(props: ListProps): Html {
  const { member, leads, photos, counts, wanted, newer, older } = props;
  const words = useWords<Words>();
  return (
    <>
      <div class="heading">
        <h1>{words.leads}</h1>
        <a class="button" href="/leads/new">
          {words.addLead}
        </a>
      </div>
      <ul class="counts">
        {stages.map((stage) => (
          <li>
            <a href={`/leads?stage=${stage}`} aria-current={wanted.stage === stage ? "true" : undefined}>
              <strong>{counts.get(stage) ?? 0}</strong> {words.stages[stage]}
            </a>
          </li>
        ))}
      </ul>
      <Filter {...props} />
      {leads.length === 0 ? <p class="empty">{words.noLeads}</p> : undefined}
      {leads.length === 0 ? undefined : (
        <table class="stacked people">
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.company}</th>
              <th scope="col">{words.stage}</th>
              {member.role === "organiser" ? <th scope="col">{words.agent}</th> : undefined}
            </tr>
          </thead>
          <tbody>
            {leads.map((lead) => (
              <tr>
                <td>
                  <a class="person" href={`/leads/${lead.id}`}>
                    <Avatar name={lead.name} file={photos.get(lead.id)} />
                    {lead.name}
                  </a>
                </td>
                <td>{lead.company}</td>
                <td>
                  <span class={`tag ${lead.stage}`}>{words.stages[lead.stage]}</span>
                </td>
                {member.role === "organiser" ? <td>{lead.agent ?? words.nobody}</td> : undefined}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Pages newer={newer} older={older} />
    </>
  );
}

function Filter({ member, wanted, team }: ListProps): Html {
  const words = useWords<Words>();
  return (
    <search>
      <form class="search filter" action="/leads">
        <input type="search" name="q" value={wanted.query} aria-label={words.searchLeads} placeholder={words.searchLeads} maxlength={80} />
        <select name="stage" aria-label={words.stage}>
          <option value="">{words.allStages}</option>
          {stages.map((stage) => (
            <option value={stage} selected={stage === wanted.stage}>
              {words.stages[stage]}
            </option>
          ))}
        </select>
        {member.role === "organiser" ? (
          <select name="agent" aria-label={words.agent}>
            <option value="">{words.allAgents}</option>
            <option value="nobody" selected={wanted.agentId === "nobody"}>
              {words.nobody}
            </option>
            {team.map(({ id, name }) => (
              <option value={id} selected={id === wanted.agentId}>
                {name}
              </option>
            ))}
          </select>
        ) : undefined}
        <button>{words.show}</button>
      </form>
    </search>
  );
}

interface LeadProps {
  readonly lead: Lead;
  readonly photo: MediaFile | undefined;
}

/** One lead, with all that is known. */
export function LeadPage({ lead, photo }: LeadProps): Html {
  const words = useWords<Words>();
  const { language } = useVisitor();
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "Europe/Istanbul" }).format(new Date(lead.created_at));
  return (
    <article class="medium">
      <div class="person large">
        <Avatar name={lead.name} file={photo} size={160} alt={words.photoOf(lead.name)} />
        <div>
          <h1>{lead.name}</h1>
          <p class="meta">{lead.company}</p>
          <p>
            <span class={`tag ${lead.stage}`}>{words.stages[lead.stage]}</span> <span class="meta">{words.since(date)}</span>
          </p>
        </div>
      </div>
      <dl class="card facts">
        {lead.email === "" ? undefined : <Fact label={words.email} value={lead.email} href={`mailto:${lead.email}`} />}
        {lead.phone === "" ? undefined : (
          <Fact label={words.phone} value={lead.phone} href={`tel:${lead.phone.replaceAll(/[^+\d]/g, "")}`} />
        )}
        <Fact label={words.agent} value={lead.agent ?? words.nobody} />
        {lead.note === "" ? undefined : <Fact label={words.note} value={lead.note} />}
      </dl>
      <p class="actions own">
        <a class="button" href={`/leads/${lead.id}/edit`}>
          {words.edit}
        </a>
        <a class="button danger" href={`/leads/${lead.id}/delete`}>
          {words.remove}
        </a>
      </p>
    </article>
  );
}

function Fact({ label, value, href }: { readonly label: string; readonly value: string; readonly href?: string }): Html {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="prose">{href === undefined ? value : <a href={href}>{value}</a>}</dd>
    </div>
  );
}
