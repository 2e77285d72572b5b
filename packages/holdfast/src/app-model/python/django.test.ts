import { describe, expect, it } from "vitest";
import { declaring, databasesOf, readingOf, sinksOf } from "../reading.fixture.js";
import { noDeployment } from "../source-tree.fixture.js";
import type { Deployment, Reading } from "../model.js";
import { pythonReader } from "./index.js";

const start = `import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
`;

const model = `from django.db import models

class Article(models.Model):
    cover = models.ImageField(upload_to="covers/")
`;

const paths = `import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ["django.contrib.admin", "blog.apps.BlogConfig"]
MEDIA_ROOT = BASE_DIR / "media"
`;

/** A project with one model, and these settings after its paths. */
function project(settings: string, more: Readonly<Record<string, string>> = {}, deployment: Deployment = noDeployment): Promise<Reading> {
  return readingOf(
    pythonReader,
    {
      "manage.py": start,
      "shop/__init__.py": "",
      "shop/wsgi.py": start,
      "shop/settings.py": `${paths}${settings}`,
      "blog/__init__.py": "",
      "blog/models.py": model,
      "requirements.txt": "Django==5.0.6\ngunicorn\n",
      ...more,
    },
    deployment,
  );
}

async function cover(
  settings: string,
  more?: Readonly<Record<string, string>>,
  deployment?: Deployment,
): Promise<readonly string[] | undefined> {
  return sinksOf(await project(settings, more, deployment))["Article.cover"];
}

const cloudinary = "cloudinary_storage.storage.MediaCloudinaryStorage";
const s3 = "storages.backends.s3boto3.S3Boto3Storage";
const disk = "django.core.files.storage.FileSystemStorage";

describe("settings that are declared and not there", () => {
  it("give way to those that the start file names, and a package hides a module of its name", async () => {
    const reading = await project(
      "",
      {
        "shop/settings.py": "INSTALLED_APPS = []\n",
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": `${paths}DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "a"}}\n`,
        "shop/wsgi.py": start.replace("shop.settings", "shop.settings.base"),
      },
      declaring({ DJANGO_SETTINGS_MODULE: "shop.settings.production" }),
    );
    expect(sinksOf(reading)["Article.cover"]).toEqual(["disk shop/media"]);
    expect(databasesOf(reading)).toEqual({ default: ["database postgres"] });
  });
});

