export { openStaticFiles, type StaticFiles, type StaticFilesOptions } from "./http/static-files.js";
export { nodeStaticHandler, type NodeStaticHandler } from "./http/static-node.js";
export type { StaticReport } from "./http/static-folder.js";
export { prepareStaticFiles, type PrepareOptions } from "./http/static-preparing.js";
export { publishStaticFiles, type PublishOptions, type PublishReport } from "./http/static-publishing.js";
