import {
  Avatar,
  Choice,
  DeletePage,
  Field,
  fieldReader,
  FileField,
  type Html,
  pictureTypes,
  type Problems,
  readForm,
  type Refusal,
  type SiteEnv,
  unlessTaken,
  useWords,
  userOf,
} from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Administered } from "./administration.js";
import { RecordForm, RecordRow, RecordsPage } from "./administration-pages.js";
import { type Profile, type ProfileTexts, roles } from "./profiles.js";
import type { Words } from "./words.js";

type Env = SiteEnv<Words>;

const fieldNames = ["name", "email", "username", "city", "role"] as const;
type Draft = Readonly<Record<(typeof fieldNames)[number], string>>;

/** The list of people, and the form of each. */
export function administerProfiles({ profiles }: Administered): Hono<Env> {
  const app = new Hono<Env>();

  async function found(c: Context<Env>): Promise<Profile> {
    const profile = await profiles.get(c.req.param("id") ?? "");
    if (profile === undefined) throw new HTTPException(404);
    return profile;
  }

  app.get("/", async (c) => {
    return await c.render(<ProfilesTable profiles={await profiles.list()} />, { title: c.var.words.administration });
  });

  app.get("/new", async (c) => {
    const draft = { name: "", email: "", username: "", city: "", role: "member" };
    return await c.render(<ProfileForm profile={undefined} draft={draft} problems={{}} refusals={[]} />, { title: c.var.words.addProfile });
  });

  app.get("/:id", async (c) => {
    const profile = await found(c);
    const { name, email, username, favoriteCity: city, role } = profile;
    const page = <ProfileForm profile={profile} draft={{ name, email, username, city, role }} problems={{}} refusals={[]} />;
    return await c.render(page, { title: c.var.words.editProfile });
  });

  app.post("/", async (c) => await save(c, undefined));
  app.post("/:id", async (c) => await save(c, await found(c)));

  async function save(c: Context<Env>, profile: Profile | undefined): Promise<Response> {
    const { words } = c.var;
    const { fields, files, refusals } = await readForm(c, {
      owner: userOf(c).id,
      most: 1,
      keepAs: () => ({ visibility: "public" }),
    });
    const sent = await read(fields, words, profile, userOf(c).id);
    let { problems } = sent;
    if (Object.keys(problems).length === 0 && refusals.length === 0) {
      const portrait = files.get("portrait")?.[0];
      if ((await unlessTaken(async () => await write(profile, sent.texts, portrait))) !== false) {
        c.var.tell(profile === undefined ? "created" : "saved");
        return c.redirect("/admin/profiles", 303);
      }
      // Somebody was quicker; what they took is found now.
      ({ problems } = await read(fields, words, profile, userOf(c).id));
    }
    c.status(422);
    const draft = Object.fromEntries(fieldNames.map((name) => [name, fields.get(name) ?? ""])) as Draft;
    const title = profile === undefined ? words.addProfile : words.editProfile;
    return await c.render(<ProfileForm profile={profile} draft={draft} problems={problems} refusals={refusals} />, { title });
  }

  async function write(profile: Profile | undefined, texts: ProfileTexts, portrait: MediaFile | undefined): Promise<void> {
    if (profile !== undefined) await profiles.change(profile, texts, portrait);
    else await profiles.create({ ...texts, password: texts.password ?? "" }, portrait);
  }

  async function read(
    fields: URLSearchParams,
    words: Words,
    profile: Profile | undefined,
    self: string,
  ): Promise<{ readonly texts: ProfileTexts; readonly problems: Problems }> {
    const reader = fieldReader(fields, words);
    const keepsPassword = profile !== undefined && (fields.get("password") ?? "") === "";
    const texts = {
      name: reader.text("name", { most: 80 }),
      email: reader.email("email"),
      username: reader.text("username", { most: 30 }),
      favoriteCity: reader.text("city", { most: 60 }),
      role: reader.choice("role", roles) ?? "member",
      password: keepsPassword ? undefined : reader.password("password", 10),
    };
    if (!/^[a-z0-9-]{2,30}$/.test(texts.username)) reader.complain("username", words.isNoUsername);
    if (profile?.userId === self && texts.role !== "administrator") reader.complain("role", words.ownRole);
    const taken = await profiles.taken(texts, profile);
    if (taken.includes("email")) reader.complain("email", words.emailTaken);
    if (taken.includes("username")) reader.complain("username", words.usernameTaken);
    return { texts, problems: reader.problems };
  }

  app.get("/:id/delete", async (c) => await confirmDeletion(c, await found(c)));

  app.post("/:id/delete", async (c) => {
    const profile = await found(c);
    await readForm(c);
    if (profile.userId === userOf(c).id) {
      c.status(422);
      return await confirmDeletion(c, profile);
    }
    await profiles.remove(profile);
    c.var.tell("deleted");
    return c.redirect("/admin/profiles", 303);
  });

  async function confirmDeletion(c: Context<Env>, { id, name, userId }: Profile): Promise<Response> {
    const { deleteProfile, deleteProfileText, notOneself } = c.var.words;
    const isOneself = userId === userOf(c).id;
    const action = isOneself ? undefined : `/admin/profiles/${id}/delete`;
    const text = isOneself ? notOneself : deleteProfileText(name);
    return await c.render(<DeletePage title={deleteProfile} text={text} action={action} back="/admin/profiles" />, {
      title: deleteProfile,
    });
  }
  return app;
}

