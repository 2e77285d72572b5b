export { type MediaImageDetail, watchMediaImages } from "./media-image.js";
export {
  uploadFile,
  type UploadedFile,
  UploadError,
  type UploadFileOptions,
  type UploadProblem,
  type UploadProgress,
} from "./upload-file.js";
