import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingOf } from "../../bench/src/servers/daemons.js";
import { cases, type Facts, type HttpCase, type Target } from "./http-cases.js";
import {
  type Answer,
  apps,
  type Fixture,
  makeFixture,
  removeFixture,
  startNginx,
  startServiceOver,
  startVarnish,
  type Subject,
} from "./http-subjects.js";

/** What a cache does in a way of its own. A line goes once the case passes: the test says so. */
const exceptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nginx: {
    "variant-if-match-other": "over what it keeps nginx decides by itself, and its 412 has a page of its own for a body",
  },
  Varnish: {
    "range-end-huge": "sixteen digits and more are no range to it, and the whole is answered",
    "range-beyond-huge": "sixteen digits and more are no range to it, and the whole is answered",
    "range-suffix-none": "it makes 503 of it; the configuration takes it off, and the whole is answered",
    "range-backwards": "it makes 503 of a range that ends before it begins",
    "variant-if-none-match-weak": "of a list it compares the whole, and sends the copy once more",
    "variant-if-match-other": "over what it keeps it does not look at If-Match",
    "not-modified-headers": "it leaves the Content-Type in its 304",
  },
};

/** What is wrong with an answer, in words. */
function faultsOf(one: HttpCase, facts: Facts, { status, headers, body }: Answer): string[] {
  const faults: string[] = [];
  if (status !== one.status) faults.push(`the status is ${status}, not ${one.status}`);
  for (const [name, wanted] of Object.entries(one.answer?.(facts) ?? {})) {
    const found = headers[name];
    const isRight = wanted instanceof RegExp ? wanted.test(found ?? "") : found === wanted;
    if (!isRight) faults.push(`${name} is ${JSON.stringify(found)}, not ${String(wanted)}`);
  }
  const wanted = one.body;
  if (wanted === undefined) return faults;
  if (typeof wanted === "string" && wanted.startsWith("problem ")) {
    const code = wanted.slice("problem ".length);
    if (!body.includes(`"code":"${code}"`)) faults.push(`the body is ${body.subarray(0, 80).toString()}, not the problem ${code}`);
    return faults;
  }
  const bytes =
    typeof wanted === "string" ? (wanted === "all" ? facts.bytes : new Uint8Array()) : facts.bytes.subarray(wanted[0], wanted[1] + 1);
  if (Buffer.compare(body, bytes) !== 0) faults.push(`the body has ${body.byteLength} bytes, not these ${bytes.byteLength}`);
  return faults;
}

async function faultsWhenAsked(subject: Subject, one: HttpCase, facts: Facts): Promise<string[]> {
  const path = one.query === undefined ? facts.path : `${facts.path}?${one.query}`;
  const faults: string[] = [];
  // Twice: what is kept on the way answers the second time.
  for (const time of ["at first", "then"]) {
    const answer = await subject.ask(one.method ?? "GET", path, one.headers?.(facts) ?? {});
    faults.push(...faultsOf(one, facts, answer).map((fault) => `${time} ${fault}`));
  }
  return faults;
}

let fixture: Fixture;
let facts: Readonly<Record<Target, Facts>>;
beforeAll(async () => {
  fixture = await makeFixture();
  facts = fixture.facts;
});
afterAll(async () => await removeFixture(fixture));

function holdsTheTable(name: string, start: () => Promise<Subject>): void {
  let subject: Subject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(async () => await subject?.stop());

  it.each(cases.map((one) => [one.id, one.says, one] as const))("%s: %s", async (id, _, one) => {
    const faults = await faultsWhenAsked(subject, one, facts[one.on]);
    const reason = exceptions[name]?.[id];
    if (reason === undefined) expect(faults).toEqual([]);
    else expect(faults, `${name} now passes: take its exception away (${reason})`).not.toEqual([]);
  });
}

// In this order: SQLite lets one process in at a time, so the apps come first and the service after them.
for (const [name, start] of Object.entries(apps)) {
  describe(`HTTP of ${name}`, () => {
    holdsTheTable(name, async () => await start(fixture.media));
  });
}

describe("HTTP of the service", () => {
  let service: Subject & { readonly port: number };
  beforeAll(async () => {
    await fixture.media.close();
    service = await startServiceOver(fixture.folder);
  });
  afterAll(async () => await service?.stop());

  describe("directly", () => {
    holdsTheTable("the service", async () => ({ ask: service.ask, stop: async () => undefined }));
  });

  for (const [name, program, start] of [
    ["nginx", "nginx", startNginx],
    ["Varnish", "varnishd", startVarnish],
  ] as const) {
    const lacks = missingOf([program]).length > 0 && process.env["CI"] === undefined;
    if (lacks)
      process.stderr.write(
        `HTTP through ${name} is left out: there is no ${program} (apt-get install ${program === "nginx" ? "nginx-light" : "varnish"}).\n`,
      );
    describe.skipIf(lacks)(`through ${name}`, () => {
      holdsTheTable(name, async () => await start(service.port));
    });
  }

  it("has no exception for a case that there is not", () => {
    const known = new Set(cases.map(({ id }) => id));
    expect(known.size).toBe(cases.length);
    for (const [name, list] of Object.entries(exceptions))
      expect([name, Object.keys(list).filter((id) => !known.has(id))]).toEqual([name, []]);
  });
});
