import { describe, expect, it } from "vitest";
import { databasesOf, readingOf, sinksOf } from "../reading.fixture.js";
import { phpReader } from "./index.js";

describe("PHP without a framework", () => {
  const upload = (...lines: readonly string[]): Readonly<Record<string, string>> => ({ "index.php": `<?php\n${lines.join("\n")}\n` });
  const written = async (files: Readonly<Record<string, string>>): Promise<readonly (readonly string[])[]> =>
    Object.values(sinksOf(await readingOf(phpReader, files)));

  it("keeps uploads where it moves them to", async () => {
    expect(
      await written(upload("move_uploaded_file($_FILES['photo']['tmp_name'], 'uploads/' . basename($_FILES['photo']['name']));")),
    ).toEqual([["disk uploads"]]);
    expect(
      await written(upload("$dir = __DIR__ . '/uploads/';", "move_uploaded_file($_FILES['photo']['tmp_name'], $dir . $name);")),
    ).toEqual([["disk uploads"]]);
    expect(await written(upload("move_uploaded_file($_FILES['photo']['tmp_name'], getenv('UPLOAD_DIR') . '/' . $name);"))).toEqual([
      ["disk ${UPLOAD_DIR}"],
    ]);
    expect(
      await written({
        "config.php": "<?php\ndefine('UPLOAD_DIR', '/data/uploads/');\n",
        "admin/save.php": "<?php\nmove_uploaded_file($_FILES['photo']['tmp_name'], UPLOAD_DIR . $name);\n",
      }),
    ).toEqual([["disk /data/uploads"]]);
    expect(
      await written({
        "index.php": "<?php\n",
        "admin/save.php": "<?php\nmove_uploaded_file($_FILES['a']['tmp_name'], '../uploads/' . $name);\n",
      }),
    ).toEqual([["disk uploads"]]);
  });

  it("keeps what arrives as text, too", async () => {
    expect(await written(upload("file_put_contents('photos/' . $id . '.png', base64_decode($_POST['photo']));"))).toEqual([
      ["disk photos"],
    ]);
    expect(await written(upload("file_put_contents('log.txt', $line, FILE_APPEND);"))).toEqual([]);
    const opened = (mode: string): Readonly<Record<string, string>> =>
      upload(`$f = fopen('photos/' . $id . '.png', '${mode}');`, "fwrite($f, base64_decode($_POST['photo']));", "fclose($f);");
    expect(await written(opened("wb"))).toEqual([["disk photos"]]);
    expect(await written(opened("rb"))).toEqual([]);
    expect(await written(upload("$f = fopen('log.txt', 'a');", "fwrite($f, $line);"))).toEqual([]);
  });

  it("opens the database that it says", async () => {
    const opened = async (line: string): Promise<readonly string[] | undefined> =>
      databasesOf(await readingOf(phpReader, upload(line)))["default"];
    expect(await opened("$db = new PDO('sqlite:' . __DIR__ . '/data/app.db');")).toEqual(["disk data/app.db"]);
    expect(await opened("$db = new SQLite3('/data/app.db');")).toEqual(["disk /data/app.db"]);
    expect(await opened("$db = new mysqli(getenv('DB_HOST'), 'x', 'y');")).toEqual(["database mysql"]);
    expect(await opened("$db = new PDO(\"pgsql:host=$host;dbname=x\", 'a', 'b');")).toEqual(["database postgres"]);
  });
});

