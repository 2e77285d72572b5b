export { openStaticFiles, type StaticFiles, type StaticFilesOptions } from "./http/static-files.js";
export { publishStaticFiles, type PublishOptions, type PublishReport } from "./http/static-publishing.js";
