import type { CloudinaryAccount } from "../choose-cloudinary.js";
import type { ResourceType } from "./cloudinary-public-id.js";

// Apart from the driver, so that the published types need no SDK to be installed.

/**
 * How Cloudinary lets an asset be read: `authenticated` originals and variants need a signed URL, `upload` ones none;
 * `private` originals need one, and variants of any kind anybody can ask for do not.
 */
export type DeliveryType = "authenticated" | "private" | "upload";

/** The most bytes of each kind that the account takes, as far as that is known. */
export type SizeLimits = Readonly<Record<ResourceType, number>>;

/** How an account is used. */
export interface CloudinaryDriverOptions {
  readonly account: CloudinaryAccount;
  /** Every public id begins with this. @defaultValue `holdfast` */
  readonly folder?: string;
  /** @defaultValue `authenticated`: nobody reads an original, or asks for a variant, without a URL signed by us */
  readonly deliveryType?: DeliveryType;
  /** The API's address. @defaultValue https://api.cloudinary.com, or CLOUDINARY_URL's `upload_prefix` */
  readonly uploadPrefix?: string;
  /** The most bytes of each kind. @defaultValue what the account's plan says */
  readonly maxBytes?: Partial<SizeLimits>;
  /** How long a request may take to be answered. @defaultValue two minutes */
  readonly timeoutMs?: number;
  /** How long to wait for a rate limit to end. @defaultValue five seconds */
  readonly maxWaitMs?: number;
}
