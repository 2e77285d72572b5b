/**
 * Malformed values of CLOUDINARY_URL, and how the official SDKs of four languages read each. All of it was tried, not
 * remembered: docs/configuration.md has the table and the versions. The patterns are as narrow as what was tried.
 */
const readings: readonly (readonly [pattern: RegExp, reading: string])[] = [
  [
    /^["'`]cloudinary:\/\/\d+:[\w-]+@[\w-]+["'`]$/,
    "the SDKs of Python, Node, Ruby and PHP refuse it as well; what reads a .env file usually takes the quotes away",
  ],
  [
    /^cloudinary:\/\/\d+:[\w-]+@[\w-]+ +$/,
    "Python and PHP keep the space in the cloud's name, so that every URL is wrong; Node drops it; Ruby refuses it",
  ],
  [
    /^cloudinary:\/\/\d+:[\w-]+@[\w-]+[\t\r\n]+$/,
    "Python and Node drop it; PHP puts _ in its place, so that the cloud's name is wrong; Ruby refuses it",
  ],
  [/^[ \t\r\n]+cloudinary:\/\/\d+:[\w-]+@[\w-]+$/, "Python drops it; Node, Ruby and PHP refuse it"],
  [/^CLOUDINARY_URL=cloudinary:\/\/\d+:[\w-]+@[\w-]+$/, "PHP takes the name away; Python, Node and Ruby refuse it"],
  [/^cloudinary:\/\/[\w <>-]+:[\w <>-]+@[\w-]*<[\w -]+>[\w-]*$/, "Python and PHP take it for the real value; Node and Ruby refuse it"],
  [
    /^cloudinary:\/\/(?=[^@]*<)[\w <>-]+:[\w <>-]+@[\w-]+$/,
    "Python, Node and PHP take it for the real value, and sign with what is wrong; Ruby refuses it",
  ],
  // A digit before the character can be read as a port, and then more of them take the key for the cloud's name.
  [
    /^cloudinary:\/\/\d+:(?!\d)[\w-]+([/?#])[\w-]*(?:\1[\w-]*)*@[\w-]+$/,
    "Python takes the API key for the cloud's name; Node, Ruby and PHP refuse it",
  ],
  [/^cloudinary:\/\/\d+:[\w-]*(?:@[\w-]*)+@[\w-]+$/, "Python reads it as meant; Node and PHP put %40 in its place; Ruby refuses it"],
];

/**
 * How the official SDKs read a malformed CLOUDINARY_URL, so that "it works in my other app" is answered. Undefined for a
 * value unlike those that were tried. Says nothing of the value itself.
 */
export function howSdksRead(url: string): string | undefined {
  return readings.find(([pattern]) => pattern.test(url))?.[1];
}