describe("where Django's files go", () => {
  it("is the media folder where no storage is set", async () => {
    expect(await cover("")).toEqual(["disk media"]);
  });

  it("is beside the code where there is no media folder either", async () => {
    const settings = { "shop/settings.py": 'INSTALLED_APPS = ["blog"]\n' };
    expect(await cover("", settings)).toEqual(["disk ."]);
  });

  it("is what the last assignment says, not a comment or a quoted copy", async () => {
    expect(
      await cover(`DEFAULT_FILE_STORAGE = "${disk}"
DEFAULT_FILE_STORAGE = "${s3}"
# DEFAULT_FILE_STORAGE = "${disk}"
"""
DEFAULT_FILE_STORAGE = "${disk}"
"""
`),
    ).toEqual(["s3"]);
  });

  it("depends on the variables that the settings ask for", async () => {
    expect(
      await cover(`if os.environ.get("CLOUDINARY_URL"):
    DEFAULT_FILE_STORAGE = "${cloudinary}"
`),
    ).toEqual(["CLOUDINARY_URL → cloudinary", "disk media"]);
  });

  it("follows elif, and says each case once", async () => {
    expect(
      await cover(`if os.environ.get("BUCKET"):
    STORAGES = {"default": {"BACKEND": "${s3}"}, "staticfiles": {"BACKEND": "x.Y"}}
elif "CLOUDINARY_URL" in os.environ:
    STORAGES = {"default": {"BACKEND": "${cloudinary}"}}
else:
    STORAGES = {"default": {"BACKEND": "${disk}", "OPTIONS": {"location": BASE_DIR / "files"}}}
`),
    ).toEqual(["BUCKET → s3", "CLOUDINARY_URL there → cloudinary", "disk files"]);
  });

  it("follows tables and lists that are changed in place", async () => {
    expect(
      await cover(`STORAGES = {"default": {"BACKEND": "${disk}"}}
if os.getenv("BUCKET"):
    INSTALLED_APPS += ["storages"]
    STORAGES["default"]["BACKEND"] = "${s3}"
`),
    ).toEqual(["BUCKET → s3", "disk media"]);
  });

  it("follows small functions, casts and chains of tests", async () => {
    expect(
      await cover(`def env_bool(name, default=False):
    return os.environ.get(name, str(default)).strip().lower() in ("1", "true", "yes")

USE_S3 = env_bool("USE_S3")
KEYS = [os.environ.get("KEY"), os.environ.get("SECRET")]
if USE_S3 and all(KEYS):
    DEFAULT_FILE_STORAGE = "${s3}"
`),
    ).toEqual(["(USE_S3=1|true|yes and KEY and SECRET) → s3", "disk media"]);
  });

  it("reads decouple, django-environ and f-strings", async () => {
    expect(
      await cover(`from decouple import config
import environ
env = environ.Env(USE_CLOUD=(bool, False))
service = "cloudinary"
if env("USE_CLOUD") and not config("DEBUG", default=False, cast=bool):
    DEFAULT_FILE_STORAGE = f"{service}_storage.storage.MediaCloudinaryStorage"
`),
    ).toEqual([expect.stringMatching(/^\(USE_CLOUD=true\|1\|yes\|on\|y\|t\|ok and not DEBUG=.*\) → cloudinary$/), "disk media"]);
  });

  it("takes the handler of an import that must fail", async () => {
    const settings = `try:
    import cloudinary_storage
    DEFAULT_FILE_STORAGE = "${cloudinary}"
except ImportError:
    DEFAULT_FILE_STORAGE = "${disk}"
`;
    expect(await cover(settings)).toEqual(["disk media"]);
    expect(await cover(settings, { "requirements.txt": "Django==5.0\ndjango-cloudinary-storage==0.3.0\n" })).toEqual(["cloudinary"]);
  });

  it("takes the handler where a variable is missing", async () => {
    expect(
      await cover(`try:
    BUCKET = os.environ["BUCKET"]
    DEFAULT_FILE_STORAGE = "${s3}"
except KeyError:
    pass
`),
    ).toEqual(["BUCKET there → s3", "disk media"]);
  });

  it("ends loudly where the settings refuse to start", async () => {
    expect(
      await cover(`from django.core.exceptions import ImproperlyConfigured
if os.environ.get("BUCKET"):
    DEFAULT_FILE_STORAGE = "${s3}"
else:
    raise ImproperlyConfigured("set BUCKET")
`),
    ).toEqual(["s3"]);
  });

  it("joins a folder from the environment with its default", async () => {
    expect(await cover('MEDIA_ROOT = os.path.join(os.environ.get("DATA_DIR", "/var/data"), "media")\n')).toEqual([
      `disk \${DATA_DIR:-/var/data}/media`,
    ]);
  });
});

