import type { CloudinaryAccount } from "./choose-cloudinary.js";
import { openCloudinaryDriver } from "./drivers/cloudinary.js";
import type { CloudinaryDriverOptions } from "./drivers/cloudinary-options.js";
import { openStorage, type Storage } from "./storage.js";

/**
 * Keep objects in a Cloudinary account.
 *
 * @throws CONFIG_INVALID when the package `cloudinary` is not installed; STORAGE_DENIED, STORAGE_UNREACHABLE
 */
export async function openCloudinaryStorage(
  account: CloudinaryAccount,
  chosenBy: string,
  options: Omit<CloudinaryDriverOptions, "account"> = {},
): Promise<Storage> {
  const driver = await openCloudinaryDriver({ ...options, account });
  return openStorage(driver, { description: `cloudinary (cloud "${account.cloudName}")`, chosenBy, durability: "object-store" });
}
