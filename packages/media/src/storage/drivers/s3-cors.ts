import { createHash } from "node:crypto";
import type { CORSRule } from "@aws-sdk/client-s3";
import type { Cors, CorsRule } from "../driver.js";
import { type S3Connection, statusOf, wrapS3Error } from "./s3-client.js";

/** Read and write the bucket's CORS rules. Needs the permissions s3:GetBucketCORS and s3:PutBucketCORS. */
export function s3Cors({ sdk, client, bucket, name }: S3Connection): Cors {
  return {
    async read() {
      try {
        const { CORSRules = [] } = await client.send(new sdk.GetBucketCorsCommand({ Bucket: bucket }));
        return CORSRules.map(fromS3);
      } catch (error) {
        if (error instanceof Error && error.name === "NoSuchCORSConfiguration") return [];
        // Swift answers 501, others 405: there is no such thing there.
        if (statusOf(error) === 501 || statusOf(error) === 405) return undefined;
        throw wrapS3Error(error, name, "read its CORS rules");
      }
    },
    async write(rules) {
      try {
        if (rules.length === 0) {
          await client.send(new sdk.DeleteBucketCorsCommand({ Bucket: bucket }));
          return;
        }
        const command = new sdk.PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: rules.map(toS3) } });
        // The call must carry a checksum, and Content-MD5 is the one that every service knows.
        command.middlewareStack.add(
          (next) => async (args) => {
            const { request } = args;
            if (isRequest(request)) request.headers["content-md5"] = createHash("md5").update(request.body).digest("base64");
            return await next(args);
          },
          { step: "build", name: "contentMd5" },
        );
        await client.send(command);
      } catch (error) {
        throw wrapS3Error(error, name, "set its CORS rules");
      }
    },
  };
}

function fromS3(rule: CORSRule): CorsRule {
  return {
    ...(rule.ID === undefined || rule.ID === "" ? {} : { id: rule.ID }),
    origins: rule.AllowedOrigins ?? [],
    methods: rule.AllowedMethods ?? [],
    headers: rule.AllowedHeaders ?? [],
    exposedHeaders: rule.ExposeHeaders ?? [],
    ...(rule.MaxAgeSeconds === undefined ? {} : { maxAgeSeconds: rule.MaxAgeSeconds }),
  };
}

function toS3(rule: CorsRule): CORSRule {
  return {
    ...(rule.id === undefined ? {} : { ID: rule.id }),
    AllowedOrigins: [...rule.origins],
    AllowedMethods: [...rule.methods],
    ...(rule.headers.length === 0 ? {} : { AllowedHeaders: [...rule.headers] }),
    ...(rule.exposedHeaders.length === 0 ? {} : { ExposeHeaders: [...rule.exposedHeaders] }),
    ...(rule.maxAgeSeconds === undefined ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
  };
}

/** The SDK types a request as unknown, because every protocol has its own. */
function isRequest(request: unknown): request is { headers: Record<string, string>; readonly body: string | Uint8Array } {
  return (
    typeof request === "object" &&
    request !== null &&
    "headers" in request &&
    "body" in request &&
    (typeof request.body === "string" || request.body instanceof Uint8Array)
  );
}
