/** A small Django app on Render, as rules show it: `settings` are the lines that matter. */
export function djangoExample(settings: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "requirements.txt": "Django==5.2\ngunicorn==23.0.0\n",
    "render.yaml":
      "services:\n  - type: web\n    name: shop\n    runtime: python\n    buildCommand: pip install -r requirements.txt\n    startCommand: gunicorn shop.wsgi\n",
    "shop/__init__.py": "",
    "shop/wsgi.py":
      'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n',
    "shop/settings.py": `import os\nfrom pathlib import Path\n\nBASE_DIR = Path(__file__).resolve().parent.parent\nINSTALLED_APPS = ["listings"]\n${settings}`,
    "listings/__init__.py": "",
    "listings/models.py":
      'from django.db import models\n\n\nclass Listing(models.Model):\n    photo = models.ImageField(upload_to="photos/")\n',
    ...more,
  };
}

/** Settings whose database is a server, for examples that are about uploads only. */
export const serverDatabase =
  'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["DB_NAME"], "HOST": os.environ["DB_HOST"]}}\n';

/** Settings whose uploads go to a bucket, for examples that are about the database only. */
export const bucketUploads =
  'STORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\nAWS_STORAGE_BUCKET_NAME = os.environ["AWS_STORAGE_BUCKET_NAME"]\n';

/** Settings that keep uploads in a folder. */
export const folderUploads = 'MEDIA_URL = "/media/"\nMEDIA_ROOT = BASE_DIR / "media"\n';

/** A small Express app on Render, as rules show it: `server` are the lines between the imports and the start. */
export function expressExample(server: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    "package.json": `${JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" }, dependencies: { express: "5.1.0", multer: "2.0.2", "multer-storage-cloudinary": "4.0.0", cloudinary: "1.41.3" } })}\n`,
    "render.yaml": "services:\n  - type: web\n    name: shop\n    runtime: node\n    buildCommand: npm ci\n    startCommand: npm start\n",
    "server.js": `import express from "express";\nimport multer from "multer";\n\nconst app = express();\n${server}app.listen(process.env.PORT);\n`,
    ...more,
  };
}

/** A route that keeps a photo in the folder `uploads`. */
export const folderRoute =
  'const upload = multer({ dest: "uploads/" });\napp.post("/photos", upload.single("photo"), (request, response) => response.json(request.file));\n';
