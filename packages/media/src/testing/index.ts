export { memoryDriver } from "../storage/drivers/memory.js";
export { accessClauses, type AccessOptions, type AccessResult, checkAccess } from "./access.js";
export { type Clause, ClauseFailed, type Need, type Workbench } from "./clause.js";
export { checkContract, type ClauseResult, contract, type ContractOptions, scratchPrefix, type Waiver } from "./contract.js";
export { driverWaivers, driverWithout } from "./waivers.js";