describe("the version of Django", () => {
  const old = `DEFAULT_FILE_STORAGE = "${cloudinary}"\n`;
  const modern = `STORAGES = {"default": {"BACKEND": "${cloudinary}"}}\n`;

  it.each([
    ["Django==4.2.16", ["cloudinary"]],
    ["Django==5.0.14", ["cloudinary"]],
    ["Django==5.1", ["disk media"]],
    ["django>=4.2,<5.1", ["cloudinary"]],
    ["Django~=5.0.1", ["cloudinary"]],
    ["Django~=5.0", ["disk media"]],
    ["Django>=4.2", ["disk media"]],
    ["Django", ["disk media"]],
  ])("reads DEFAULT_FILE_STORAGE with %s", async (requirement, expected) => {
    expect(await cover(old, { "requirements.txt": `${requirement}\n` })).toEqual(expected);
  });

  it("says that Django 5.1 does not read DEFAULT_FILE_STORAGE, and where that is written", async () => {
    const reading = await project(old, { "requirements.txt": "Django==5.1.2\n" });
    expect(sinksOf(reading)["Article.cover"]).toEqual(["disk media"]);
    expect(reading.observations).toContainEqual({
      name: "setting-ignored-by-version",
      file: "shop/settings.py",
      line: 6,
      details: { setting: "DEFAULT_FILE_STORAGE", framework: "Django", version: "5.1", value: cloudinary, instead: "STORAGES" },
    });
    const because = reading.sinks[0]?.outcomes[0]?.because.map((one) => `${one.file}:${one.line}`);
    expect(because).toEqual(["blog/models.py:4", "shop/settings.py:6", "requirements.txt:1", "shop/settings.py:5"]);
  });

  it("does not read STORAGES before 4.2", async () => {
    expect(await cover(modern, { "requirements.txt": "Django==4.1\n" })).toEqual(["disk media"]);
    expect(await cover(modern, { "requirements.txt": "Django==4.2\n" })).toEqual(["cloudinary"]);
  });

  it("follows -r, and reads pyproject, Pipfile and the lock files", async () => {
    const none = { "requirements.txt": "" };
    expect(await cover(old, { "requirements.txt": "-r base/common.txt\n", "base/common.txt": "django == 4.2\n" })).toEqual(["cloudinary"]);
    expect(await cover(old, { ...none, "pyproject.toml": '[project]\ndependencies = ["django>=4.2,<5"]\n' })).toEqual(["cloudinary"]);
    expect(await cover(old, { ...none, "pyproject.toml": '[tool.poetry.dependencies]\ndjango = "^4.2"\n' })).toEqual(["cloudinary"]);
    expect(await cover(old, { ...none, Pipfile: '[packages]\ndjango = "~=4.2"\n' })).toEqual(["cloudinary"]);
    expect(await cover(old, { ...none, "uv.lock": '[[package]]\nname = "django"\nversion = "4.2.1"\n' })).toEqual(["cloudinary"]);
    expect(await cover(old, { ...none, "poetry.lock": '[[package]]\nname = "django"\nversion = "5.2"\n' })).toEqual(["disk media"]);
    expect(await cover(old, { ...none, "Pipfile.lock": '{"default": {"django": {"hashes": [], "version": "==4.2.7"}}}' })).toEqual([
      "cloudinary",
    ]);
  });

  it("is bounded by the Python that is asked for", async () => {
    expect(await cover(old, { "requirements.txt": "Django\n", "runtime.txt": "python-3.9.18\n" })).toEqual(["cloudinary"]);
  });
});

describe("the settings in force", () => {
  const production = `from .base import *
DEFAULT_FILE_STORAGE = "${s3}"
`;
  const split = {
    "shop/settings.py": "",
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": paths.replace(".parent.parent", ".parent.parent.parent"),
    "shop/settings/production.py": production,
    "shop/settings/dev.py": "from .base import *\n",
  };
  const choosing = (name: string): string => start.replace("shop.settings", name);

  it("are those of wsgi.py, not of manage.py", async () => {
    expect(
      await cover("", { ...split, "shop/wsgi.py": choosing("shop.settings.production"), "manage.py": choosing("shop.settings.dev") }),
    ).toEqual(["s3"]);
    expect(await cover("", { ...split, "shop/wsgi.py": choosing("shop.settings.dev") })).toEqual(["disk media"]);
  });

  it("are those that the deploy file declares", async () => {
    const deployment = declaring({ DJANGO_SETTINGS_MODULE: "shop.settings.production" });
    expect(await cover("", { ...split, "shop/wsgi.py": choosing("shop.settings.dev") }, deployment)).toEqual(["s3"]);
  });

  it("are those of the start command", async () => {
    const more = {
      ...split,
      "shop/wsgi.py": choosing("shop.settings.dev"),
      Procfile: "web: DJANGO_SETTINGS_MODULE=shop.settings.production gunicorn shop.wsgi\n",
    };
    expect(await cover("", more)).toEqual(["s3"]);
  });

  it("may be chosen by a variable in the start file", async () => {
    const wsgi = `import os
if os.environ.get("RENDER"):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")
else:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.dev")
`;
    expect(await cover("", { ...split, "shop/wsgi.py": wsgi })).toEqual(["RENDER → s3", "disk media"]);
  });

  it("may be named by a variable in part", async () => {
    const wsgi = "import os\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", f\"shop.settings.{os.environ.get('STAGE', 'dev')}\")\n";
    expect(await cover("", { ...split, "shop/wsgi.py": wsgi })).toEqual(["STAGE=production → s3", "disk media"]);
  });

  it("may be a class of django-configurations", async () => {
    const settings = `${paths}
from configurations import Configuration, values
class Common(Configuration):
    INSTALLED_APPS = ["blog"]
    DATABASES = values.DatabaseURLValue("sqlite:///db.sqlite3")
class Development(Common):
    MEDIA_ROOT = "dev"
class Production(Common):
    DEFAULT_FILE_STORAGE = "${s3}"
`;
    const wsgi = `${start}os.environ.setdefault("DJANGO_CONFIGURATION", "Production")\n`;
    const reading = await project("", { "shop/settings.py": settings, "shop/wsgi.py": wsgi });
    expect(sinksOf(reading)["Article.cover"]).toEqual(["s3"]);
    expect(databasesOf(reading)).toEqual({ default: ["DATABASE_URL → database postgres", "disk db.sqlite3"] });
  });

  it("may import one another in a circle", async () => {
    expect(await cover("from .other import *\n", { "shop/other.py": `from .settings import *\nDEFAULT_FILE_STORAGE = "${s3}"\n` })).toEqual(
      ["s3"],
    );
  });

  it("that nothing loads do not count", async () => {
    expect(await cover("", { "shop/settings_render.py": `DEFAULT_FILE_STORAGE = "${s3}"\n` })).toEqual(["disk media"]);
  });
});

