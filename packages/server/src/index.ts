export { type Access, createAccess } from "./access.js";
export type { Demonstration, RedeployState, RedeployStatus, SideStatus } from "./redeploy/demonstration.js";
export { type RunningService, serve, type ServeOptions } from "./serve.js";
export { createService, type Service, type ServiceOptions } from "./service.js";
export type { LogLevel } from "./settings.js";
