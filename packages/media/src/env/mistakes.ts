import { whyPastedWrongly } from "./pasted.js";

/** What is known of the place where the environment counts. */
export interface EnvironmentPlace {
  readonly isProduction: boolean;
  /** The host names that the platform gives the app, such as `shop.onrender.com`. */
  readonly hosts?: readonly string[];
  /** For people: `Render`. */
  readonly platform?: string | undefined;
}

/** A mistake that is made with variables whatever the app is. `reason` continues "NAME …" and quotes no value. */
export interface Mistake {
  readonly code: MistakeCode;
  readonly severity: "error" | "warning";
  readonly reason: string;
  readonly remedy: string;
}

export type MistakeCode =
  | "pasted"
  | "unexpanded"
  | "debug-on"
  | "debug-text"
  | "default-secret"
  | "weak-secret"
  | "development-mode"
  | "own-machine"
  | "hosts-any"
  | "hosts-without-platform"
  | "origin-without-scheme"
  | "port-reserved";

type Look = (name: string, value: string, place: EnvironmentPlace) => Mistake | undefined;

/** Render uses these itself (its documentation of web services). */
const reservedPorts: ReadonlySet<string> = new Set(["18012", "18013", "19099"]);

const pasted: Look = (name, value) => {
  const reason = whyPastedWrongly(name, value);
  // Multi-line keys and certificates end in a line break by their format.
  if (reason === undefined || /^-----BEGIN [A-Z ]+-----/.test(value)) return undefined;
  const [what = reason, cure] = reason.split(/: /, 2);
  return { code: "pasted", severity: "error", reason: what, remedy: cure === undefined ? "Type it anew." : sentence(cure) };
};

const unexpanded: Look = (name, value) =>
  /^\$\{?[A-Z_][A-Z0-9_]*\}?$|\$\{\{[^}]*\}\}|^\{\{[^}]*\}\}$/.test(value)
    ? {
        code: "unexpanded",
        severity: "error",
        reason: "is a reference to another variable that nobody replaced",
        remedy: `Dashboards and .env files take values as they are. Give ${name} the value itself, or let the platform fill it in.`,
      }
    : undefined;

const debug: Look = (name, value, { isProduction }) => {
  if (!/^(?:(?!NODE_)[A-Z]+_)?DEBUG$/.test(name)) return undefined;
  if (/^(?:true|1|yes|on)$/i.test(value)) {
    if (!isProduction) return undefined;
    return {
      code: "debug-on",
      severity: "error",
      reason: "is on in production: error pages show settings and code to strangers",
      remedy: `Remove it, or set what the code reads as false.`,
    };
  }
  return /^(?:false|no|off)$/i.test(value)
    ? {
        code: "debug-text",
        severity: "warning",
        reason: "is a text that is not empty, so code that only asks whether it is set takes it for true",
        remedy: `Remove ${name} in production, or compare it in the code: os.environ.get("${name}") == "True", env.bool("${name}").`,
      }
    : undefined;
};

const secretName = /^(?:[A-Z0-9]+_)*(?:SECRET_KEY(?:_BASE)?|SESSION_SECRET|JWT_SECRET|AUTH_SECRET|NEXTAUTH_SECRET|APP_KEY|COOKIE_SECRET)$/;

const secret: Look = (name, value, { isProduction }) => {
  if (!secretName.test(name) || /^(?:AWS|S3|STRIPE|CLOUDINARY)_/.test(name)) return undefined;
  const remedy = `Make one of its own for each environment, with: openssl rand -hex 32`;
  if (value.startsWith("django-insecure-")) {
    const reason = "is the key that django-admin wrote into the settings, which is in the repository for everybody to read";
    return { code: "default-secret", severity: isProduction ? "error" : "warning", reason, remedy };
  }
  if (
    /^(?:secret|password|default|dev|development|test|keyboard cat|supersecret|s3cr3t|insecure|mysecret(?:key)?|secret[-_]?key|abc123|123456\d*)$/i.test(
      value,
    )
  ) {
    const reason = "is a word that everybody tries first";
    return { code: "default-secret", severity: isProduction ? "error" : "warning", reason, remedy };
  }
  if (!isProduction) return undefined;
  return value.length < 20 || new Set(value).size < 8
    ? { code: "weak-secret", severity: "warning", reason: "is short enough to be guessed", remedy }
    : undefined;
};

