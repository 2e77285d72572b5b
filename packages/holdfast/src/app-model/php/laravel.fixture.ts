import { readingOf } from "../reading.fixture.js";
import type { Deployment, Reading } from "../model.js";
import { phpReader } from "./index.js";

const filesystems = `<?php
return [
    'default' => env('FILESYSTEM_DISK', 'local'),
    'disks' => [
        'local' => ['driver' => 'local', 'root' => storage_path('app/private')],
        'public' => ['driver' => 'local', 'root' => storage_path('app/public')],
        's3' => ['driver' => 's3', 'bucket' => env('AWS_BUCKET')],
    ],
];
`;

/** The manifest of a Laravel app with these packages beside the framework. */
export function composer(...packages: readonly string[]): string {
  const require = Object.fromEntries(["laravel/framework", ...packages].map((one) => [one.split("@")[0], one.split("@")[1] ?? "^12.0"]));
  return JSON.stringify({ require });
}

/** A Laravel app with S3's package; what is given comes over it. An empty text takes a file away. */
export function laravel(files: Readonly<Record<string, string>>, deployment?: Deployment): Promise<Reading> {
  const all: Record<string, string> = {
    "composer.json": composer("league/flysystem-aws-s3-v3"),
    artisan: "#!/usr/bin/env php\n",
    "config/filesystems.php": filesystems,
    "routes/web.php": "<?php\nRoute::post('/photos', [PhotoController::class, 'store']);\n",
    ...files,
  };
  return readingOf(phpReader, Object.fromEntries(Object.entries(all).filter(([, text]) => text !== "")), deployment);
}

/** A controller whose `store` has these lines. */
export function controller(...lines: readonly string[]): Readonly<Record<string, string>> {
  return {
    "app/Http/Controllers/PhotoController.php": inClass(
      "PhotoController extends Controller",
      "public function store(Request $request)",
      ...lines,
    ),
  };
}

/** A class with one method of these lines. */
export function inClass(head: string, method: string, ...lines: readonly string[]): string {
  return `<?php\nnamespace App;\nclass ${head}\n{\n    ${method}\n    {\n        ${lines.join("\n        ")}\n    }\n}\n`;
}
