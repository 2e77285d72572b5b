import {
  Choice,
  DeletePage,
  Field,
  type FieldReader,
  fieldReader,
  mostPhotos,
  type Photo,
  PhotoFields,
  Picture,
  type Problems,
  readForm,
  readPhotos,
  type Refusal,
  type SentForm,
  type SiteEnv,
  unlessTaken,
  useMoney,
  useWords,
  userOf,
  type Html,
} from "@holdfast/example-site";
import type { MediaFile } from "@holdfast/media";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Administered } from "./administration.js";
import { RecordForm, RecordRow, RecordsPage } from "./administration-pages.js";
import { type AddressWithLetting, type Letting, type LettingTexts, linesOf } from "./lettings.js";
import type { Words } from "./words.js";

type Env = SiteEnv<Words>;

/** What the form shows: what was typed, so that a mistake costs nobody their text. */
type Draft = Readonly<Record<"title" | "description" | "rent" | "bedrooms" | "address", string>>;

const emptyDraft: Draft = { title: "", description: "", rent: "", bedrooms: "", address: "" };

/** The list of lettings, and the form of each. */
export function administerLettings({ lettings, media }: Administered): Hono<Env> {
  const app = new Hono<Env>();

  async function found(c: Context<Env>): Promise<Letting> {
    const letting = await lettings.get(c.req.param("id") ?? "");
    if (letting === undefined) throw new HTTPException(404);
    return letting;
  }

  /** The addresses that a letting may be given: those where nothing is let, and its own. */
  async function freeAddresses(letting?: Letting): Promise<AddressWithLetting[]> {
    const all = await lettings.addresses.list();
    return all.filter(({ letting_id: there }) => there === null || there === letting?.id);
  }

  async function renderForm(c: Context<Env>, shown: Omit<FormProps, "addresses">): Promise<Response> {
    const title = shown.letting === undefined ? c.var.words.addLetting : c.var.words.editLetting;
    return await c.render(<LettingForm {...shown} addresses={await freeAddresses(shown.letting)} />, { title });
  }

  app.get("/", async (c) => {
    const all = await lettings.list();
    const covers = await lettings.photos.coversOf(all.map(({ id }) => id));
    return await c.render(<LettingsTable lettings={all} covers={covers} />, { title: c.var.words.administration });
  });

  app.get("/new", async (c) => {
    const draft = { ...emptyDraft, address: c.req.query("address") ?? "" };
    return await renderForm(c, { letting: undefined, draft, photos: [], staged: [], problems: {}, refusals: [] });
  });

  app.get("/:id", async (c) => {
    const letting = await found(c);
    const photos = await lettings.photos.of(letting.id);
    return await renderForm(c, { letting, draft: draftOf(letting), photos, staged: [], problems: {}, refusals: [] });
  });

  app.post("/", async (c) => await save(c, undefined));
  app.post("/:id", async (c) => await save(c, await found(c)));

  async function save(c: Context<Env>, letting: Letting | undefined): Promise<Response> {
    const owner = userOf(c).id;
    const before = letting === undefined ? [] : await lettings.photos.of(letting.id);
    const form = await readForm(c, {
      owner,
      most: Math.max(0, mostPhotos - before.length),
      keepAs: () => ({ visibility: "public" }),
    });
    const { read, texts, draft } = readLetting(form, await freeAddresses(letting), c.var.words);
    const { wanted, staged, isMove } = await readPhotos(form, { media, owner, before });
    if (read.isGood && form.refusals.length === 0) {
      const id = await unlessTaken(async () => await write(letting, texts, wanted));
      if (id !== false) {
        if (isMove) return c.redirect(`/admin/lettings/${id}#pictures`, 303);
        c.var.tell(letting === undefined ? "created" : "saved");
        return c.redirect(`/lettings/${id}`, 303);
      }
      read.complain("address", c.var.words.addressTaken);
    }
    c.status(422);
    return await renderForm(c, { letting, draft, photos: before, staged, problems: read.problems, refusals: form.refusals });
  }

  async function write(letting: Letting | undefined, texts: LettingTexts, photos: readonly Photo[]): Promise<string> {
    if (letting === undefined) return await lettings.create(texts, photos);
    await lettings.change(letting.id, texts, photos);
    return letting.id;
  }

  app.get("/:id/delete", async (c) => {
    const { id, title } = await found(c);
    const { deleteLetting, deleteLettingText } = c.var.words;
    const action = `/admin/lettings/${id}/delete`;
    const page = <DeletePage title={deleteLetting} text={deleteLettingText(title)} action={action} back="/admin/lettings" />;
    return await c.render(page, { title: deleteLetting });
  });

  app.post("/:id/delete", async (c) => {
    const { id } = await found(c);
    await readForm(c);
    await lettings.remove(id);
    c.var.tell("deleted");
    return c.redirect("/admin/lettings", 303);
  });
  return app;
}

