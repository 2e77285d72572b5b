/** What differs from one S3-compatible service to another. What can be probed is probed at boot; the rest is this table. */
export interface S3Quirks {
  /** A conditional write (`If-None-Match: *`) never replaces, and has one winner among racers. */
  readonly honoursIfNoneMatch: boolean;
  /** A body that does not match its Content-MD5 is refused. */
  readonly checksMd5: boolean;
  /** A body that is not the one which was signed is refused. Then no MD5 is made of it. */
  readonly checksSignedBody: boolean;
  /** A listing is in the order of UTF-8 bytes. */
  readonly listsInOrder: boolean;
  /** Browsers can post a form with a signed policy. */
  readonly takesPostPolicy: boolean;
  /** What begun uploads in parts there are can be listed. */
  readonly listsMultipart: boolean;
}

/** A service, and the host of its endpoint by which it is recognised; what runs anywhere is told by probing alone. */
export interface S3Provider {
  readonly id: string;
  readonly name: string;
  readonly host: RegExp | undefined;
  /** Whether the bucket's name must stand in the path. */
  readonly isPathStyle: boolean;
  /** Whether an object's ACL may be set; where false it is never sent. */
  readonly hasAcls: boolean;
  readonly quirks: S3Quirks;
  /** Where the row comes from. */
  readonly source: string;
}

const usual: S3Quirks = {
  honoursIfNoneMatch: true,
  checksMd5: true,
  checksSignedBody: true,
  listsInOrder: true,
  takesPostPolicy: true,
  listsMultipart: true,
};

/** The services we know, by their own documentation and by trying (2026). The first whose host matches counts. */
export const s3Providers: readonly S3Provider[] = [
  {
    id: "aws",
    name: "AWS S3",
    host: /(^|\.)amazonaws\.com(\.cn)?$/,
    isPathStyle: false,
    hasAcls: false,
    quirks: usual,
    source: "S3 user guide: conditional writes; ACLs are off on buckets made since April 2023",
  },
  {
    id: "r2",
    name: "Cloudflare R2",
    host: /\.r2\.cloudflarestorage\.com$/,
    isPathStyle: true,
    hasAcls: false,
    quirks: { ...usual, takesPostPolicy: false },
    source: "R2: S3 API compatibility; no POST policies, parts all of one size",
  },
  {
    id: "b2",
    name: "Backblaze B2",
    host: /\.backblazeb2\.com$/,
    isPathStyle: true,
    hasAcls: false,
    quirks: { ...usual, takesPostPolicy: false },
    source: "B2 S3-compatible API; conditional writes are contested, so probed; no POST policies",
  },
  {
    id: "spaces",
    name: "DigitalOcean Spaces",
    host: /\.digitaloceanspaces\.com$/,
    isPathStyle: false,
    hasAcls: true,
    quirks: usual,
    source: "Spaces API reference (Ceph behind it)",
  },
  {
    id: "supabase",
    name: "Supabase Storage",
    host: /\.supabase\.(co|com|in)$/,
    isPathStyle: true,
    hasAcls: false,
    quirks: { ...usual, honoursIfNoneMatch: false, takesPostPolicy: false },
    source: "Supabase: S3 compatibility",
  },
  {
    id: "tigris",
    name: "Tigris",
    host: /(^|\.)(tigris\.dev|tigrisfiles\.io|storage\.dev)$/,
    isPathStyle: false,
    hasAcls: true,
    quirks: usual,
    source: "Tigris: S3 API compatibility, conditional operations",
  },
  {
    id: "wasabi",
    name: "Wasabi",
    host: /\.wasabisys\.com$/,
    isPathStyle: true,
    hasAcls: true,
    quirks: usual,
    source: "Wasabi API; conditional writes probed",
  },
  { id: "minio", name: "MinIO", host: undefined, isPathStyle: true, hasAcls: false, quirks: usual, source: "MinIO object API" },
  {
    id: "ceph",
    name: "Ceph radosgw",
    host: undefined,
    isPathStyle: true,
    hasAcls: true,
    quirks: usual,
    source: "tried on 16.2: the condition is ignored on completing parts, whose ETag comes back empty",
  },
  {
    id: "versitygw",
    name: "Versity gateway",
    host: undefined,
    isPathStyle: true,
    hasAcls: false,
    quirks: usual,
    source: "tried on 1.8.0, over a folder",
  },
  {
    id: "swift",
    name: "OpenStack Swift (s3api)",
    host: undefined,
    isPathStyle: true,
    hasAcls: false,
    quirks: { ...usual, honoursIfNoneMatch: false, takesPostPolicy: false },
    source: "tried on 2.30: 501 on If-None-Match, no POST policies, no CORS",
  },
];

/** A service at an address nobody here knows: whatever can be probed is. */
const unknownProvider: S3Provider = {
  id: "other",
  name: "S3-compatible",
  host: undefined,
  isPathStyle: true,
  hasAcls: false,
  quirks: usual,
  source: "not known; probed",
};

/** Recognise the service behind an endpoint; without one it is AWS. */
export function providerOf(endpoint: string | undefined): S3Provider {
  const host = endpoint === undefined ? "amazonaws.com" : URL.canParse(endpoint) ? new URL(endpoint).hostname : "";
  return s3Providers.find((provider) => provider.host?.test(host)) ?? unknownProvider;
}