interface FormProps {
  /** Absent while there is no account yet. */
  readonly profile: Profile | undefined;
  readonly draft: Draft;
  readonly problems: Problems;
  readonly refusals: readonly Refusal[];
}

function ProfileForm({ profile, draft, problems, refusals }: FormProps): Html {
  const words = useWords<Words>();
  const isNew = profile === undefined;
  const title = isNew ? words.addProfile : words.editProfile;
  return (
    <RecordForm title={title} section="profiles" id={profile?.id} isMultipart problems={problems} refusals={refusals}>
      <Field name="name" label={words.name} value={draft.name} problem={problems["name"]} maxlength={80} />
      <Field name="email" type="email" label={words.email} value={draft.email} problem={problems["email"]} maxlength={254} />
      <Field
        name="username"
        label={words.username}
        value={draft.username}
        hint={words.usernameHint}
        problem={problems["username"]}
        maxlength={30}
      />
      <Field name="city" label={words.favoriteCity} value={draft.city} problem={problems["city"]} maxlength={60} />
      <Choice
        name="role"
        label={words.role}
        value={draft.role}
        problem={problems["role"]}
        choices={roles.map((role) => ({ value: role, label: words.roles[role] }))}
      />
      <Field
        name="password"
        type="password"
        label={words.password}
        hint={isNew ? words.newPasswordHint : words.keepPassword}
        problem={problems["password"]}
        autocomplete="new-password"
        isOptional={!isNew}
      />
      {profile?.portrait === undefined ? undefined : <Avatar name={profile.name} file={profile.portrait} size={112} />}
      <FileField name="portrait" label={words.portrait} hint={words.portraitHint} accept={pictureTypes} isOptional />
    </RecordForm>
  );
}

function ProfilesTable({ profiles }: { readonly profiles: readonly Profile[] }): Html {
  const words = useWords<Words>();
  return (
    <RecordsPage section="profiles" add={words.addProfile} columns={[words.name, words.email, words.role]}>
      {profiles.map(({ id, name, username, email, role, portrait }) => (
        <RecordRow
          path={`/admin/profiles/${id}`}
          name={name}
          head={
            <span class="person">
              <Avatar name={name} file={portrait} />
              <a href={`/profiles/${username}`}>{name}</a>
            </span>
          }
          cells={[email, words.roles[role]]}
        />
      ))}
    </RecordsPage>
  );
}