describe("storages of the app's own", () => {
  const storing = (storage: string): Readonly<Record<string, string>> => ({ "shop/storage.py": storage });
  const settings = 'DEFAULT_FILE_STORAGE = "shop.storage.OurStorage"\n';

  it("are followed to the class they come from", async () => {
    expect(
      await cover(
        settings,
        storing("from storages.backends.s3boto3 import S3Boto3Storage\nclass OurStorage(S3Boto3Storage):\n    location = 'media'\n"),
      ),
    ).toEqual(["s3"]);
    expect(
      await cover(
        settings,
        storing("from django.core.files.storage import FileSystemStorage\nclass OurStorage(FileSystemStorage):\n    pass\n"),
      ),
    ).toEqual(["disk media"]);
  });

  it("may say where they lie", async () => {
    const own = `from django.core.files.storage import FileSystemStorage
class OurStorage(FileSystemStorage):
    def __init__(self, *args, **kwargs):
        super().__init__(location="/data/private", *args, **kwargs)
`;
    expect(await cover(settings, storing(own))).toEqual(["disk /data/private"]);
  });

  it("may write by themselves", async () => {
    const own = `import requests, cloudinary.uploader
from django.core.files.storage import Storage
class OurStorage(Storage):
    def _save(self, name, content):
        result = cloudinary.uploader.upload(content, public_id=name)
        return result["public_id"]
`;
    expect(await cover(settings, storing(own))).toEqual(["cloudinary"]);
  });

  it("may be an alias that falls back to the disk", async () => {
    const own = `try:
    from storages.backends.s3boto3 import S3Boto3Storage as Base
except ImportError:
    from django.core.files.storage import FileSystemStorage as Base
class OurStorage(Base):
    pass
`;
    expect(await cover(settings, storing(own))).toEqual(["disk media"]);
    expect(await cover(settings, { ...storing(own), "requirements.txt": "Django==5.0\ndjango-storages\n" })).toEqual(["s3"]);
  });

  it("that are not known are said to be unknown", async () => {
    expect(await cover('DEFAULT_FILE_STORAGE = "mystery.backends.Vault"\n')).toEqual(["unknown: the storage mystery.backends.Vault"]);
  });
});

describe("fields", () => {
  const fields = async (body: string, settings = ""): Promise<Readonly<Record<string, readonly string[]>>> =>
    sinksOf(await project(settings, { "blog/models.py": `from django.conf import settings\nfrom django.db import models\n${body}` }));

  it("may name a storage of their own: an object, a function, an alias", async () => {
    expect(
      await fields(
        `from django.core.files.storage import FileSystemStorage, storages
from storages.backends.s3boto3 import S3Boto3Storage
private = FileSystemStorage(location=settings.PRIVATE_ROOT)
def choose():
    return S3Boto3Storage() if settings.USE_S3 else private
class Paper(models.Model):
    scan = models.FileField(storage=private)
    copy = models.FileField(storage=choose)
    other = models.FileField(storage=storages["archive"])
    plain = models.FileField()
`,
        `PRIVATE_ROOT = BASE_DIR / "private"
USE_S3 = "BUCKET" in os.environ
STORAGES = {"default": {"BACKEND": "${cloudinary}"}, "archive": {"BACKEND": "${s3}"}}
`,
      ),
    ).toEqual({
      "Paper.scan": ["disk private"],
      "Paper.copy": ["BUCKET there → s3", "disk private"],
      "Paper.other": ["s3"],
      "Paper.plain": ["cloudinary"],
    });
  });

  it("of Cloudinary go there whatever the settings say", async () => {
    expect(
      await fields('from cloudinary.models import CloudinaryField\nclass Pet(models.Model):\n    photo = CloudinaryField("image")\n'),
    ).toEqual({ "Pet.photo": ["cloudinary"] });
  });

  it("may be chosen by a variable", async () => {
    expect(
      await fields(`import os
if os.environ.get("CLOUD_NAME"):
    from cloudinary.models import CloudinaryField
class Pet(models.Model):
    if os.environ.get("CLOUD_NAME"):
        photo = CloudinaryField("image")
    else:
        photo = models.ImageField()
`),
    ).toEqual({ "Pet.photo": ["CLOUD_NAME → cloudinary", "disk media"] });
  });

  it("of other packages and of forms are told apart", async () => {
    expect(
      await fields(`from django import forms
from imagekit.models import ProcessedImageField
class Pet(models.Model):
    photo = ProcessedImageField(upload_to="x")
class PetForm(forms.Form):
    photo = forms.ImageField()
`),
    ).toEqual({ "Pet.photo": ["disk media"] });
  });

  it("of apps that are not installed do not count", async () => {
    const reading = await project("", { "attic/models.py": model.replace("Article", "Old") });
    expect(Object.keys(sinksOf(reading))).toEqual(["Article.cover"]);
  });
});

