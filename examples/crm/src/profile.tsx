import {
  changePassword,
  type Database,
  Field,
  fieldReader,
  Form,
  type Html,
  type Problems,
  ProblemSummary,
  readForm,
  type SiteTables,
  useVisitor,
  useWords,
} from "@holdfast/example-site";
import type { Media, MediaFile } from "@holdfast/media";
import { Hono } from "hono";
import type { Env, Member } from "./members.js";
import { onePhoto, PhotoField, readPhoto } from "./photo-field.js";
import type { Team } from "./team.js";
import type { Words } from "./words.js";

/** Everybody's own page: name, photo and password; an organiser's has the organisation's name too. */
export function profile(database: Database, team: Team, media: Media): Hono<Env> {
  const app = new Hono<Env>();
  const photoOf = async ({ id }: Member): Promise<MediaFile | undefined> => (await team.photos([id])).get(id);

  app.get("/", async (c) => {
    const { member, words } = c.var;
    const page = <ProfilePage member={member} draft={member} photo={await photoOf(member)} staged={undefined} problems={{}} />;
    return await c.render(page, { title: words.profile });
  });

  app.post("/", async (c) => {
    const { member, words } = c.var;
    const form = await readForm(c, onePhoto(member.id));
    const read = fieldReader(form.fields, words);
    const isOrganiser = member.role === "organiser";
    const name = read.text("name", { most: 80 });
    const organisation = isOrganiser ? read.text("organisation", { most: 80 }) : member.organisation;
    const { file, change } = await readPhoto(form, read, media, member.id);
    if (read.isGood) {
      await team.change(member, member.id, { name, role: member.role }, change);
      if (isOrganiser) await team.rename(member, organisation);
      c.var.tell("saved");
      return c.redirect("/profile", 303);
    }
    c.status(422);
    const draft = { name, organisation };
    const page = <ProfilePage member={member} draft={draft} photo={await photoOf(member)} staged={file} problems={read.problems} />;
    return await c.render(page, { title: words.profile });
  });

  app.post("/password", async (c) => {
    const { member, words, visitor } = c.var;
    const { fields } = await readForm(c);
    const read = fieldReader(fields, words);
    const passwords = { current: read.password("current", 1), next: read.password("next", 10) };
    const of = { userId: member.id, sessionToken: visitor.sessionToken };
    const isChanged = read.isGood && (await changePassword(database.as<SiteTables>(), of, passwords));
    if (isChanged) {
      c.var.tell("passwordChanged");
      return c.redirect("/profile", 303);
    }
    if (read.isGood) read.complain("current", words.passwordWrong);
    c.status(422);
    const page = <ProfilePage member={member} draft={member} photo={await photoOf(member)} staged={undefined} problems={read.problems} />;
    return await c.render(page, { title: words.profile });
  });
  return app;
}

interface ProfileProps {
  readonly member: Member;
  readonly draft: Pick<Member, "name" | "organisation">;
  readonly photo: MediaFile | undefined;
  readonly staged: MediaFile | undefined;
  readonly problems: Problems;
}

function ProfilePage({ member, draft, photo, staged, problems }: ProfileProps): Html {
  const words = useWords<Words>();
  const { user } = useVisitor();
  return (
    <div class="medium">
      <h1>{words.profile}</h1>
      <ProblemSummary problems={problems} />
      <Form action="/profile" isMultipart class="card">
        <PhotoField name={draft.name} photo={photo} staged={staged} problem={problems["photo"]} />
        <Field name="name" label={words.yourName} value={draft.name} problem={problems["name"]} autocomplete="name" maxlength={80} />
        {member.role === "organiser" ? (
          <Field
            name="organisation"
            label={words.organisation}
            value={draft.organisation}
            problem={problems["organisation"]}
            maxlength={80}
          />
        ) : undefined}
        <button>{words.save}</button>
      </Form>
      <Form action="/profile/password" class="card">
        <h2>{words.changePassword}</h2>
        {/* So that a browser that keeps passwords knows whose it is. */}
        <input type="text" name="username" value={user?.email} autocomplete="username" aria-label={words.email} hidden />
        <Field name="current" type="password" label={words.currentPassword} problem={problems["current"]} autocomplete="current-password" />
        <Field
          name="next"
          type="password"
          label={words.newPassword}
          hint={words.newPasswordHint}
          problem={problems["next"]}
          autocomplete="new-password"
        />
        <button>{words.changePassword}</button>
      </Form>
    </div>
  );
}
