import { prepareFolder, type StaticReport } from "#static/folder";
import { fail } from "../errors.js";

/** Make a folder of static files ready to be served for ever. @throws STATIC_UNUSABLE */
export async function prepareStatic(from: string, to: string, signal?: AbortSignal): Promise<StaticReport> {
  return await prepareFolder([from], to, {
    signal,
    unusable: (path, reason, cause) => fail("STATIC_UNUSABLE", { path, reason }, { cause }),
  });
}
