import { describe, expect, it } from "vitest";
import { databasesOf, readingOf, sinksOf } from "../reading.fixture.js";
import type { Reading } from "../model.js";
import { pythonReader } from "./index.js";

function flask(body: string, more: Readonly<Record<string, string>> = {}): Promise<Reading> {
  return readingOf(pythonReader, {
    "app.py": `import os\nfrom flask import Flask, request, current_app\napp = Flask(__name__)\n${body}`,
    ...more,
  });
}

function fastapi(body: string, more: Readonly<Record<string, string>> = {}): Promise<Reading> {
  const head = "import os, shutil\nfrom fastapi import FastAPI, UploadFile, File\napp = FastAPI()\n";
  return readingOf(pythonReader, { "main.py": `${head}${body}`, ...more });
}

describe("Flask", () => {
  it("saves to the folder of its configuration", async () => {
    const reading = await flask(`app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "static/uploads")
app.config["UPLOAD_FOLDER"] = "static/uploads"
@app.route("/photos", methods=["POST"])
def photos():
    photo = request.files["photo"]
    photo.save(os.path.join(app.config["UPLOAD_FOLDER"], photo.filename))
`);
    expect(reading.framework).toBe("flask");
    expect(sinksOf(reading)).toEqual({ "/photos": ["disk static/uploads"] });
  });

  it("follows blueprints, helpers and classes of configuration", async () => {
    const reading = await readingOf(pythonReader, {
      "wsgi.py": "from shop import create_app\napp = create_app('production')\n",
      Procfile: "web: gunicorn wsgi:app\n",
      "config.py": `import os
class Config:
    UPLOAD_FOLDER = os.environ.get("UPLOAD_FOLDER", "uploads")
    SQLALCHEMY_DATABASE_URI = "sqlite:///dev.db"
class ProductionConfig(Config):
    SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
config = {"production": ProductionConfig, "default": Config}
`,
      "shop/__init__.py": `from flask import Flask
from config import config
def create_app(name="default"):
    app = Flask(__name__)
    app.config.from_object(config[name])
    from .views import views
    app.register_blueprint(views)
    return app
`,
      "shop/views.py": `from flask import Blueprint, request
from .files import keep
views = Blueprint("views", __name__)
@views.post("/papers")
def papers():
    for paper in request.files.getlist("papers"):
        keep(paper)
`,
      "shop/files.py": `import os
from flask import current_app
def keep(paper):
    folder = current_app.config["UPLOAD_FOLDER"]
    paper.save(os.path.join(folder, "papers", paper.filename))
`,
    });
    expect(sinksOf(reading)).toEqual({ "POST /papers": [`disk \${UPLOAD_FOLDER:-uploads}/papers`] });
    expect(databasesOf(reading)).toEqual({ default: ["database postgres"] });
  });

  it("chooses between a service and the disk by a variable", async () => {
    const reading = await flask(`import boto3
BUCKET = os.environ.get("S3_BUCKET")
@app.post("/photos")
def photos():
    photo = request.files["photo"]
    if BUCKET:
        boto3.client("s3").upload_fileobj(photo, BUCKET, photo.filename)
    else:
        photo.save("static/" + photo.filename)
`);
    expect(sinksOf(reading)).toEqual({ "POST /photos": ["S3_BUCKET → s3", "disk static"] });
  });

  it("takes a stop on the disk on the way to a service for no loss", async () => {
    const reading = await flask(`import cloudinary.uploader
@app.post("/photos")
def photos():
    photo = request.files["photo"]
    path = os.path.join("uploads", photo.filename)
    photo.save(path)
    cloudinary.uploader.upload(path)
    os.remove(path)
`);
    expect(sinksOf(reading)).toEqual({ "POST /photos": ["cloudinary"] });
  });

  it("takes a service's error that ends on the disk for a silent fall-back", async () => {
    const reading = await flask(`import cloudinary.uploader
@app.post("/photos")
def photos():
    photo = request.files["photo"]
    try:
        return cloudinary.uploader.upload(photo)["secure_url"]
    except Exception:
        photo.save(os.path.join("uploads", photo.filename))
`);
    expect(sinksOf(reading)).toEqual({ "POST /photos": ["disk uploads"] });
    expect(reading.sinks[0]?.outcomes[0]?.because[0]?.why).toContain("without a word");
  });

  it("does not count files that are only read, nor temporary ones", async () => {
    const reading = await flask(`import tempfile, pandas
@app.post("/tables")
def tables():
    table = request.files["table"]
    with tempfile.NamedTemporaryFile() as target:
        table.save(target.name)
        return str(pandas.read_csv(target.name))
@app.post("/more")
def more():
    path = os.path.join("in", "table.csv")
    request.files["table"].save(path)
    rows = open(path).read()
    os.remove(path)
    return rows
`);
    expect(sinksOf(reading)).toEqual({});
  });

  it("keeps pictures sent as text, and those it draws again", async () => {
    const reading = await flask(`import base64, io
from PIL import Image
@app.post("/drawing")
def drawing():
    data = base64.b64decode(request.json["image"])
    with open(os.path.join("drawings", "a.png"), "wb") as target:
        target.write(data)
@app.post("/avatar")
def avatar():
    picture = Image.open(request.files["avatar"])
    picture.thumbnail((64, 64))
    picture.save("avatars/x.png")
`);
    expect(sinksOf(reading)).toEqual({ "POST /drawing": ["disk drawings/a.png"], "POST /avatar": ["disk avatars/x.png"] });
  });

  it("in the app's own database lie where that lies", async () => {
    const body = (address: string): string => `import sqlite3
from pymongo import MongoClient
db = ${address}
@app.post("/pictures")
def pictures():
    db.pictures.insert_one({"data": request.files["picture"].read()})
    return "ok"
`;
    expect(sinksOf(await flask(body('MongoClient(os.environ["MONGO_URL"])')))).toEqual({ "POST /pictures": ["database mongodb"] });
    expect(sinksOf(await flask(body('sqlite3.connect("shop.db")')))).toEqual({ "POST /pictures": ["disk shop.db"] });
  });

  it("handed to what was not understood are said to be unknown", async () => {
    const reading = await flask(`@app.post("/papers")
def papers():
    current_vault().upload_paper(request.files["paper"])
`);
    expect(sinksOf(reading)).toEqual({ "POST /papers": ["unknown: what upload_paper does with the file"] });
  });

  it("does not count what the app never imports", async () => {
    const reading = await flask("", { "attic.py": "from flask import request\ndef old():\n    request.files['a'].save('a')\n" });
    expect(sinksOf(reading)).toEqual({});
  });
});

