import type { Rule } from "./rule.js";
import { cloudInDeadCode } from "./rules/cloud-in-dead-code.js";
import { committedDatabase } from "./rules/committed-database.js";
import { committedUploads } from "./rules/committed-uploads.js";
import { databaseDepends } from "./rules/database-depends.js";
import { databaseExpires } from "./rules/database-expires.js";
import { databaseOnPassingDisk } from "./rules/database-on-passing-disk.js";
import { databaseUnknown } from "./rules/database-unknown.js";
import { diskElsewhere } from "./rules/disk-elsewhere.js";
import { diskWithoutEffect } from "./rules/disk-without-effect.js";
import { mediaNotServed } from "./rules/media-not-served.js";
import { pathWithoutDisk } from "./rules/path-without-disk.js";
import { secretCommitted } from "./rules/secret-committed.js";
import { settingWithoutEffect } from "./rules/setting-without-effect.js";
import { settingsModuleNotSet } from "./rules/settings-module-not-set.js";
import { sideDatabaseOnDisk } from "./rules/side-database-on-disk.js";
import { silentFallBack } from "./rules/silent-fall-back.js";
import { twoStorages } from "./rules/two-storages.js";
import { uploadsDepend } from "./rules/uploads-depend.js";
import { uploadsOnPassingDisk } from "./rules/uploads-on-passing-disk.js";
import { uploadsRefused } from "./rules/uploads-refused.js";
import { uploadsUnknown } from "./rules/uploads-unknown.js";
import { valueMalformed } from "./rules/value-malformed.js";
import { variableMisspelled } from "./rules/variable-misspelled.js";
import { variableNotDeclared } from "./rules/variable-not-declared.js";
import { variablesHalfSet } from "./rules/variables-half-set.js";

/** Every rule of the doctor, by code. A code is never given to another rule. */
export const rules: readonly Rule[] = [
  uploadsOnPassingDisk,
  uploadsDepend,
  uploadsUnknown,
  settingWithoutEffect,
  silentFallBack,
  pathWithoutDisk,
  diskElsewhere,
  uploadsRefused,
  committedUploads,
  diskWithoutEffect,
  mediaNotServed,
  twoStorages,
  cloudInDeadCode,
  databaseOnPassingDisk,
  databaseDepends,
  databaseUnknown,
  committedDatabase,
  sideDatabaseOnDisk,
  databaseExpires,
  variableNotDeclared,
  settingsModuleNotSet,
  variablesHalfSet,
  variableMisspelled,
  secretCommitted,
  valueMalformed,
];
