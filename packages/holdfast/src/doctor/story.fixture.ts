/**
 * The story that Holdfast began with: a Django site on Render whose article pictures vanish. Settings with a branch for a bucket
 * and one for Cloudinary, a start command that names no settings module, and a database that falls back to SQLite.
 */
export const story: Readonly<Record<string, string>> = {
  "manage.py": `import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "magazine.settings.base")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
`,
  "requirements.txt":
    "Django==4.2.16\ngunicorn==23.0.0\ndjango-storages[s3]==1.14.4\ndjango-cloudinary-storage==0.3.0\ndj-database-url==2.2.0\n",
  "render.yaml": `services:
  - type: web
    name: magazine
    runtime: python
    buildCommand: ./build.sh
    startCommand: gunicorn magazine.wsgi:application
    envVars:
      - key: SECRET_KEY
        generateValue: true
      - key: DEBUG
        value: "False"
`,
  "build.sh": "pip install -r requirements.txt\npython manage.py collectstatic --noinput\npython manage.py migrate\n",
  "magazine/__init__.py": "",
  "magazine/wsgi.py": `import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "magazine.settings.base")

application = get_wsgi_application()
`,
  "magazine/urls.py": `from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
`,
  "magazine/settings/__init__.py": "",
  "magazine/settings/base.py": `import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "True") == "True"
ROOT_URLCONF = "magazine.urls"
WSGI_APPLICATION = "magazine.wsgi.application"
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "articles"]

if os.environ.get("DATABASE_URL"):
    DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}

MEDIA_URL = "/media/"
MEDIA_ROOT = BASE_DIR / "media"

if os.environ.get("CLOUDINARY_URL"):
    DEFAULT_FILE_STORAGE = "cloudinary_storage.storage.MediaCloudinaryStorage"

if os.environ.get("AWS_STORAGE_BUCKET_NAME"):
    DEFAULT_FILE_STORAGE = "storages.backends.s3boto3.S3Boto3Storage"
    AWS_STORAGE_BUCKET_NAME = os.environ["AWS_STORAGE_BUCKET_NAME"]
`,
  "magazine/settings/production.py": `from .base import *

DEBUG = False
ALLOWED_HOSTS = [os.environ["RENDER_EXTERNAL_HOSTNAME"]]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
DEFAULT_FILE_STORAGE = "cloudinary_storage.storage.MediaCloudinaryStorage"
`,
  "articles/__init__.py": "",
  "articles/models.py": `from django.db import models


class Article(models.Model):
    title = models.CharField(max_length=200)
    cover = models.ImageField(upload_to="articles/")
`,
};

/** The same site after an update of Django, with the setting that 5.1 no longer reads. */
export const storyUpdated: Readonly<Record<string, string>> = {
  ...story,
  "requirements.txt": (story["requirements.txt"] ?? "").replace("4.2.16", "5.1.4"),
};

/** A small shop on Express: photos go to a folder by multer, orders to a server. */
export const shop: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "shop",
  "scripts": { "start": "node src/server.js" },
  "dependencies": { "express": "4.21.2", "mongoose": "8.9.0", "multer": "1.4.5-lts.1" }
}
`,
  Procfile: "web: npm start\n",
  "src/upload.js": `const path = require("path");
const multer = require("multer");

const storage = multer.diskStorage({
  destination: (request, file, done) => done(null, path.join(__dirname, "..", "uploads")),
  filename: (request, file, done) => done(null, Date.now() + path.extname(file.originalname)),
});

module.exports = multer({ storage, limits: { fileSize: 5_000_000 } });
`,
  "src/server.js": `const express = require("express");
const mongoose = require("mongoose");
const upload = require("./upload");

mongoose.connect(process.env.MONGODB_URI);

const Product = mongoose.model("Product", new mongoose.Schema({ name: String, photo: String }));
const app = express();
app.use("/uploads", express.static("uploads"));

app.post("/products", upload.single("photo"), async (request, response) => {
  const product = await Product.create({ name: request.body.name, photo: "/uploads/" + request.file.filename });
  response.status(201).json(product);
});

app.listen(process.env.PORT || 3000);
`,
};
