/** A call that hands bytes, or the right to send them, to a service that keeps them. */
interface Keeper {
  /** Of an external's name, such as `cloudinary:v2.uploader.upload()`. */
  readonly call: RegExp;
  readonly service: string;
  readonly kind: "cloud" | "database";
}

const cloud = (service: string, call: RegExp): Keeper => ({ service, call, kind: "cloud" });

/** Known calls by package. Names are as `External.name` writes them. */
const keepers: readonly Keeper[] = [
  cloud(
    "cloudinary",
    /^cloudinary:(.*\.)?(uploader\.)?(upload|upload_stream|upload_large|upload_large_stream|upload_chunked|upload_chunked_stream|unsigned_upload|unsigned_upload_stream|unsigned_image_upload)\(\)$/,
  ),
  cloud("cloudinary", /^cloudinary:(.*\.)?(api_sign_request|signed_preload_image|upload_url|private_download_url)\(\)$/),
  cloud("cloudinary", /^(next-cloudinary|cloudinary-core):.*(CldUploadWidget|CldUploadButton|createUploadWidget|openUploadWidget)/),
  cloud("s3", /^@aws-sdk\/client-s3:(PutObjectCommand|UploadPartCommand|CreateMultipartUploadCommand)\(\)$/),
  cloud("s3", /^@aws-sdk\/client-s3:(S3|S3Client)\(\)\.(putObject|createMultipartUpload)\(\)$/),
  cloud("s3", /^@aws-sdk\/lib-storage:Upload\(\)$/),
  cloud("s3", /^@aws-sdk\/s3-presigned-post:createPresignedPost\(\)$/),
  cloud("s3", /^aws-sdk(\/clients\/s3)?:(S3)?\(\)\.(upload|putObject|createPresignedPost|createMultipartUpload)\(\)$/),
  cloud("gcs", /^@google-cloud\/storage:.*\.(upload|save|createWriteStream|createResumableUpload|generateSignedPostPolicyV4)\(\)$/),
  cloud("firebase", /^firebase-admin(\/storage)?:.*\.(upload|save|createWriteStream)\(\)$/),
  cloud("firebase", /^firebase(\/app|\/storage)?:(.*\.)?(uploadBytes|uploadBytesResumable|uploadString|put|putString)\(\)$/),
  cloud("supabase", /^@supabase\/[a-z-]+:.*storage\.from\(\)\.(upload|update|createSignedUploadUrl|uploadToSignedUrl)\(\)$/),
  cloud("azure", /^@azure\/storage-blob:.*\.(upload|uploadData|uploadStream|uploadFile|uploadBrowserData|stageBlock)\(\)$/),
  cloud("azure", /^@azure\/storage-blob:(generateBlobSASQueryParameters|.*generateSasUrl)\(\)$/),
  cloud("azure", /^azure-storage:.*createBlockBlobFrom[A-Za-z]+\(\)$/),
  cloud(
    "imagekit",
    /^(imagekit|@imagekit\/[a-z]+|imagekit-javascript|imagekitio-react|imagekitio-next):(.*\.)?(upload|getAuthenticationParameters|getUploadAuthParams)\(\)$/,
  ),
  cloud("vercel-blob", /^@vercel\/blob(\/client)?:(put|upload|handleUpload|createMultipartUpload|multipartUpload|uploadPart)\(\)$/),
  cloud(
    "uploadthing",
    /^uploadthing(\/[a-z-]+)?:(createUploadthing|createRouteHandler|createNextRouteHandler|createUploader|UTApi\(\)\.uploadFiles|UTApi\(\)\.uploadFilesFromUrl)\(\)$/,
  ),
  cloud("uploadthing", /^@uploadthing\/react:/),
  cloud("s3", /^minio:.*\.(putObject|fPutObject|presignedPutObject|presignedPostPolicy)\(\)$/),
  cloud("google-drive", /^(googleapis|@googleapis\/drive):.*files\.(create|update)\(\)$/),
  cloud("dropbox", /^dropbox:.*(filesUpload|filesUploadSessionStart|filesGetTemporaryUploadLink)\(\)$/),
  cloud("backblaze", /^backblaze-b2:.*\.(uploadFile|uploadAny|getUploadUrl|uploadPart)\(\)$/),
  cloud(
    "ipfs",
    /^(@pinata\/sdk|pinata|pinata-web3|ipfs-http-client|nft\.storage|web3\.storage):.*\.(pinFileToIPFS|pinJSONToIPFS|add|put|store|storeBlob|upload|file|createSignedURL)\(\)$/,
  ),
  cloud("uploadcare", /^@uploadcare\/[a-z-]+:(uploadFile|uploadDirect|uploadFromUrl|base|FileUploaderRegular.*)\(\)$/),
  cloud("alibaba-oss", /^ali-oss:.*\.(put|putStream|multipartUpload|signatureUrl)\(\)$/),
  cloud("tencent-cos", /^cos-nodejs-sdk-v5:.*\.(putObject|uploadFile|sliceUploadFile)\(\)$/),
  cloud("tencent-cos", /^qcloud-cos-sts:getCredential\(\)$/),
  cloud("alibaba-oss", /^ali-oss:STS\(\)\.assumeRole\(\)$/),
  cloud("s3", /^@aws-sdk\/client-sts:AssumeRoleCommand\(\)$/),
  cloud("qiniu", /^qiniu:.*\.(putStream|putFile|put|uploadToken)\(\)$/),
  cloud("appwrite", /^(node-)?appwrite:.*Storage\(\)\.createFile\(\)$/),
  cloud("imgbb", /^imgbb-uploader:?.*\(\)$/),
  cloud("imgur", /^imgur:.*upload\(\)$/),
  cloud("bytescale", /^@bytescale\/[a-z-]+:.*upload\(\)$/),
  cloud("sanity", /^@sanity\/client:.*assets\.upload\(\)$/),
  cloud("filestack", /^filestack-(js|react)?:.*(upload|picker)\(\)$/),
  cloud("mux", /^@mux\/mux-node:.*uploads\.create\(\)$/i),
  cloud("sftp", /^(ssh2-sftp-client|basic-ftp|ftp|ssh2):.*\.(put|fastPut|uploadFrom)\(\)$/),
  cloud("mega", /^megajs:.*upload\(\)$/),
  // Wrappers of others, by their packages' names: `nestjs-cloudinary`, `nestjs-minio-client`.
  cloud("cloudinary", /^[^:]*cloudinary[^:]*:.*\.upload\w*\(\)$/i),
  cloud("s3", /^[^:]*(minio|\bs3\b)[^:]*:.*\.(upload\w*|putObject|fPutObject)\(\)$/i),
  cloud("supabase", /^[^:]*supabase[^:]*:.*\.upload\w*\(\)$/i),
  cloud("gcs", /^[^:]*(gcs|google-cloud-storage)[^:]*:.*\.upload\w*\(\)$/i),
  cloud("azure", /^[^:]*azure-storage[^:]*:.*\.upload\w*\(\)$/i),
  { service: "gridfs", kind: "database", call: /^(mongodb|mongoose):.*GridFSBucket\(\)\.openUploadStream(WithId)?\(\)$/ },
  { service: "gridfs", kind: "database", call: /^gridfs-stream:?.*\.createWriteStream\(\)$/ },
];

