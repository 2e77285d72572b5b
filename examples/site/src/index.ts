export { addUser, changePassword, type OnSignUp, setPassword } from "./accounts.js";
export { type SiteServices, withAssets } from "./assets.js";
export { Avatar } from "./avatar.js";
export { type Database, openDatabase } from "./database.js";
export { type FieldReader, fieldReader } from "./field-reader.js";
export { Choice, Field, FileField, Form, type Problems, ProblemSummary } from "./form-fields.js";
export type { Html } from "./html.js";
export { type NavigationLink, useAsset, useVisitor, useWords } from "./layout.js";
export { type Log, openLog } from "./log.js";
export { memberOnly, roleOnly, userOf } from "./member-only.js";
export { migrate, type Migration } from "./migrations.js";
export { Gallery, PhotoFields, pictureTypes } from "./photo-fields.js";
export { readPhotos, type SentPhotos } from "./photo-form.js";
export { createPhotos, mostPhotos, type Photo, type Photos } from "./photos.js";
export { paintSvg } from "./paint-svg.js";
export { Picture } from "./picture.js";
export type { OnFailure } from "./problem-pages.js";
export {
  type Form as SentForm,
  type FormDocument,
  type FormFile,
  type FormFiles,
  readForm,
  type Refusal,
  whyNotTaken,
} from "./read-form.js";
export { likePatterns, searchText } from "./search-text.js";
export { DeletePage, FormActions, Pages, useMoney } from "./record-pages.js";
export { type RunningSite, runSite, serve } from "./serve.js";
export { openServices, type Services } from "./services.js";
export type { User } from "./sessions.js";
export { type LogLevel, type Settings, settingsFrom, type SiteVariables } from "./settings.js";
export { stagedBefore, stagedField } from "./staged-before.js";
export { createSite, type SiteOptions } from "./site.js";
export type { Language, Languages, SiteEnv, Visitor } from "./site-env.js";
export type { SiteTables } from "./site-tables.js";
export { type OwnWords, type SiteWords, wordsIn } from "./words.js";
