import { describe, expect, it } from "vitest";
import { databasesOf, declaring, sinksOf } from "../reading.fixture.js";
import { composer, controller, inClass, laravel } from "./laravel.fixture.js";

async function stored(
  files: Readonly<Record<string, string>>,
  deployment?: Parameters<typeof laravel>[1],
): Promise<readonly string[] | undefined> {
  return sinksOf(await laravel(files, deployment))["PhotoController::store"];
}

describe("an uploaded file that Laravel stores", () => {
  it("goes to the disk that is named", async () => {
    expect(await stored(controller("$path = $request->file('photo')->store('photos', 'public');"))).toEqual(["disk storage/app/public"]);
    expect(await stored(controller("$request->file('photo')->storeAs('photos', $name, 's3');"))).toEqual(["s3"]);
    expect(await stored(controller("$request->photo->storePublicly('photos', ['disk' => 's3']);"))).toEqual(["s3"]);
    expect(await stored(controller("foreach ($request->file('photos') as $photo) {", "$photo->store('photos', 'public');", "}"))).toEqual([
      "disk storage/app/public",
    ]);
    const reading = await laravel(controller("$request->file('photo')->store('photos', 'public');"));
    expect(reading.framework).toBe("laravel");
    expect(reading.sinks[0]?.outcomes[0]?.because.map(({ file, line }) => `${file}:${line}`)).toEqual([
      "app/Http/Controllers/PhotoController.php:7",
      "config/filesystems.php:6",
    ]);
  });

  it("goes to the standard disk where none is named", async () => {
    const files = controller("$request->file('photo')->store('photos');");
    expect(await stored(files)).toEqual([
      "FILESYSTEM_DISK=public → disk storage/app/public",
      "FILESYSTEM_DISK=s3 → s3",
      "disk storage/app/private",
    ]);
    expect(await stored({ ...files, "config/filesystems.php": "" })).toEqual([
      "FILESYSTEM_DISK=public → disk storage/app/public",
      "FILESYSTEM_DISK=s3 → s3",
      "disk storage/app/private",
    ]);
  });

  it("cannot go to a disk whose package is missing", async () => {
    const bare = { "composer.json": composer() };
    expect(await stored({ ...controller("$request->file('photo')->store('photos');"), ...bare })).toEqual([
      "FILESYSTEM_DISK=public → disk storage/app/public",
      "disk storage/app/private",
    ]);
    expect(await stored({ ...controller("$request->file('photo')->store('photos', 's3');"), ...bare })).toEqual(["fails"]);
  });

  it("goes where constants, properties, settings and parameters say", async () => {
    const head = (body: string): Readonly<Record<string, string>> => ({
      "app/Http/Controllers/PhotoController.php": `<?php\nclass PhotoController {\n${body}\n}\n`,
    });
    expect(
      await stored(head("const DISK = 'public';\npublic function store($request) { $request->file('photo')->store('x', self::DISK); }")),
    ).toEqual(["disk storage/app/public"]);
    expect(
      await stored(
        head("private string $disk = 's3';\npublic function store($request) { $request->file('photo')->store('x', $this->disk); }"),
      ),
    ).toEqual(["s3"]);
    expect(
      await stored(
        head("public function store($request) { $disk = config('uploads.disk', 'public'); $request->file('photo')->store('x', $disk); }"),
      ),
    ).toEqual(["disk storage/app/public"]);
    expect(
      await stored({
        ...head("public function store($request) { $request->file('photo')->store('x', config('uploads.disk')); }"),
        "config/uploads.php": "<?php return ['disk' => env('UPLOADS_DISK', 's3')];\n",
      }),
    ).toEqual(["UPLOADS_DISK=local → disk storage/app/private", "UPLOADS_DISK=public → disk storage/app/public", "s3"]);
  });

  it("follows a service to the disk that its callers pass", async () => {
    const service = inClass(
      "PhotoKeeper",
      "public function keep(UploadedFile $file, string $disk = 'public')",
      "return $file->store('photos', $disk);",
    );
    const label = "PhotoKeeper::keep";
    const call = (args: string): Readonly<Record<string, string>> => ({
      ...controller(`(new PhotoKeeper())->keep(${args});`),
      "app/Services/PhotoKeeper.php": service,
    });
    expect(sinksOf(await laravel(call("$request->file('photo')")))[label]).toEqual(["disk storage/app/public"]);
    expect(sinksOf(await laravel(call("$request->file('photo'), 's3'")))[label]).toEqual(["s3"]);
    expect(sinksOf(await laravel({ "app/Services/PhotoKeeper.php": service }))).toEqual({});
  });

  it("goes by the environment's branches", async () => {
    expect(await stored(controller("$disk = env('AWS_BUCKET') ? 's3' : 'public';", "$request->file('photo')->store('x', $disk);"))).toEqual(
      ["AWS_BUCKET → s3", "disk storage/app/public"],
    );
    expect(
      await stored(
        controller(
          "if (app()->environment('production')) {",
          "$request->file('photo')->store('x', 's3');",
          "} else {",
          "$request->file('photo')->store('x', 'public');",
          "}",
        ),
      ),
    ).toEqual(["APP_ENV=production → s3", "disk storage/app/public"]);
    expect(
      await stored(
        controller(
          "if (config('app.env') === 'production' && !empty(config('services.s3.key'))) {",
          "$request->file('photo')->store('x', 's3');",
          "return back();",
          "}",
          "$request->file('photo')->move(public_path('uploads'), $name);",
        ),
      ),
    ).toEqual(["disk public/uploads"]);
    expect(
      await stored(
        controller(
          "$disk = match (env('STORE')) { 'cloud', 'aws' => 's3', default => 'public' };",
          "$request->file('photo')->store('x', $disk);",
        ),
      ),
    ).toEqual(["(STORE=cloud or STORE=aws) → s3", "disk storage/app/public"]);
    expect(
      await stored(
        controller("if (env('USE_S3', false)) { $disk = 's3'; } else { $disk = 'public'; }", "$request->file('photo')->store('x', $disk);"),
      ),
    ).toEqual(["not (USE_S3 and not USE_S3=false|(false)|null|(null)|empty|(empty)|0) → disk storage/app/public", "s3"]);
  });

  it("does not mistake what a request brings for the environment", async () => {
    expect(await stored(controller("if ($request->hasFile('photo')) {", "$request->file('photo')->store('x', 'public');", "}"))).toEqual([
      "disk storage/app/public",
    ]);
    expect(
      await stored(
        controller("$disk = 'public';", "if ($user->isRich()) { $disk = 's3'; }", "$request->file('photo')->store('x', $disk);"),
      ),
    ).toEqual(["? → s3", "disk storage/app/public"]);
  });

  it("is told apart from other methods by the same name", async () => {
    expect(await stored(controller("$this->service->store($request->validated());"))).toEqual(undefined);
    expect(await stored(controller("// $request->file('photo')->store('x', 'public');", "return view('x');"))).toEqual(undefined);
    expect(await stored(controller("Excel::import(new People, $request->file('sheet')->store('imports', 'local'));"))).toEqual(undefined);
    expect(await stored(controller("Storage::put('report.json', json_encode($report));"))).toEqual(undefined);
  });

  it("is put by the facade, by name or in a variable", async () => {
    expect(await stored(controller("Storage::disk('s3')->put('x', file_get_contents($request->file('photo')));"))).toEqual(["s3"]);
    expect(await stored(controller("Storage::disk('public')->putFile('x', $request->file('photo'));"))).toEqual([
      "disk storage/app/public",
    ]);
    expect(await stored(controller("$disk = Storage::disk('s3');", "$disk->putFileAs('x', $request->file('photo'), 'y');"))).toEqual([
      "s3",
    ]);
    const helper = (called: string): Readonly<Record<string, string>> => ({
      "app/Http/Controllers/Controller.php": inClass(
        "Controller",
        "public function keep($image, $disk = 'local')",
        "Storage::disk($disk)->put('a.png', base64_decode($image));",
      ),
      ...controller(called),
    });
    const passed = async (called: string): Promise<readonly string[]> => Object.values(sinksOf(await laravel(helper(called)))).flat();
    expect(await passed("$this->keep($request->image, 's3');")).toEqual(["s3"]);
    // The worst of what is passed is what counts.
    expect(await passed("$this->keep($request->image, 's3'); $this->keep($request->other, 'public');")).toEqual([
      "disk storage/app/public",
    ]);
    expect(await stored(controller("$image = base64_decode($request->image);", "Storage::disk('public')->put('x.png', $image);"))).toEqual([
      "disk storage/app/public",
    ]);
  });

  it("is moved or saved to a path", async () => {
    expect(await stored(controller("$request->file('photo')->move(public_path('uploads/photos'), $name);"))).toEqual([
      "disk public/uploads/photos",
    ]);
    expect(await stored(controller("$folder = 'uploads/';", "$file = $request->file('photo');", "$file->move($folder, $name);"))).toEqual([
      "disk public/uploads",
    ]);
    expect(
      await stored(controller("Image::make($request->file('photo'))->resize(100, 100)->save(public_path('thumbs/' . $name));")),
    ).toEqual(["disk public/thumbs"]);
    expect(await stored(controller("file_put_contents(storage_path('app/x.png'), base64_decode($request->image));"))).toEqual([
      "disk storage/app/x.png",
    ]);
    expect(await stored(controller("$photo->save();"))).toEqual(undefined);
  });

  it("is sent to a cloud", async () => {
    expect(await stored(controller("$url = Cloudinary::upload($request->file('photo')->getRealPath())->getSecurePath();"))).toEqual([
      "cloudinary",
    ]);
    expect(await stored(controller("$url = cloudinary()->upload($request->file('photo')->getRealPath());"))).toEqual(["cloudinary"]);
    expect(await stored(controller("(new UploadApi())->upload($request->file('photo')->getRealPath());"))).toEqual(["cloudinary"]);
    expect(await stored(controller("$request->file('photo')->storeOnCloudinary('x');"))).toEqual(["cloudinary"]);
    expect(
      await stored(controller("Http::asMultipart()->post('https://api.imgbb.com/1/upload', ['image' => $request->file('photo')]);")),
    ).toEqual(["imgbb"]);
  });

  it("falls back to the disk where an error of the cloud is caught", async () => {
    const lines = [
      "try {",
      "$url = cloudinary()->upload($request->file('photo')->getRealPath());",
      "} catch (\\Exception $e) {",
      "$request->file('photo')->store('x', 'public');",
      "}",
    ];
    const tables = (await laravel(controller(...lines))).sinks.map(({ outcomes }) => outcomes.map(({ destination }) => destination.kind));
    expect(tables).toContainEqual(["disk", "passing"]);
  });

  it("is not stored by a controller that no route names, nor by a seeder", async () => {
    const files = controller("$request->file('photo')->store('x', 'public');");
    expect(sinksOf(await laravel({ ...files, "routes/web.php": "<?php\n" }))).toEqual({});
    expect(
      sinksOf(
        await laravel({
          "database/seeders/PhotoSeeder.php": inClass("PhotoSeeder", "public function run()", "$f->storeAs('x', 'y', 'public');"),
        }),
      ),
    ).toEqual({});
  });

  it("is never said to be kept nowhere where it was not understood", async () => {
    const passedOn = await laravel(controller("$this->vault->keep($request->file('photo'));"));
    expect(passedOn.notUnderstood.map(({ file, line }) => `${file}:${line}`)).toEqual(["app/Http/Controllers/PhotoController.php:7"]);
    expect((await laravel(controller("Excel::import(new People, $request->file('sheet'));"))).notUnderstood).toEqual([]);
  });

  it("lies where the app moved its folders", async () => {
    const files = controller("$request->file('photo')->store('photos', 'public');");
    expect(
      await stored({ ...files, "bootstrap/app.php": "<?php\n$app->useStoragePath(env('APP_STORAGE', '/data/storage'));\nreturn $app;\n" }),
    ).toEqual(["disk ${APP_STORAGE:-/data/storage}/app/public"]);
    expect(await stored(files, declaring({ LARAVEL_STORAGE_PATH: "/data" }))).toEqual(["disk ${LARAVEL_STORAGE_PATH:-storage}/app/public"]);
  });
});

