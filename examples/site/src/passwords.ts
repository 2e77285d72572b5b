import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";

/** About 100 ms and 32 MB a guess, as OWASP's password storage cheat sheet has it for scrypt: N = 2^15, r = 8, p = 3. */
const cost = { N: 2 ** 15, r: 8, p: 3 } as const;
const keyBytes = 32;

/** Hash a password, with its salt and its cost beside it: `scrypt$32768$8$3$salt$key`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), key.toString("base64url")].join("$");
}

/** Tell whether a password is the one. Without a hash, for a user there is none of, it takes as long and says no. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = "", key = ""] = (hash ?? (await noPassword)).split("$");
  const found = await derive(password, Buffer.from(salt, "base64url"), { N: Number(N), r: Number(r), p: Number(p) });
  return timingSafeEqual(found, Buffer.from(key, "base64url")) && hash !== undefined;
}

const noPassword = hashPassword(randomBytes(16).toString("hex"));

async function derive(password: string, salt: Buffer, options: Required<Pick<ScryptOptions, "N" | "r" | "p">>): Promise<Buffer> {
  // The same letters may be composed in several ways, and keyboards differ.
  const text = password.normalize("NFC");
  return await new Promise((resolve, reject) => {
    scrypt(text, salt, keyBytes, { ...options, maxmem: 64 * 1024 * 1024 }, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}