describe("CodeIgniter and Symfony", () => {
  it("know their folders", async () => {
    const controller =
      "<?php\nclass Photos {\npublic function create() { $file = $this->request->getFile('photo'); $file->move(WRITEPATH . 'uploads'); }\n}\n";
    const files = {
      "composer.json": '{"require":{"codeigniter4/framework":"^4"}}',
      "public/index.php": "<?php\n",
      "app/Controllers/Photos.php": controller,
    };
    const reading = await readingOf(phpReader, files);
    expect(reading.framework).toBe("codeigniter");
    expect(sinksOf(reading)).toEqual({ "Photos::create": ["disk writable/uploads"] });
  });

  const symfony = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
    "composer.json": '{"require":{"symfony/framework-bundle":"^7"}}',
    ".env": 'DATABASE_URL="sqlite:///%kernel.project_dir%/var/data.db"\n',
    "config/services.yaml": "parameters:\n  photos: '%kernel.project_dir%/public/photos'\n",
    "config/packages/doctrine.yaml": "doctrine:\n  dbal:\n    url: '%env(resolve:DATABASE_URL)%'\n",
    ...files,
  });

  it("follow parameters, mappings and storages", async () => {
    const controller =
      "<?php\nclass PhotoController {\npublic function create() { $file = $form->get('photo')->getData(); $file->move($this->getParameter('photos'), $name); }\n}\n";
    const reading = await readingOf(phpReader, symfony({ "src/Controller/PhotoController.php": controller }));
    expect(reading.framework).toBe("symfony");
    expect(sinksOf(reading)).toEqual({ "PhotoController::create": ["disk public/photos"] });
    const vich = "vich_uploader:\n  mappings:\n    photos:\n      upload_destination: '%kernel.project_dir%/public/vich'\n";
    expect(sinksOf(await readingOf(phpReader, symfony({ "config/packages/vich_uploader.yaml": vich })))).toEqual({
      photos: ["disk public/vich"],
    });
    const far = {
      "config/packages/vich_uploader.yaml":
        "vich_uploader:\n  storage: flysystem\n  mappings:\n    photos:\n      upload_destination: far.storage\n",
    };
    const storage = { "config/packages/flysystem.yaml": "flysystem:\n  storages:\n    far.storage:\n      adapter: aws\n" };
    expect(sinksOf(await readingOf(phpReader, symfony({ ...far, ...storage })))).toEqual({ photos: ["s3"] });
  });

  it("take the database of the committed .env where the platform gives none", async () => {
    expect(databasesOf(await readingOf(phpReader, symfony({})))).toEqual({
      default: ["DATABASE_URL there → database sql", "disk var/data.db"],
    });
    expect(databasesOf(await readingOf(phpReader, symfony({ ".env": "DATABASE_URL=postgresql://a@b/c\n" })))).toEqual({
      default: ["database postgres"],
    });
  });
});

describe("WordPress", () => {
  const site = {
    "wp-config.php": "<?php\ndefine('DB_NAME', 'x');\nrequire 'wp-settings.php';\n",
    "wp-content/themes/meadow/index.php": "<?php\n",
  };

  it("keeps its media library on the disk, unless a plugin sends it away", async () => {
    const reading = await readingOf(phpReader, site);
    expect(reading.framework).toBe("wordpress");
    expect(sinksOf(reading)).toEqual({ "the media library": ["disk wp-content/uploads"] });
    const offloaded = { ...site, "wp-content/plugins/amazon-s3-and-cloudfront/wordpress-s3.php": "<?php\n" };
    expect(sinksOf(await readingOf(phpReader, offloaded))).toEqual({ "the media library": ["s3"] });
    const keyed = {
      ...site,
      "composer.json": '{"require":{"humanmade/s3-uploads":"^3"}}',
      "wp-config.php": "<?php\ndefine('DB_NAME', 'x');\ndefine('S3_UPLOADS_BUCKET', getenv('S3_UPLOADS_BUCKET'));\n",
    };
    expect(sinksOf(await readingOf(phpReader, keyed))).toEqual({
      "the media library": ["S3_UPLOADS_BUCKET → s3", "disk wp-content/uploads"],
    });
  });

  it("is found in a Dockerfile as well", async () => {
    const reading = await readingOf(phpReader, { Dockerfile: "FROM wordpress:6\nCOPY x.php /x.php\n", "x.php": "<?php\n" });
    expect(sinksOf(reading)).toEqual({ "the media library": ["disk /var/www/html/wp-content/uploads"] });
  });

  it("keeps its data in MySQL, or in the file of a plugin", async () => {
    expect(databasesOf(await readingOf(phpReader, site))).toEqual({ default: ["database mysql"] });
    const sqlite = { ...site, "wp-content/db.php": "<?php // sqlite drop-in\n" };
    expect(databasesOf(await readingOf(phpReader, sqlite))).toEqual({ default: ["disk wp-content/database"] });
  });
});
