import { describe, expect, it } from "vitest";
import { type CheckOptions, checkEnvironment } from "./check.js";
import type { EnvironmentSchema } from "./schema.js";

const production: CheckOptions = { isProduction: true, platform: "Render", hosts: ["shop.onrender.com"] };
const development: CheckOptions = { isProduction: false };
const secret = "9f2b61c0a4d84e7f8a13";

/** The messages and remedies of one variable's mistakes. */
function told(name: string, value: string, options: CheckOptions = production, schema: EnvironmentSchema = { variables: {} }): string {
  return checkEnvironment(schema, { [name]: value }, { ...options, isOwn: () => true })
    .map(({ code, severity, message, remedy }) => `${severity} ${code}: ${message} ${remedy}`)
    .join("\n");
}

describe("the catalogue of mistakes", () => {
  it.each([
    [
      "quotes",
      "CLOUDINARY_URL",
      `"cloudinary://1:${secret}@demo"`,
      "error pasted: CLOUDINARY_URL has quotes around it. The dashboard takes",
    ],
    ["a space", "SECRET_KEY", ` ${secret}`, "error pasted: SECRET_KEY has a space at its beginning. Remove it."],
    ["a line break", "AWS_SECRET_ACCESS_KEY", `${secret}\n`, "error pasted: AWS_SECRET_ACCESS_KEY has a line break at its end. Remove it."],
    ["a placeholder", "CLOUDINARY_URL", "cloudinary://<key>:<secret>@demo", "error pasted: CLOUDINARY_URL still has a placeholder"],
    ["KEY= pasted in", "CLOUDINARY_URL", `CLOUDINARY_URL=cloudinary://1:${secret}@demo`, "begins with a variable's name and =. Paste only"],
    ["a reference", "DATABASE_URL", "${POSTGRES_URL}", "error unexpanded: DATABASE_URL is a reference to another variable"],
    ["DEBUG on", "DEBUG", "True", "error debug-on: DEBUG is on in production"],
    ["DEBUG as a text", "DJANGO_DEBUG", "False", "warning debug-text: DJANGO_DEBUG is a text that is not empty, so code"],
    ["Django's own key", "SECRET_KEY", "django-insecure-abc", "error default-secret: SECRET_KEY is the key that django-admin wrote"],
    ["everybody's secret", "SESSION_SECRET", "keyboard cat", "error default-secret: SESSION_SECRET is a word that everybody tries first"],
    ["a short secret", "JWT_SECRET", "abcdefgh12", "warning weak-secret: JWT_SECRET is short enough to be guessed"],
    ["development", "NODE_ENV", "development", "error development-mode: NODE_ENV says development in production. Set NODE_ENV=production."],
    [
      "this very machine",
      "DATABASE_URL",
      "postgres://u:p@localhost:5432/shop",
      "error own-machine: DATABASE_URL names this very machine, where Render",
    ],
    [
      "no name of the platform's",
      "ALLOWED_HOSTS",
      "shop.example",
      "does not list shop.onrender.com, the name Render gives the app: every page answers 400. Add it: ALLOWED_HOSTS=shop.example,shop.onrender.com",
    ],
    ["any host", "ALLOWED_HOSTS", "*", "warning hosts-any: ALLOWED_HOSTS lets in requests for any host"],
    ["a URL for a host", "ALLOWED_HOSTS", "https://shop.onrender.com", "lists a URL where host names belong"],
    ["an origin without its scheme", "CSRF_TRUSTED_ORIGINS", "shop.onrender.com", "Write https://shop.onrender.com: origins have a scheme"],
    ["a port of Render's own", "PORT", "19099", "error port-reserved: PORT is a port that Render keeps for itself. Remove PORT"],
  ])("knows %s", (_, name, value, expected) => {
    expect(told(name, value)).toContain(expected);
  });

  it("never quotes a value that may be a secret", () => {
    for (const name of ["CLOUDINARY_URL", "SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"]) {
      for (const value of [
        `"${secret}"`,
        `${name}=${secret}`,
        `postgres://u:${secret}@localhost/x`,
        `<${secret}>`,
        `django-insecure-${secret}`,
      ]) {
        expect(told(name, value)).not.toContain(secret);
      }
    }
  });

  it.each([
    ["ALLOWED_HOSTS", ".onrender.com"],
    ["ALLOWED_HOSTS", "shop.example shop.onrender.com"],
    ["CSRF_TRUSTED_ORIGINS", "https://shop.example,https://*.example"],
    ["DATABASE_URL", "postgres://u:p@dpg-abc-a/shop"],
    ["NODE_ENV", "production"],
    ["PORT", "10000"],
    ["SECRET_KEY", "Wb3-9fQ2kLz7XvT1mRc8yHd5"],
    ["STRIPE_SECRET_KEY", "sk_live_1"],
    ["TLS_KEY", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n"],
    ["NODE_DEBUG", "true"],
  ])("finds nothing wrong with %s=%s", (name, value) => {
    expect(told(name, value)).toBe("");
  });

  it("looks at the form of secrets that it does not know, and only warns of it", () => {
    const env = {
      MAIL_API_KEY: "<your-key>",
      BOT_TOKEN: `"${secret}"`,
      SECRET: `  ${secret}`,
      LS_COLORS: '"x"',
      PASSWORD: secret,
      A_KEY: "",
    };
    const found = checkEnvironment({ variables: {} }, env, production);
    expect(found.map(({ severity, names, code }) => [severity, ...names, code])).toEqual([
      ["warning", "MAIL_API_KEY", "pasted"],
      ["warning", "BOT_TOKEN", "pasted"],
      ["warning", "SECRET", "pasted"],
    ]);
  });

  it("lets development be development", () => {
    for (const [name, value] of [
      ["DEBUG", "True"],
      ["NODE_ENV", "development"],
      ["DATABASE_URL", "postgres://u:p@localhost/x"],
      ["ALLOWED_HOSTS", "*"],
    ] as const) {
      expect(told(name, value, development)).toBe("");
    }
  });

  it("is told of a DEBUG that its schema reads as true or false nothing about texts", () => {
    expect(told("DEBUG", "False", production, { variables: { DEBUG: { type: "boolean" } } })).toBe("");
  });
});

describe("the schema", () => {
  const variables = {
    DATABASE_URL: { type: "url", schemes: ["postgres", "postgresql"], required: true, secret: true, description: "the shop's database" },
    MAX_PHOTOS: { type: "integer", min: 1, max: 20, required: true, default: 5 },
    PLAN: { values: ["free", "paid"] },
    BUILD_TOKEN: { phase: "build", required: true },
    QUEUE: { required: true, services: ["worker"] },
  } as const satisfies EnvironmentSchema["variables"];
  const messages = (env: Record<string, string>, options: CheckOptions): readonly string[] =>
    checkEnvironment({ variables }, env, options).map(({ message }) => message);

  it("asks in production for what is required, and names what it is for", () => {
    expect(messages({}, { ...production, phase: "start", service: "web" })).toEqual([
      "DATABASE_URL is not set: the shop's database.",
      "MAX_PHOTOS is not set.",
    ]);
  });

  it("takes the path of a SQLite file for a URL, where files are understood", () => {
    const schema = { variables: { DATABASE_URL: { type: "url", schemes: ["postgres", "file"] } } } as const;
    const toldOf = (value: string): readonly string[] =>
      checkEnvironment(schema, { DATABASE_URL: value }, production).map(({ message, remedy }) => `${message} ${remedy}`);
    expect([toldOf("file:/data/app.db"), toldOf("file:app.db"), toldOf("file:///data/app.db")]).toEqual([[], [], []]);
    expect(toldOf("app.db")[0]).toContain("Give it a URL that begins with postgres:// or file:.");
    expect(toldOf("file:")).toHaveLength(1);
  });

  it("takes a default in development only", () => {
    expect(messages({ DATABASE_URL: "postgres://u:p@localhost/x" }, { ...development, phase: "start", service: "web" })).toEqual([]);
  });

  it("asks each phase and each service for its own", () => {
    expect(messages({}, { ...production, phase: "build" })).toEqual(["BUILD_TOKEN is not set."]);
    expect(messages({ DATABASE_URL: "postgres://db/x", MAX_PHOTOS: "3" }, { ...production, phase: "start", service: "worker" })).toEqual([
      "QUEUE is not set.",
    ]);
  });

  it("says which misspelt variable was meant", () => {
    expect(messages({ DATABSE_URL: "postgres://db/x", MAX_PHOTOS: "3" }, { ...production, phase: "start", service: "web" })).toEqual([
      "DATABASE_URL is not set, and DATABSE_URL is, which nothing reads.",
    ]);
  });

  it.each([
    ["DATABASE_URL", "mysql://u:p@db/x", "DATABASE_URL begins with mysql://, and postgres:// or postgresql:// is understood."],
    ["DATABASE_URL", "postgres://u:p@ss@db/x", "DATABASE_URL has an @ in its password that is not escaped: write it as %40."],
    ["DATABASE_URL", "db.example", "DATABASE_URL is not a URL: it does not begin with postgres://."],
    ["MAX_PHOTOS", "many", "MAX_PHOTOS is not a whole number."],
    ["MAX_PHOTOS", "0", "MAX_PHOTOS is less than 1."],
    ["MAX_PHOTOS", "21", "MAX_PHOTOS is more than 20."],
    ["PLAN", "gold", "PLAN is none of free, paid."],
  ])("says what is wrong with %s=%s", (name, value, expected) => {
    const right = { DATABASE_URL: "postgres://u:p@db/x", MAX_PHOTOS: "3" };
    expect(messages({ ...right, [name]: value }, { ...production, phase: "start", service: "web" })).toEqual([expected]);
  });
});

describe("the rules between variables", () => {
  const broken = (rule: NonNullable<EnvironmentSchema["rules"]>[number], env: Record<string, string>): readonly string[] =>
    checkEnvironment({ variables: {}, rules: [rule] }, env, { ...production, isOwn: () => false }).map(
      ({ message, remedy }) => `${message} ${remedy}`,
    );

  it("knows that only one of two may be set", () => {
    const rule = { atMostOne: ["CLOUDINARY_URL", "AWS_STORAGE_BUCKET_NAME"], because: "uploads go to one place." };
    expect(broken(rule, { CLOUDINARY_URL: "x", AWS_STORAGE_BUCKET_NAME: "y" })).toEqual([
      "CLOUDINARY_URL and AWS_STORAGE_BUCKET_NAME are both set, and only one of them may be (uploads go to one place). Keep one of them.",
    ]);
    expect(broken(rule, { CLOUDINARY_URL: "x", AWS_STORAGE_BUCKET_NAME: "" })).toEqual([]);
    expect(broken(rule, {})).toEqual([]);
  });

  it("knows that one of several must be set", () => {
    expect(broken({ exactlyOne: ["A", "B", "C"] }, {})).toEqual(["None of A, B and C is set. Set one of them."]);
    expect(broken({ exactlyOne: ["A", "B", "C"] }, { A: "1", B: "1", C: "1" })).toEqual([
      "A, B and C are all set, and only one of them may be. Keep one of them.",
    ]);
    expect(broken({ atLeastOne: ["A", "B"] }, { A: "1", B: "1" })).toEqual([]);
    expect(broken({ atLeastOne: ["A", "B"] }, {})).toEqual(["None of A and B is set. Set one of them."]);
  });

  it("knows what belongs together", () => {
    expect(broken({ allOrNone: ["KEY", "SECRET", "BUCKET"] }, { BUCKET: "b" })).toEqual([
      "BUCKET is set without KEY and SECRET. Set KEY and SECRET as well, or remove BUCKET.",
    ]);
    expect(broken({ allOrNone: ["KEY", "SECRET"] }, {})).toEqual([]);
  });

  it("knows what a value asks for", () => {
    const rule = { when: { MEDIA_STORAGE: "s3" }, require: ["BUCKET"] };
    expect(broken(rule, { MEDIA_STORAGE: "s3" })).toEqual(["BUCKET must be set, for MEDIA_STORAGE is s3. Set BUCKET."]);
    expect(broken(rule, { MEDIA_STORAGE: "disk" })).toEqual([]);
    expect(broken({ when: { SENTRY_DSN: "*" }, require: ["RELEASE"] }, { SENTRY_DSN: "x" })).toEqual([
      "RELEASE must be set, for SENTRY_DSN is set. Set RELEASE.",
    ]);
  });
});