describe("what Django's models do not show", () => {
  it("is an editor that takes pictures, where its address is there", async () => {
    const settings = 'INSTALLED_APPS += ["django_summernote"]\n';
    const urls = 'from django.urls import include, path\nurlpatterns = [path("editor/", include("django_summernote.urls"))]\n';
    expect(sinksOf(await project(settings, { "shop/urls.py": urls }))["pictures in the Summernote editor"]).toEqual(["disk media"]);
    expect(sinksOf(await project(settings))["pictures in the Summernote editor"]).toBeUndefined();
  });

  it("is a view that saves by itself", async () => {
    const views = `import os
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

def by_default(request):
    default_storage.save("a", request.FILES["document"])

def to_disk(request):
    FileSystemStorage().save("b", request.FILES.get("photo"))

def by_hand(request):
    upload = request.FILES["image"]
    with open(os.path.join(settings.BASE_DIR, "raw", upload.name), "wb+") as target:
        for chunk in upload.chunks():
            target.write(chunk)

def parsed(request):
    import csv
    rows = csv.reader(request.FILES["table"].read().decode().splitlines())
`;
    const sinks = sinksOf(await project(`STORAGES = {"default": {"BACKEND": "${s3}"}}\n`, { "blog/views.py": views }));
    expect(sinks).toEqual({ "Article.cover": ["s3"], "by_default()": ["s3"], "to_disk()": ["disk media"], "by_hand()": ["disk raw"] });
  });
});

describe("the mission's first case", () => {
  const files = {
    "render.yaml": "services: []\n",
    "shop/settings.py": `import os
from pathlib import Path
import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = os.environ.get("DEBUG", "False") == "True"
INSTALLED_APPS = ["django.contrib.admin", "blog"]
DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"
if os.environ.get("AWS_STORAGE_BUCKET_NAME"):
    DEFAULT_FILE_STORAGE = "${s3}"
elif os.environ.get("CLOUDINARY_URL"):
    DEFAULT_FILE_STORAGE = "${cloudinary}"
`,
    Procfile: "web: gunicorn shop.wsgi\n",
  };

  it("depends on the variables of either service, and on the database's address", async () => {
    const reading = await project("", files);
    expect(sinksOf(reading)).toEqual({ "Article.cover": ["AWS_STORAGE_BUCKET_NAME → s3", "CLOUDINARY_URL → cloudinary", "disk media"] });
    expect(databasesOf(reading)).toEqual({ default: ["DATABASE_URL → database postgres", "disk db.sqlite3"] });
    expect(reading.sinks[0]?.outcomes.map((row) => row.because.at(-1)?.line)).toEqual([12, 14, 10]);
  });

  it("loses everything on Django 5.1, and says why", async () => {
    const reading = await project("", { ...files, "requirements.txt": "Django==5.1\ndj-database-url\ndjango-storages\n" });
    expect(sinksOf(reading)).toEqual({ "Article.cover": ["disk media"] });
    expect(reading.observations.map((one) => `${one.name}:${one.line}`)).toEqual(
      expect.arrayContaining(["setting-ignored-by-version:12", "setting-ignored-by-version:14"]),
    );
  });
});
