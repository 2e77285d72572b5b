import { fail } from "../../errors.js";

/** Load one of the optional packages. @throws CONFIG_INVALID */
export async function loadSdk<T>(load: () => Promise<T>, packageName: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    const problem = isMissing
      ? `The chosen storage needs the package ${packageName}: npm install ${packageName}`
      : `The package ${packageName} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`;
    // Without its cause: what Cloudinary's SDK throws over a malformed CLOUDINARY_URL holds the secret.
    throw fail("CONFIG_INVALID", { problems: [problem] });
  }
}