function draftOf({ title, description, rent_cents: cents, bedrooms, address }: Letting): Draft {
  const rent = (cents / 100).toFixed(cents % 100 === 0 ? 0 : 2);
  return { title, description, rent, bedrooms: String(bedrooms), address: address.id };
}

function readLetting(
  { fields }: SentForm,
  addresses: readonly AddressWithLetting[],
  words: Words,
): { readonly read: FieldReader; readonly texts: LettingTexts; readonly draft: Draft } {
  const read = fieldReader(fields, words);
  const texts = {
    title: read.text("title", { most: 120 }),
    description: read.text("description", { most: 4000 }),
    rentCents: read.amount("rent"),
    bedrooms: read.number("bedrooms", { least: 0, most: 20 }),
    addressId:
      read.choice(
        "address",
        addresses.map(({ id }) => id),
      ) ?? "",
  };
  const draft = Object.fromEntries(Object.keys(emptyDraft).map((name) => [name, fields.get(name) ?? ""])) as Draft;
  return { read, texts, draft };
}

interface FormProps {
  /** Absent while it is new. */
  readonly letting: Letting | undefined;
  readonly draft: Draft;
  readonly addresses: readonly AddressWithLetting[];
  readonly photos: readonly Photo[];
  readonly staged: readonly MediaFile[];
  readonly problems: Problems;
  readonly refusals: readonly Refusal[];
}

function LettingForm({ letting, draft, addresses, photos, staged, problems, refusals }: FormProps): Html {
  const words = useWords<Words>();
  const choices = addresses.map((address) => ({ value: address.id, label: linesOf(address).join(", ") }));
  return (
    <RecordForm
      title={letting === undefined ? words.addLetting : words.editLetting}
      section="lettings"
      id={letting?.id}
      isMultipart
      problems={problems}
      refusals={refusals}
    >
      <Field name="title" label={words.title} value={draft.title} problem={problems["title"]} maxlength={120} />
      <Field name="description" label={words.description} value={draft.description} problem={problems["description"]} lines={6} />
      <Field name="rent" label={words.rent} value={draft.rent} problem={problems["rent"]} inputmode="decimal" maxlength={12} />
      <Field
        name="bedrooms"
        label={words.bedrooms}
        value={draft.bedrooms}
        hint={words.bedroomsHint}
        problem={problems["bedrooms"]}
        inputmode="numeric"
        maxlength={2}
      />
      <Choice
        name="address"
        label={words.address}
        value={draft.address}
        hint={choices.length === 0 ? words.noFreeAddress : words.addressHint}
        problem={problems["address"]}
        choices={[{ value: "", label: words.choose }, ...choices]}
      />
      <PhotoFields photos={photos} staged={staged} preset="card" />
    </RecordForm>
  );
}

function LettingsTable({
  lettings,
  covers,
}: {
  readonly lettings: readonly Letting[];
  readonly covers: ReadonlyMap<string, MediaFile>;
}): Html {
  const words = useWords<Words>();
  const money = useMoney("USD", { isShort: true });
  return (
    <RecordsPage section="lettings" add={words.addLetting} columns={[words.title, words.address, words.rent]}>
      {lettings.map(({ id, title, address, rent_cents: rent }) => {
        const cover = covers.get(id);
        return (
          <RecordRow
            path={`/admin/lettings/${id}`}
            name={title}
            head={
              <span class="person">
                {cover === undefined ? <span class="thumb" /> : <Picture file={cover} preset="card" alt="" class="thumb" />}
                <a href={`/lettings/${id}`}>{title}</a>
              </span>
            }
            cells={[linesOf(address).join(", "), words.perMonth(money(rent))]}
          />
        );
      })}
    </RecordsPage>
  );
}
