// Apart from the driver, so that the published types need no SDK to be installed.

/** Where a bucket is, and who asks. */
export interface S3Location {
  readonly bucket: string;
  /** @defaultValue `us-east-1`, or what the SDK finds in the environment */
  readonly region?: string;
  /** The service's address, for everything but AWS itself. */
  readonly endpoint?: string;
  /** @defaultValue the SDK's own chain: environment, profile, instance role */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
  /** Whether the bucket's name goes into the path. @defaultValue true with an endpoint, false without */
  readonly forcePathStyle?: boolean;
  /** How long the service may be silent, neither taking nor giving a byte, before a try has failed. @defaultValue 30,000 */
  readonly silenceMs?: number;
}

/** How a bucket is used. */
export interface S3DriverOptions extends S3Location {
  /** Every key goes below this, with a slash at its end: `my-app/`. @defaultValue none */
  readonly prefix?: string;
  /** Where objects can be read without signing: a custom domain or CDN in front of the bucket. */
  readonly publicBaseUrl?: string;
}
