import { matchObserved, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const split = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const { "shop/settings.py": base = "", ...rest } = djangoExample(serverDatabase);
  return {
    ...rest,
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.dev")\n',
    "shop/wsgi.py":
      'import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.dev")\napplication = get_wsgi_application()\n',
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": base.replace(".parent.parent", ".parent.parent.parent"),
    "shop/settings/dev.py": `from .base import *\n\nDEBUG = True\n${folderUploads}`,
    "shop/settings/production.py":
      'from .base import *\n\nDEBUG = False\nSTORAGES = {"default": {"BACKEND": "storages.backends.s3.S3Storage"}, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}\n',
    ...more,
  };
};
const chosen = `services:
  - type: web
    name: shop
    runtime: python
    buildCommand: pip install -r requirements.txt
    startCommand: gunicorn shop.wsgi
    envVars:
      - key: DJANGO_SETTINGS_MODULE
        value: shop.settings.production
`;

/** Production runs on the settings of development, because nobody says which to take. */
export const settingsModuleNotSet: Rule = {
  code: "ENV002",
  severity: "error",
  leadsToDeploy: true,
  words: {
    en: {
      title: "Production starts with other settings than those written for it",
      says: ({ name, other }) =>
        `Nothing sets DJANGO_SETTINGS_MODULE for production, so ${name} is used; ${other === "" ? "the settings for production are" : `${other} is`} never loaded.`,
      why: "wsgi.py and manage.py name a default, usually the settings of development. Where neither the start command nor a variable says otherwise, the storage and the database of the production settings do not exist for the app.",
      remedy: ["Set DJANGO_SETTINGS_MODULE in the deploy file to the settings of production, or make them the default in wsgi.py."],
    },
  },
  find: (app) => matchObserved(app, "settings-module-not-set", ({ used = "the default", other = "" }) => ({ name: used, other })),
  example: { fires: split(), silent: split({ "render.yaml": chosen }) },
};