describe("FastAPI", () => {
  it("copies to the disk in every usual way", async () => {
    const reading = await fastapi(`import aiofiles
from pathlib import Path
FOLDER = Path("uploads")
@app.post("/one")
async def one(file: UploadFile = File(...)):
    with open(FOLDER / file.filename, "wb") as target:
        shutil.copyfileobj(file.file, target)
@app.post("/two")
async def two(files: list[UploadFile]):
    for file in files:
        (FOLDER / "two" / file.filename).write_bytes(await file.read())
@app.post("/three")
async def three(data: bytes = File(...)):
    async with aiofiles.open(f"/data/three/{1}", "wb") as target:
        await target.write(data)
`);
    expect(reading.framework).toBe("fastapi");
    expect(sinksOf(reading)).toEqual({
      "POST /one": ["disk uploads"],
      "POST /two": ["disk uploads/two"],
      "POST /three": ["disk /data/three/1"],
    });
  });

  it("is found where a script serves it by its name", async () => {
    const reading = await readingOf(pythonReader, {
      Procfile: "web: python run.py\n",
      "run.py": 'import uvicorn\nif __name__ == "__main__":\n    uvicorn.run("shop.main:app", port=8000)\n',
      "shop/main.py": `from fastapi import FastAPI, UploadFile
app = FastAPI()
@app.put("/scan")
async def scan(file: UploadFile):
    with open("scans/a", "wb") as target:
        target.write(await file.read())
`,
    });
    expect(sinksOf(reading)).toEqual({ "PUT /scan": ["disk scans/a"] });
  });

  it("follows a service of the app's own, and settings of pydantic", async () => {
    const reading = await fastapi(
      `from files import FileService
service = FileService()
@app.post("/files")
async def files(file: UploadFile):
    return await service.keep(file)
`,
      {
        "settings.py": `from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    upload_dir: str = "media"
    database_url: str
settings = Settings()
`,
        "files.py": `import os
from settings import settings
from sqlalchemy import create_engine
engine = create_engine(settings.database_url)
class FileService:
    def __init__(self):
        self.folder = os.path.join(settings.upload_dir, "files")
    async def keep(self, file):
        with open(os.path.join(self.folder, file.filename), "wb") as target:
            target.write(await file.read())
`,
      },
    );
    expect(sinksOf(reading)["POST /files"]).toEqual([`disk \${UPLOAD_DIR:-media}/files`]);
    expect(databasesOf(reading)).toEqual({ default: ["database postgres"] });
  });

  it("counts an address that the browser is given to send its file to", async () => {
    const signs = (call: string): Promise<Reading> =>
      fastapi(`import boto3
@app.post("/presigned")
def presigned(name: str):
    return ${call}
`);
    const bucket = 'boto3.client("s3").generate_presigned_url("put_object", Params={"Bucket": "b", "Key": name})';
    expect(sinksOf(await signs(bucket))).toEqual({ "POST /presigned": ["s3"] });
    expect(sinksOf(await signs('boto3.client("s3").generate_presigned_post("b", name)'))).toEqual({ "POST /presigned": ["s3"] });
    const read = 'boto3.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": name})';
    expect(sinksOf(await signs(read))).toEqual({});
  });

  it("does not take a service that only reads a file for one that keeps it", async () => {
    const posts = (address: string): Promise<Reading> =>
      fastapi(`import httpx
@app.post("/voice")
async def voice(file: UploadFile = File(...)):
    return httpx.post("${address}", files={"file": await file.read()}).json()
`);
    expect(sinksOf(await posts("https://api.groq.com/openai/v1/audio/transcriptions"))).toEqual({});
    expect(sinksOf(await posts("https://files.example/objects"))).toEqual({ "POST /voice": ["another service"] });
  });
});

