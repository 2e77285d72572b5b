import { Avatar, Gallery, type Html, type Photo, Picture, useAsset, useMoney, useVisitor, useWords } from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import { type Letting, linesOf } from "./lettings.js";
import type { Profile } from "./profiles.js";
import type { Words } from "./words.js";

interface LettingsProps {
  readonly lettings: readonly Letting[];
  readonly covers: ReadonlyMap<string, MediaFile>;
}

/** The first page: what this is, and the newest lettings. */
export function HomePage({ lettings, covers }: LettingsProps): Html {
  const words = useWords<Words>();
  return (
    <>
      <div class="hero">
        <div>
          <h1>{words.homeTitle}</h1>
          <p>{words.homeText}</p>
          <p class="actions">
            <a class="button" href="/lettings">
              {words.seeLettings}
            </a>
            <a class="button quiet" href="/profiles">
              {words.seeProfiles}
            </a>
          </p>
        </div>
        <img src={useAsset("skyline.svg")} alt={words.skyline} width={640} height={400} />
      </div>
      <h2>{words.newest}</h2>
      <Tiles lettings={lettings} covers={covers} />
    </>
  );
}

/** All lettings in a grid, each with its first photograph. */
export function LettingsPage({ lettings, covers }: LettingsProps): Html {
  const words = useWords<Words>();
  return (
    <>
      <h1>{words.lettings}</h1>
      {lettings.length === 0 ? <p class="empty">{words.noLettings}</p> : <Tiles lettings={lettings} covers={covers} />}
    </>
  );
}

function Tiles({ lettings, covers }: LettingsProps): Html {
  const words = useWords<Words>();
  const money = useMoney("USD", { isShort: true });
  return (
    <ul class="grid">
      {lettings.map(({ id, title, address, rent_cents: rent, bedrooms }, at) => (
        <li>
          <article class="tile">
            <div class="picture">
              <Cover file={covers.get(id)} isFirst={at < 4} />
            </div>
            <div class="body">
              <h2>
                <a href={`/lettings/${id}`}>{title}</a>
              </h2>
              <p class="meta">
                {address.city} · {words.bedroomsOf(bedrooms)}
              </p>
              <p class="price meta">{words.perMonth(money(rent))}</p>
            </div>
          </article>
        </li>
      ))}
    </ul>
  );
}

/** The first photograph of a letting, or the word that there is none yet. */
function Cover({ file, isFirst }: { readonly file: MediaFile | undefined; readonly isFirst: boolean }): Html {
  const words = useWords<Words>();
  // The link beside it says the title.
  if (file !== undefined) return <Picture file={file} preset="card" alt="" isLazy={!isFirst} />;
  return <NoPicture text={words.noPhotos} />;
}

/** A house, drawn in lines, where there is no photograph. */
function NoPicture({ text }: { readonly text: string }): Html {
  return (
    <div class="no-picture">
      <svg viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round">
        <path d="M6 24 24 9l18 15M11 21v18h26V21M20 39V28h8v11" />
      </svg>
      {text}
    </div>
  );
}

/** One letting with its photographs and where it is. */
export function LettingPage({ letting, photos }: { readonly letting: Letting; readonly photos: readonly Photo[] }): Html {
  const words = useWords<Words>();
  const money = useMoney("USD", { isShort: true });
  const { user } = useVisitor();
  const { id, title, description, rent_cents: rent, bedrooms, address } = letting;
  const [street, city] = linesOf(address);
  return (
    <article class="split">
      {photos.length > 0 ? <Gallery title={title} photos={photos} /> : <NoPicture text={words.noPhotos} />}
      <div>
        <h1>{title}</h1>
        <p>
          <span class="tag price">{words.perMonth(money(rent))}</span> <span class="meta">{words.bedroomsOf(bedrooms)}</span>
        </p>
        <p class="prose">{description}</p>
        <h2>{words.address}</h2>
        <address>
          {street}
          <br />
          {city}
        </address>
        <p class="actions own">
          {user !== undefined && user.role !== "member" ? (
            <a class="button" href={`/admin/lettings/${id}`}>
              {words.edit}
            </a>
          ) : undefined}
          <a class="button quiet" href="/lettings">
            {words.backToLettings}
          </a>
        </p>
      </div>
    </article>
  );
}

/** Everybody, each with their portrait or their initials. */
export function ProfilesPage({ profiles }: { readonly profiles: readonly Profile[] }): Html {
  const words = useWords<Words>();
  return (
    <>
      <h1>{words.profiles}</h1>
      <ul class="grid">
        {profiles.map(({ username, name, portrait, favoriteCity }) => (
          <li>
            <article class="tile">
              <div class="body person">
                <Avatar name={name} file={portrait} size={64} />
                <div>
                  <h2>
                    <a href={`/profiles/${username}`}>{name}</a>
                  </h2>
                  <p class="meta">{favoriteCity}</p>
                </div>
              </div>
            </article>
          </li>
        ))}
      </ul>
    </>
  );
}

/** One person. */
export function ProfilePage({ profile }: { readonly profile: Profile }): Html {
  const words = useWords<Words>();
  const { name, username, email, favoriteCity, portrait } = profile;
  return (
    <article class="narrow card profile">
      <Avatar name={name} file={portrait} size={112} />
      <h1>{name}</h1>
      <p class="meta">{username}</p>
      <p>{words.livesFor(favoriteCity)}</p>
      <p class="actions">
        <a class="button" href={`mailto:${email}`}>
          {words.writeTo(name)}
        </a>
        <a class="button quiet" href="/profiles">
          {words.backToProfiles}
        </a>
      </p>
    </article>
  );
}