describe("Livewire and Volt", () => {
  it("store the files that a component was given", async () => {
    const component =
      "<?php\nuse Livewire\\WithFileUploads;\nclass EditPhoto extends Component {\nuse WithFileUploads;\npublic $photo;\npublic $photos = [];\npublic function save() {\n$this->photo->store('photos', 'public');\nif (!empty($this->photos)) { foreach ($this->photos as $one) { $one->store('photos', 's3'); } }\n}\n}\n";
    const reading = await laravel({ "app/Livewire/EditPhoto.php": component });
    expect(reading.sinks.map(({ outcomes }) => outcomes[0]?.destination.kind)).toEqual(["disk", "cloud"]);
  });

  it("may live in a view", async () => {
    const volt =
      "<?php\nuse Livewire\\Volt\\Component;\nnew class extends Component {\nuse Livewire\\WithFileUploads;\npublic $photo;\npublic function save() { $this->photo->store('photos', 'public'); }\n}; ?>\n<form wire:submit=\"save\"></form>\n";
    expect(Object.values(sinksOf(await laravel({ "resources/views/livewire/photo.blade.php": volt })))).toEqual([
      ["disk storage/app/public"],
    ]);
    const block = "<div>\n@php\n$path = request()->file('photo')->store('photos', 'public');\n@endphp\n</div>\n";
    expect(Object.values(sinksOf(await laravel({ "resources/views/photo.blade.php": block })))).toEqual([["disk storage/app/public"]]);
  });
});