describe("databases", () => {
  const django = async (settings: string): Promise<Readonly<Record<string, readonly string[]>>> =>
    databasesOf(
      await readingOf(pythonReader, {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\nimport django\n',
        "settings.py": `import os, dj_database_url, environ\nfrom pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent\nINSTALLED_APPS = []\nenv = environ.Env()\n${settings}`,
      }),
    );
  const sqlite = '{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}';

  it.each([
    [`DATABASES = {"default": ${sqlite}}`, ["disk db.sqlite3"]],
    ['DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}', ["database postgres"]],
    ['DATABASES = {"default": dj_database_url.config()}', ["DATABASE_URL → database postgres", "fails"]],
    [
      'DATABASES = {"default": dj_database_url.config(default="sqlite:///db.sqlite3")}',
      ["DATABASE_URL → database postgres", "disk db.sqlite3"],
    ],
    ['DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}', ["database postgres"]],
    [
      'DATABASES = {"default": env.db("DATABASE_URL", default="sqlite:////data/db.sqlite3")}',
      ["DATABASE_URL → database postgres", "disk /data/db.sqlite3"],
    ],
    [
      `DATABASES = {"default": ${sqlite}}\nif "DATABASE_URL" in os.environ:\n    DATABASES["default"] = dj_database_url.config()`,
      ["DATABASE_URL → database postgres", "DATABASE_URL there → fails", "disk db.sqlite3"],
    ],
    [
      `DATABASES = {"default": ${sqlite}}\nDATABASES["default"].update(dj_database_url.config(conn_max_age=600))`,
      ["DATABASE_URL → database postgres", "disk db.sqlite3"],
    ],
    [
      `DATABASES = {"default": ${sqlite}}\nimport django_heroku\ndjango_heroku.settings(locals())`,
      ["DATABASE_URL → database postgres", "disk db.sqlite3"],
    ],
    [
      'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DB_PATH", "/var/data/db.sqlite3")}}',
      [`disk \${DB_PATH:-/var/data/db.sqlite3}`],
    ],
  ])("of Django: %s", async (settings, expected) => {
    const { default: found } = await django(`${settings}\n`);
    expect(found).toEqual(expected);
  });

  it("of Flask lie in the instance folder where the address is relative", async () => {
    expect(
      databasesOf(await flask('app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL") or "sqlite:///site.db"\n')),
    ).toEqual({
      default: ["DATABASE_URL → database postgres", "disk instance/site.db"],
    });
  });

  it("are opened by hand, by one function or another", async () => {
    const reading = await flask(`import sqlite3, psycopg2
def connect():
    if os.environ.get("DATABASE_URL"):
        return psycopg2.connect(os.environ["DATABASE_URL"])
    return sqlite3.connect("shop.db")
`);
    expect(databasesOf(reading)).toEqual({ default: ["DATABASE_URL → database postgres", "disk shop.db"] });
  });

  it("may be a file of JSON", async () => {
    expect(databasesOf(await flask('from tinydb import TinyDB\ndb = TinyDB("data/db.json")\n'))).toEqual({
      "JSON file": ["disk data/db.json"],
    });
  });

  it("may be files of JSON that the app writes by itself, where there is nothing else", async () => {
    const body = `import json
def save(name, data):
    with open(os.path.join("data", name), "w") as target:
        json.dump(data, target)
def save_users(users):
    save("users.json", users)
`;
    expect(databasesOf(await flask(body))).toEqual({ "JSON file": ["disk data/users.json"] });
    expect(databasesOf(await flask(`${body}app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]\n`))).toEqual({
      default: ["database postgres"],
    });
  });

  it("of MongoDB are servers", async () => {
    expect(
      databasesOf(
        await fastapi('from motor.motor_asyncio import AsyncIOMotorClient\nclient = AsyncIOMotorClient(os.getenv("MONGO_URL"))\n'),
      ),
    ).toEqual({ default: ["database mongodb"] });
  });

  it("of Supabase and of Amazon are servers", async () => {
    const supabase = 'from supabase import create_client\nclient = create_client(os.environ["URL"], os.environ["KEY"])\n';
    expect(databasesOf(await fastapi(supabase))).toEqual({ default: ["database supabase"] });
    const dynamo = 'import boto3\ntable = boto3.resource("dynamodb").Table("a")\nbucket = boto3.client("s3")\n';
    expect(databasesOf(await fastapi(dynamo))).toEqual({ default: ["database dynamodb"] });
  });
});

