// Measures how long the doctor takes over a repository of 2,000 files, made from a seed: a Django app, an Express server, React pages.
//
//   node bench/doctor-corpus/speed.js [--files 2000] [--rounds 5] [--dist packages/holdfast/dist]
//
// Each round is a process of its own, as a person would start it; the first reads the files from the disk, the others from its cache.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
    dist: { type: "string", default: resolve(import.meta.dirname, "../../packages/holdfast/dist") },
    examine: { type: "string" },
  },
});

if (values.examine !== undefined) await examine(values.examine);
else measure();

async function examine(directory) {
  const load = (path) => import(pathToFileURL(join(resolve(values.dist), path)).href);
  const started = performance.now();
  const { readTree } = await load("app-model/tree.js");
  const { readApps } = await load("app-model/read-app.js");
  const { judge } = await load("doctor/judge.js");
  const tree = await readTree(directory);
  const apps = await readApps(tree);
  const verdicts = apps.map(
    (app) => `${app.root}: ${app.readings.map(({ framework }) => framework).join("+")} ${judge(app).uploads.answer}`,
  );
  const cpu = process.cpuUsage();
  console.log(
    JSON.stringify({
      files: tree.paths.length,
      ms: Math.round(performance.now() - started),
      cpuMs: Math.round((cpu.user + cpu.system) / 1000),
      megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
      verdicts,
    }),
  );
}

function measure() {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-speed-"));
  try {
    make(folder, Number(values.files));
    for (let round = 1; round <= Number(values.rounds); round++) {
      const words = [fileURLToPath(import.meta.url), "--examine", folder, "--dist", values.dist];
      const run = spawnSync(process.execPath, words, { encoding: "utf8" });
      console.log(run.status === 0 ? `round ${round}: ${run.stdout.trim()}` : run.stderr);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A third each of Python, of a Node server, of pages; a few files more say what they are. */
function make(folder, count) {
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write("render.yaml", "services:\n  - type: web\n    runtime: python\n    rootDir: backend\n    startCommand: gunicorn site.wsgi\n");
  write("backend/manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n');
  write("backend/requirements.txt", "Django==5.1\n");
  write("backend/site/__init__.py", "");
  write("backend/site/wsgi.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site.settings")\n');
  const third = Math.floor((count - 12) / 3);
  const apps = Math.ceil(third / 5);
  const names = Array.from({ length: apps }, (_, index) => `app${index}`);
  write(
    "backend/site/settings.py",
    `import os\nINSTALLED_APPS = [${names.map((name) => `"${name}"`).join(", ")}]\nMEDIA_ROOT = "media"\n` +
      'if os.environ.get("CLOUDINARY_URL"):\n    STORAGES = {"default": {"BACKEND": "cloudinary_storage.storage.MediaCloudinaryStorage"}}\n',
  );
  write("api/package.json", '{ "main": "src/index.js", "dependencies": { "express": "4", "multer": "1" } }');
  write("web/package.json", '{ "dependencies": { "react": "19" } }');
  const python = {
    "models.py": (app) =>
      `from django.db import models\n\n${many(8, (n) => `class ${app}Thing${n}(models.Model):\n    name = models.CharField(max_length=100)\n    photo = models.ImageField(upload_to="${app}/")\n    made = models.DateTimeField(auto_now_add=True)\n\n    def __str__(self):\n        return f"{self.name} {self.made}"\n\n`)}`,
    "views.py": (app) =>
      `from django.shortcuts import render, redirect\nfrom .models import ${app}Thing0\nfrom .forms import ThingForm\n\n${many(15, (n) => `def view${n}(request, pk=None):\n    things = ${app}Thing0.objects.filter(name__icontains=request.GET.get("q", ""))\n    if request.method == "POST":\n        form = ThingForm(request.POST, request.FILES)\n        if form.is_valid():\n            form.save()\n            return redirect("/")\n    return render(request, "x.html", {"things": things, "n": ${n}})\n\n`)}`,
    "forms.py": (app) =>
      `from django import forms\nfrom .models import ${app}Thing0\n\nclass ThingForm(forms.ModelForm):\n    class Meta:\n        model = ${app}Thing0\n        fields = "__all__"\n`,
    "urls.py": () =>
      `from django.urls import path\nfrom . import views\nurlpatterns = [\n${many(15, (n) => `    path("v${n}/", views.view${n}),\n`)}]\n`,
    "admin.py": (app) => `from django.contrib import admin\nfrom .models import ${app}Thing0\nadmin.site.register(${app}Thing0)\n`,
  };
  for (const app of names) for (const [name, text] of Object.entries(python)) write(`backend/${app}/${name}`, text(app));
  for (let index = 0; index < third; index++) {
    write(
      `api/src/routes/route${index}.js`,
      `const express = require("express");\nconst multer = require("multer");\nconst service = require("./route${Math.max(0, index - 1)}");\nconst router = express.Router();\nconst upload = multer({ storage: multer.memoryStorage() });\n${many(12, (n) => `router.get("/items/${n}/:id", async (req, res, next) => {\n  try {\n    const found = await req.app.locals.db.find({ id: req.params.id, n: ${n} });\n    if (!found) return res.status(404).json({ error: "not found" });\n    res.json({ ...found, at: new Date().toISOString() });\n  } catch (error) {\n    next(error);\n  }\n});\n`)}module.exports = { router, upload, service };\n`,
    );
    write(
      `web/src/part${index}.tsx`,
      `import { useState } from "react";\nexport function Part${index}({ items }: { items: string[] }) {\n  const [open, setOpen] = useState(false);\n  return (\n    <section>\n${many(20, (n) => `      <button onClick={() => setOpen(!open)}>{items[${n}]}</button>\n`)}    </section>\n  );\n}\n`,
    );
  }
  const uses = Array.from({ length: third }, (_, index) => `app.use("/r${index}", require("./routes/route${index}").router);\n`).join("");
  write("api/src/index.js", `const express = require("express");\nconst app = express();\n${uses}app.listen(3000);\n`);
}

function many(count, textOf) {
  return Array.from({ length: count }, (_, index) => textOf(index)).join("");
}
