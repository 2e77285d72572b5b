import { known, nothing, variable, type Entry, type Value } from "../abstract-value.js";
import type { Packages } from "./composer.js";

/** What Laravel and its packages set where the app has no file of its own for it. */
export function frameworkSetting(name: string, packages: Packages, file: string): Entry | undefined {
  const value = standard(name, packages);
  return value === undefined ? undefined : { value, file, line: 1 };
}

function standard(name: string, packages: Packages): Value | undefined {
  const major = packages.major("laravel/framework") ?? 12;
  switch (name) {
    case "app.env":
      return variable("APP_ENV", known("production"));
    case "filesystems.default":
      return variable(major >= 9 ? "FILESYSTEM_DISK" : "FILESYSTEM_DRIVER", known("local"));
    case "filesystems.cloud":
      return known("s3");
    case "filesystems.disks.local":
      return disk("local", major >= 11 ? "storage/app/private" : "storage/app");
    case "filesystems.disks.public":
      return disk("local", "storage/app/public");
    case "filesystems.disks.s3":
      return disk("s3");
    case "database.default":
      return variable("DB_CONNECTION", known(major >= 11 ? "sqlite" : "mysql"));
    case "filament.default_filesystem_disk":
      return (packages.major("filament/filament") ?? packages.major("filament/forms") ?? 3) >= 4
        ? variable("FILESYSTEM_DISK", known("local"))
        : variable("FILAMENT_FILESYSTEM_DISK", known("public"));
    case "media-library.disk_name":
      return variable("MEDIA_DISK", known("public"));
    case "nova.storage_disk":
      return variable("NOVA_STORAGE_DISK", known("public"));
    case "jetstream.profile_photo_disk":
      return known("public");
    case "lfm.disk":
      return known("public");
    case "moonshine.disk":
      return variable("MOONSHINE_DISK", known("public"));
    case "platform.attachment.disk":
      return variable("PLATFORM_FILESYSTEM_DISK", known("public"));
    case "voyager.storage.disk":
      return variable("FILESYSTEM_DRIVER", known("public"));
    case "admin.upload.disk":
      return known("admin");
    case "backpack.base.root_disk_name":
      return known("root");
    case "statamic.assets.disk":
      return known("assets");
    default:
      return undefined;
  }
}

function disk(driver: string, root?: string): Value {
  const at = { file: "config/filesystems.php", line: 1 };
  return {
    kind: "table",
    entries: new Map([
      ["driver", { value: known(driver), ...at }],
      ["root", { value: root === undefined ? nothing : known(root), ...at }],
    ]),
  };
}
