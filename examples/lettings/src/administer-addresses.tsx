import {
  DeletePage,
  Field,
  type FieldReader,
  fieldReader,
  type Html,
  type Problems,
  readForm,
  type SiteEnv,
  useWords,
} from "@holdfast/example-site";
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Administered } from "./administration.js";
import { RecordForm, RecordRow, RecordsPage } from "./administration-pages.js";
import { type Address, type AddressWithLetting, linesOf } from "./lettings.js";
import type { Words } from "./words.js";

type Env = SiteEnv<Words>;

const fieldNames = ["number", "street", "city", "state", "zip"] as const;
type Draft = Readonly<Record<(typeof fieldNames)[number], string>>;

/** The list of addresses, and the form of each. */
export function administerAddresses({ lettings: { addresses } }: Administered): Hono<Env> {
  const app = new Hono<Env>();

  async function found(c: Context<Env>): Promise<AddressWithLetting> {
    const address = await addresses.get(c.req.param("id") ?? "");
    if (address === undefined) throw new HTTPException(404);
    return address;
  }

  app.get("/", async (c) => {
    return await c.render(<AddressesTable addresses={await addresses.list()} />, { title: c.var.words.administration });
  });

  app.get("/new", async (c) => {
    const draft = { number: "", street: "", city: "", state: "CA", zip: "" };
    return await c.render(<AddressForm id={undefined} draft={draft} problems={{}} />, { title: c.var.words.addAddress });
  });

  app.get("/:id", async (c) => {
    const { id, number, street, city, state, zip_code: zip } = await found(c);
    const draft = { number: String(number), street, city, state, zip };
    return await c.render(<AddressForm id={id} draft={draft} problems={{}} />, { title: c.var.words.editAddress });
  });

  app.post("/", async (c) => await save(c, undefined));
  app.post("/:id", async (c) => await save(c, (await found(c)).id));

  async function save(c: Context<Env>, id: string | undefined): Promise<Response> {
    const { words } = c.var;
    const { fields } = await readForm(c);
    const read = fieldReader(fields, words);
    const address = readAddress(read, words);
    if (!read.isGood) {
      c.status(422);
      const draft = Object.fromEntries(fieldNames.map((name) => [name, fields.get(name) ?? ""])) as Draft;
      const title = id === undefined ? words.addAddress : words.editAddress;
      return await c.render(<AddressForm id={id} draft={draft} problems={read.problems} />, { title });
    }
    if (id === undefined) await addresses.create(address);
    else await addresses.change(id, address);
    c.var.tell(id === undefined ? "created" : "saved");
    return c.redirect("/admin/addresses", 303);
  }

  app.get("/:id/delete", async (c) => await confirmDeletion(c, await found(c)));

  app.post("/:id/delete", async (c) => {
    const address = await found(c);
    await readForm(c);
    if (!(await addresses.remove(address.id))) {
      c.status(422);
      return await confirmDeletion(c, await found(c));
    }
    c.var.tell("deleted");
    return c.redirect("/admin/addresses", 303);
  });

  async function confirmDeletion(c: Context<Env>, address: AddressWithLetting): Promise<Response> {
    const { deleteAddress, deleteAddressText, addressInUse } = c.var.words;
    const { id, letting_title: letting } = address;
    const text = letting === null ? deleteAddressText(linesOf(address).join(", ")) : addressInUse(letting);
    const action = letting === null ? `/admin/addresses/${id}/delete` : undefined;
    const page = <DeletePage title={deleteAddress} text={text} action={action} back="/admin/addresses" />;
    return await c.render(page, { title: deleteAddress });
  }
  return app;
}

function readAddress(read: FieldReader, words: Words): Omit<Address, "id"> {
  const address = {
    number: read.number("number", { least: 1, most: 99_999 }),
    street: read.text("street", { most: 100 }),
    city: read.text("city", { most: 60 }),
    state: read.text("state", { most: 2 }).toUpperCase(),
    zip_code: read.text("zip", { most: 10 }),
  };
  if (!/^[A-Z]{2}$/.test(address.state)) read.complain("state", words.isNoState);
  if (!/^\d{5}(?:-\d{4})?$/.test(address.zip_code)) read.complain("zip", words.isNoZip);
  return address;
}

function AddressForm({
  id,
  draft,
  problems,
}: {
  readonly id: string | undefined;
  readonly draft: Draft;
  readonly problems: Problems;
}): Html {
  const words = useWords<Words>();
  const title = id === undefined ? words.addAddress : words.editAddress;
  return (
    <RecordForm title={title} section="addresses" id={id} problems={problems}>
      <Field name="number" label={words.number} value={draft.number} problem={problems["number"]} inputmode="numeric" maxlength={5} />
      <Field name="street" label={words.street} value={draft.street} problem={problems["street"]} maxlength={100} />
      <Field name="city" label={words.city} value={draft.city} problem={problems["city"]} maxlength={60} />
      <Field name="state" label={words.state} value={draft.state} hint={words.stateHint} problem={problems["state"]} maxlength={2} />
      <Field name="zip" label={words.zip} value={draft.zip} problem={problems["zip"]} inputmode="numeric" maxlength={10} />
    </RecordForm>
  );
}

function AddressesTable({ addresses }: { readonly addresses: readonly AddressWithLetting[] }): Html {
  const words = useWords<Words>();
  return (
    <RecordsPage section="addresses" add={words.addAddress} columns={[words.address, words.lettingThere]}>
      {addresses.map((address) => (
        <RecordRow
          path={`/admin/addresses/${address.id}`}
          name={linesOf(address).join(", ")}
          head={linesOf(address).join(", ")}
          cells={[
            address.letting_id === null ? (
              <a href={`/admin/lettings/new?address=${address.id}`}>{words.addLetting}</a>
            ) : (
              <a href={`/lettings/${address.letting_id}`}>{address.letting_title}</a>
            ),
          ]}
        />
      ))}
    </RecordsPage>
  );
}