describe("fields of admin panels", () => {
  const form = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
    "app/Filament/Resources/PhotoResource.php": `<?php\nuse Filament\\Forms\\Components\\FileUpload;\nclass PhotoResource {\npublic static function form($form) { return $form->schema([${lines.join("\n")}]); }\n}\n`,
  });
  const filament = (version: string): Readonly<Record<string, string>> => ({
    "composer.json": composer(`filament/filament@${version}`, "league/flysystem-aws-s3-v3"),
  });
  const photo = async (files: Readonly<Record<string, string>>): Promise<readonly string[] | undefined> =>
    sinksOf(await laravel(files))["PhotoResource.photo"];

  it("keep files on the disk they name", async () => {
    expect(await photo({ ...form("FileUpload::make('photo')->image()->disk('s3'),"), ...filament("^3.0") })).toEqual(["s3"]);
    expect(await photo({ ...form("FileUpload::make('photo')->disk('public')->directory('x'),"), ...filament("^4.0") })).toEqual([
      "disk storage/app/public",
    ]);
  });

  it("keep them on Filament's own standard disk, which differs by its version", async () => {
    expect(await photo({ ...form("FileUpload::make('photo'),"), ...filament("^3.0") })).toEqual([
      "FILAMENT_FILESYSTEM_DISK=local → disk storage/app/private",
      "FILAMENT_FILESYSTEM_DISK=s3 → s3",
      "disk storage/app/public",
    ]);
    expect(await photo({ ...form("FileUpload::make('photo'),"), ...filament("^4.0") })).toEqual([
      "FILESYSTEM_DISK=public → disk storage/app/public",
      "FILESYSTEM_DISK=s3 → s3",
      "disk storage/app/private",
    ]);
    const config = { "config/filament.php": "<?php return ['default_filesystem_disk' => 's3'];\n" };
    expect(await photo({ ...form("FileUpload::make('photo'),"), ...filament("^3.0"), ...config })).toEqual(["s3"]);
  });

  it("may be told once for all", async () => {
    const provider = {
      "app/Providers/AppServiceProvider.php": inClass(
        "AppServiceProvider",
        "public function boot()",
        "FileUpload::configureUsing(fn (FileUpload $field) => $field->disk('s3'));",
      ),
    };
    expect(await photo({ ...form("FileUpload::make('photo'),"), ...filament("^3.0"), ...provider })).toEqual(["s3"]);
  });

  it("do not keep what is only imported, refused, or not stored", async () => {
    expect(await photo({ ...form("FileUpload::make('photo')->storeFiles(false),"), ...filament("^3.0") })).toEqual(undefined);
    expect(await photo({ ...form("FileUpload::make('photo')->acceptedFileTypes(['text/csv']),"), ...filament("^3.0") })).toEqual(undefined);
    expect(await photo({ ...form("RichEditor::make('photo')->disableToolbarButtons(['attachFiles']),"), ...filament("^3.0") })).toEqual(
      undefined,
    );
    expect(await photo({ ...form("RichEditor::make('photo')->fileAttachmentsDisk('s3'),"), ...filament("^3.0") })).toEqual(["s3"]);
  });

  it("of Nova, laravel-admin and the media library have standard disks of their own", async () => {
    const nova =
      "<?php\nuse Laravel\\Nova\\Fields\\Image;\nclass Photo extends Resource { public function fields() { return [Image::make('Photo')]; } }\n";
    expect(Object.values(sinksOf(await laravel({ "app/Nova/Photo.php": nova })))[0]?.at(-1)).toBe("disk storage/app/public");
    const model = inClass("Listing", "public function add($file)", "$this->addMedia($file)->toMediaCollection('photos');");
    expect(Object.values(sinksOf(await laravel({ "app/Models/Listing.php": model })))[0]).toEqual([
      "MEDIA_DISK=local → disk storage/app/private",
      "MEDIA_DISK=s3 → s3",
      "disk storage/app/public",
    ]);
    const named = inClass("Listing", "public function add($file)", "$this->addMedia($file)->toMediaCollection('photos', 's3');");
    expect(Object.values(sinksOf(await laravel({ "app/Models/Listing.php": named })))[0]).toEqual(["s3"]);
    const collection = inClass(
      "Listing",
      "public function registerMediaCollections(): void",
      "$this->addMediaCollection('photos')->useDisk('s3');",
      "$this->addMedia($file)->toMediaCollection('photos');",
    );
    expect(Object.values(sinksOf(await laravel({ "app/Models/Listing.php": collection })))[0]).toEqual(["s3"]);
  });
});

describe("Laravel's database", () => {
  const connections =
    "<?php\nreturn ['default' => env('DB_CONNECTION', 'sqlite'), 'connections' => [\n'sqlite' => ['driver' => 'sqlite', 'url' => env('DB_URL'), 'database' => env('DB_DATABASE', database_path('database.sqlite'))],\n'pgsql' => ['driver' => 'pgsql'],\n]];\n";

  it("is SQLite unless a variable says otherwise", async () => {
    expect(databasesOf(await laravel({ "config/database.php": connections }))).toEqual({
      default: ["DB_CONNECTION=pgsql → database postgres", "DB_URL → database sql", "disk ${DB_DATABASE:-database/database.sqlite}"],
    });
    expect(databasesOf(await laravel({}))["default"]?.at(-1)).toBe("disk ${DB_DATABASE:-database/database.sqlite}");
    expect(databasesOf(await laravel({ "composer.json": composer().replace("^12.0", "^10.0") }))["default"]?.at(-1)).toBe("database mysql");
  });

  it("is what the file fixes", async () => {
    expect(databasesOf(await laravel({ "config/database.php": connections.replace("env('DB_CONNECTION', 'sqlite')", "'pgsql'") }))).toEqual(
      { default: ["database postgres"] },
    );
  });
});
