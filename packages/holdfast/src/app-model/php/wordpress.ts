import { set } from "../conditions.js";
import type { DatabaseUse, Evidence, Outcome, Reading } from "../model.js";
import { closed, outcome } from "../outcomes.js";
import type { PhpProject } from "./project.js";

/** Plugins that keep uploads elsewhere, by their folder or package, with the variable without which they do nothing. */
const offloading: readonly { readonly sign: RegExp; readonly service: string }[] = [
  { sign: /amazon-s3-and-cloudfront|wp-offload-media/, service: "s3" },
  { sign: /humanmade\/s3-uploads|plugins\/s3-uploads\//, service: "s3" },
  { sign: /wp-stateless/, service: "gcs" },
  { sign: /cloudinary-image-management|plugins\/cloudinary\//, service: "cloudinary" },
  { sign: /advanced-media-offloader|media-cloud|ilab-media-tools|leopard-wordpress-offload/, service: "s3" },
  { sign: /windows-azure-storage/, service: "azure" },
  { sign: /wp-cloudflare-r2|r2-offload/, service: "s3" },
];

/** Whether a Dockerfile starts from WordPress' own image. */
export function isWordpressImage(dockerfile: string | undefined): boolean {
  return /^\s*FROM\s+(\S+\/)?wordpress(:|\s|$)/im.test(dockerfile ?? "");
}

/** Read a WordPress site; undefined where there is none. */
export function readWordpress(project: PhpProject): Reading | undefined {
  const content = ["wp-content", "web/app", "public/wp-content", "wordpress/wp-content", "html/wp-content", "content"].find((folder) =>
    project.tree.paths.some(
      (one) =>
        /^(themes|plugins|mu-plugins)\//.test(one.slice(project.path(folder).length + 1)) && one.startsWith(`${project.path(folder)}/`),
    ),
  );
  const config = [
    "wp-config.php",
    "public/wp-config.php",
    "wordpress/wp-config.php",
    "web/wp-config.php",
    "config/application.php",
    "wp-config-docker.php",
    "wp-config-sample.php",
  ]
    .map(project.path)
    .find((file) => project.tree.has(file));
  const packages = ["roots/wordpress", "johnpbloch/wordpress", "roots/bedrock-autoloader", "johnpbloch/wordpress-core"];
  const isPackaged = packages.some((one) => project.packages.has(one));
  const image = ["Dockerfile", "docker/Dockerfile"].map(project.path).find((file) => isWordpressImage(project.text(file)));
  const isSite =
    isPackaged || image !== undefined || (config !== undefined && /DB_NAME|WP_HOME|wp-settings/.test(project.text(config) ?? ""));
  if (!isSite) return undefined;
  const folder = content ?? (isPackaged ? "web/app" : "wp-content");
  const file = config ?? image ?? project.path("composer.json");
  const at = { file, line: 1 };
  return {
    framework: "wordpress",
    sinks: [{ label: "the media library", at, outcomes: uploads(project, folder, file, image !== undefined && content === undefined) }],
    databases: [database(project, folder, file)],
    observations: [],
    notUnderstood: [],
  };
}

function uploads(project: PhpProject, folder: string, file: string, isInImage: boolean): readonly Outcome[] {
  const root = isInImage ? "/var/www/html/wp-content" : folder;
  const why = "WordPress keeps the media library on the instance's own disk";
  const onDisk = outcome({ kind: "disk", path: `${root}/uploads` }, [{ file, line: 1, why }]);
  for (const { sign, service } of offloading) {
    const manifest = project.path("composer.json");
    const place = sign.test(project.text(manifest) ?? "") ? manifest : project.tree.paths.find((one) => sign.test(one));
    if (place === undefined) continue;
    const keys = keysIn(project, file);
    const because: Evidence[] = [{ file: place, line: 1, why: `a plugin sends the media library to ${service}` }];
    const to = outcome({ kind: "cloud", service }, because);
    // A plugin without its keys does nothing: the files stay where they were.
    return keys === undefined ? [to] : closed([{ ...to, when: set(keys) }], onDisk);
  }
  return [onDisk];
}

function keysIn(project: PhpProject, file: string): string | undefined {
  return /(?:getenv|env)\(\s*['"]((?:S3|AWS|AS3CF|CLOUDINARY|GCS|R2)\w*(?:KEY|URL|BUCKET)\w*)['"]/.exec(project.text(file) ?? "")?.[1];
}

function database(project: PhpProject, folder: string, file: string): DatabaseUse {
  const drop = ["db.php", "plugins/sqlite-database-integration/load.php", "mu-plugins/sqlite-database-integration/load.php"]
    .map((name) => project.path(`${folder}/${name}`))
    .find((one) => project.tree.has(one) && /sqlite/i.test(`${one}${project.text(one) ?? ""}`));
  const at = { file: drop ?? file, line: 1 };
  const destination =
    drop === undefined ? ({ kind: "database", engine: "mysql" } as const) : ({ kind: "disk", path: `${folder}/database` } as const);
  const why = drop === undefined ? "WordPress keeps its data in MySQL" : "WordPress keeps its data in a SQLite file";
  return { label: "default", at, outcomes: [outcome(destination, [{ ...at, why }])] };
}