describe("a repository that means no good", () => {
  it("is read to its end", async () => {
    const deep = `${"(".repeat(3000)}1${")".repeat(3000)}`;
    const nested = Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}if x${depth}:`).join("\n");
    const wide = Array.from(
      { length: 40 },
      (_, at) => `if os.environ.get("A${at}"):\n    MEDIA_ROOT = "m${at}"\nelif MEDIA_ROOT:\n    MEDIA_ROOT = MEDIA_ROOT + "x"\n`,
    ).join("");
    const reading = await readingOf(pythonReader, {
      "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\nimport django\n',
      "settings.py": `import os\nfrom other import *\nINSTALLED_APPS = []\nMEDIA_ROOT = "m"\n${wide}X = ${deep}\ndef f(a):\n    return f(f(a))\nf(1)\nwhile True:\n    pass\n`,
      "other.py": "from settings import *\nimport other\n",
      "models.py": `from django.db import models\nclass A(models.Model):\n    a = models.FileField()\n${nested}\n`,
      "binary.py": "\u0001\u0002 = = (((",
    });
    expect(reading.framework).toBe("django");
    expect(reading.sinks).toHaveLength(1);
  });

  it("that has no app of Python's is none of ours", async () => {
    const { treeOf, noDeployment } = await import("../source-tree.fixture.js");
    expect(await pythonReader.read(treeOf({ "tool.py": "print(1)\n" }), ".", noDeployment)).toBeUndefined();
  });
});