const developmentMode: Look = (name, value, { isProduction }) =>
  isProduction &&
  /^(?:NODE_ENV|RAILS_ENV|RACK_ENV|FLASK_ENV|APP_ENV|DJANGO_ENV)$/.test(name) &&
  /^(?:dev|development|local|test)$/i.test(value)
    ? {
        code: "development-mode",
        severity: "error",
        reason: `says ${value.toLowerCase()} in production`,
        remedy: `Set ${name}=production.`,
      }
    : undefined;

const ownMachine: Look = (name, value, { isProduction, platform }) =>
  isProduction &&
  /(?:_URL|_URI|_HOST|_ENDPOINT|_DSN)$/.test(name) &&
  /(?:^|@|\/\/)(?:localhost|127\.0\.0\.1|\[::1\]|host\.docker\.internal)(?=[:/?]|$)/.test(value)
    ? {
        code: "own-machine",
        severity: "error",
        reason: `names this very machine, where ${platform ?? "the platform"} runs nothing but the app`,
        remedy: "Give it the address of the service itself, as its dashboard shows it.",
      }
    : undefined;

const hosts: Look = (name, value, { isProduction, hosts: own = [], platform = "the platform" }) => {
  if (!/^(?:DJANGO_)?ALLOWED_HOSTS$/.test(name) || !isProduction) return undefined;
  const allowed = value.split(/[\s,]+/).filter((host) => host !== "");
  if (allowed.includes("*")) {
    const remedy = `List the names that people use${own.length === 0 ? "" : `: ${own.join(",")}`}.`;
    return { code: "hosts-any", severity: "warning", reason: "lets in requests for any host, forged ones too", remedy };
  }
  const withScheme = allowed.find((host) => host.includes("://"));
  if (withScheme !== undefined) {
    const remedy = "Host names stand alone there, without https:// and without a path.";
    return { code: "hosts-without-platform", severity: "error", reason: "lists a URL where host names belong", remedy };
  }
  const missing = own.filter((host) => !allowed.some((entry) => entry === host || (entry.startsWith(".") && `.${host}`.endsWith(entry))));
  return missing.length === 0
    ? undefined
    : {
        code: "hosts-without-platform",
        severity: "error",
        reason: `does not list ${missing.join(" and ")}, the name ${platform} gives the app: every page answers 400`,
        remedy: `Add it: ${name}=${[...allowed, ...missing].join(",")}`,
      };
};

const origins: Look = (name, value) => {
  if (!/^(?:DJANGO_)?(?:CSRF_TRUSTED_ORIGINS|CORS_ALLOWED_ORIGINS|CORS_ORIGIN|ALLOWED_ORIGINS)$/.test(name) || value === "*")
    return undefined;
  const bare = value.split(/[\s,]+/).find((origin) => origin !== "" && !/^[a-z][a-z0-9+.-]*:\/\//i.test(origin));
  return bare === undefined
    ? undefined
    : {
        code: "origin-without-scheme",
        severity: "error",
        reason: `lists ${bare} without its scheme`,
        remedy: `Write https://${bare}: origins have a scheme, and no path.`,
      };
};

const port: Look = (name, value, { platform }) =>
  name === "PORT" && platform === "Render" && reservedPorts.has(value)
    ? { code: "port-reserved", severity: "error", reason: "is a port that Render keeps for itself", remedy: "Remove PORT: Render sets it." }
    : undefined;

const looks: readonly Look[] = [pasted, unexpanded, debug, secret, developmentMode, ownMachine, hosts, origins, port];

/** Find the mistakes that can be told from a variable's name and value alone. An empty value is no mistake here. */
export function mistakesIn(name: string, value: string, place: EnvironmentPlace): readonly Mistake[] {
  if (value === "") return [];
  // Of a value that was pasted wrongly nothing else can be believed.
  const first = pasted(name, value, place);
  return first === undefined ? looks.flatMap((look) => look(name, value, place) ?? []) : [first];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