/** What is written at the end of a callee where its package could not be told: injected clients, wrappers. */
const spokenNames: readonly Keeper[] = [
  cloud("cloudinary", /(^|\.)(uploader\.(upload|upload_stream|upload_large|unsigned_upload)|utils\.api_sign_request)$/),
  cloud("supabase", /\.storage\.from\(\)\.(upload|createSignedUploadUrl)$/),
  cloud("s3", /(^|\.)s3(client)?\.(upload|putObject)$/i),
  { service: "gridfs", kind: "database", call: /\.openUploadStream(WithId)?$/ },
];

/** Hosts that keep what is posted to them. */
const hosts: readonly (readonly [RegExp, string])[] = [
  [/api\.cloudinary\.com/, "cloudinary"],
  [/api\.imgbb\.com/, "imgbb"],
  [/api\.imgur\.com/, "imgur"],
  [/upload\.imagekit\.io/, "imagekit"],
  [/api\.pinata\.cloud|uploads\.pinata\.cloud/, "ipfs"],
  [/upload\.uploadcare\.com/, "uploadcare"],
  [/storage\.bunnycdn\.com/, "bunny"],
  [/\.supabase\.co\/storage|\/storage\/v1\/object\//, "supabase"],
  [/content\.dropboxapi\.com/, "dropbox"],
  [/www\.googleapis\.com\/upload\/drive/, "google-drive"],
  [/firebasestorage\.googleapis\.com/, "firebase"],
  [/api\.cloudflare\.com\/client\/v4\/accounts\/.*\/images/, "cloudflare-images"],
  [/\.blob\.core\.windows\.net/, "azure"],
  [/\.amazonaws\.com|r2\.cloudflarestorage\.com|digitaloceanspaces\.com/, "s3"],
  [/api\.telegram\.org\/.*\/send(Document|Photo|Video)/, "telegram"],
  [/catbox\.moe/, "catbox"],
];

/** Multer storage engines by package, and where they put things. */
export const engines: readonly (readonly [RegExp, { readonly kind: "cloud" | "database"; readonly service: string }])[] = [
  [
    /^(multer-storage-cloudinary|@fluidjs\/multer-cloudinary|multer-cloudinary|multer-storage-cloudinary-v2)(:|\()/,
    { kind: "cloud", service: "cloudinary" },
  ],
  [/^(multer-s3|multer-s3-transform|multer-sharp-s3|multer-s3-v2|multer-s3-v3|multer-s3-storage)(:|\()/, { kind: "cloud", service: "s3" }],
  [/^(multer-gridfs-storage|@lenne\.tech\/multer-gridfs-storage|multer-gridfs-storage-v2)(:|\()/, { kind: "database", service: "gridfs" }],
  [
    /^(multer-google-storage|multer-cloud-storage|multer-gcs|multer-google-cloud-storage|multer-sharp)(:|\()/,
    { kind: "cloud", service: "gcs" },
  ],
  [/^(multer-azure-blob-storage|multer-azure-storage|multer-azure|multer-blob-storage)(:|\()/, { kind: "cloud", service: "azure" }],
  [/^(multer-firebase-storage|multer-storage-firebase|multer-firebase)(:|\()/, { kind: "cloud", service: "firebase" }],
  [/^(multer-storage-imagekit|multer-imagekit)(:|\()/, { kind: "cloud", service: "imagekit" }],
  [/^(multer-supabase|multer-storage-supabase)(:|\()/, { kind: "cloud", service: "supabase" }],
  [/^(multer-aliyun-oss|multer-ali-oss|multer-aliyun-oss-ts)(:|\()/, { kind: "cloud", service: "alibaba-oss" }],
  [/^(multer-dropbox|multer-ftp|multer-sftp|multer-minio-storage|multer-b2)(:|\()/, { kind: "cloud", service: "remote storage" }],
];

/** The keeper that a call of a package is, if it is one. */
export const keeperOf = (name: string): { readonly service: string; readonly kind: "cloud" | "database" } | undefined => {
  // A package that is called itself, `imagekit()`, counts as a member without a name.
  const full = /^(@[^/:(]+\/)?[^:(]+\(/.test(name) ? name.replace("(", ":(") : name;
  return keepers.find((keeper) => keeper.call.test(full));
};

/** The keeper that a callee names, where nobody could tell whose it is. */
export const spokenKeeper = (callee: string): { readonly service: string; readonly kind: "cloud" | "database" } | undefined =>
  spokenNames.find((keeper) => keeper.call.test(callee));

/** The service behind an address, if it keeps what is posted to it. */
export const hostKeeper = (address: string): string | undefined => hosts.find(([host]) => host.test(address))?.[1];

/** Calls that read an upload for what is in it. */
export const isParser = (name: string): boolean =>
  /^(xlsx|exceljs|read-excel-file|csv-parser|csv-parse|csv-parse\/sync|fast-csv|@fast-csv\/parse|papaparse|csvtojson|pdf-parse|pdf-parse\/.*|pdf2json|pdfjs-dist.*|mammoth|node-xlsx|convert-excel-to-json|tesseract\.js|convert-csv-to-json|xml2js|officeparser|textract|qrcode-reader|jsqr|exifr|exif-parser|music-metadata|@google\/generative-ai|@google\/genai|openai|groq-sdk|@anthropic-ai\/sdk|nodemailer|resend|@sendgrid\/mail|face-api\.js|@aws-sdk\/client-(textract|rekognition)|@google-cloud\/vision)(:|\(|$)/.test(
    name,
  );

/** What parses uploads, and hands files to callbacks. */
export const isFormParser = (name: string): boolean =>
  /^(busboy|@fastify\/busboy|connect-busboy|multiparty|formidable|formidable-serverless|parse-multipart|lambda-multipart-parser|multer)(:|\(|\.|$)/.test(
    name,
  );
