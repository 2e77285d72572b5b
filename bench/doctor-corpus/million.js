// Makes hostile repositories of a million files each, and has the doctor examine them: that it ends, in bounded memory, and what it says.
//
//   node bench/doctor-corpus/million.js [--files 1000000] [--shape flat|folders|sources] [--keep] [--cli packages/holdfast/dist/bin.js]
//
// flat: all files in one folder. folders: a thousand folders of data. sources: a thousand folders of Python and JavaScript that import
// each other, which is the most work there is. Needs as many free inodes as files, and 4 kB of disk each.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "1000000" },
    shape: { type: "string", multiple: true, default: ["flat", "folders", "sources"] },
    keep: { type: "boolean", default: false },
    cli: { type: "string", default: resolve(import.meta.dirname, "../../packages/holdfast/dist/bin.js") },
  },
});

const shapes = {
  flat: (write, count) => {
    for (let index = 0; index < count; index++) write("media", `picture-${index}.jpg`, "x");
  },
  folders: (write, count) => {
    for (let index = 0; index < count; index++) write(`data/${index % 1000}`, `${index}.json`, '{ "a": 1 }');
  },
  sources: (write, count) => {
    for (let index = 0; index < count; index++) {
      const folder = `shop/app${index % 1000}`;
      const other = (index + 1) % 1000;
      if (index % 2 === 0)
        write(
          folder,
          `m${index}.py`,
          `from shop.app${other}.m${index + 2} import *\nfrom django.db import models\nclass P${index}(models.Model):\n    f = models.ImageField()\ndef view(request):\n    open("media/" + request.FILES["f"].name, "wb").write(request.FILES["f"].read())\n`,
        );
      else
        write(
          folder,
          `m${index}.js`,
          `const next = require("../app${(index + 2) % 1000}/m${index + 2}.js");\nconst router = require("express").Router();\nrouter.post("/", require("multer")({ dest: "uploads" }).single("f"), next.handler);\nmodule.exports = { router, handler: next.handler };\n`,
        );
    }
  },
};

for (const shape of values.shape) {
  const folder = mkdtempSync(join(tmpdir(), `holdfast-million-${shape}-`));
  try {
    const made = new Set();
    const write = (inside, name, text) => {
      if (!made.has(inside)) mkdirSync(join(folder, inside), { recursive: true });
      made.add(inside);
      writeFileSync(join(folder, inside, name), text);
    };
    write(".", "manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n');
    write(".", "settings.py", 'INSTALLED_APPS = ["shop"]\nMEDIA_ROOT = "/app/media"\n');
    write(".", "requirements.txt", "Django==5.1\n");
    write(".", "package.json", '{ "main": "server.js", "dependencies": { "express": "5", "multer": "2" } }');
    write(".", "server.js", 'const app = require("express")();\napp.use(require("./shop/app1/m1.js").router);\napp.listen(1);\n');
    const making = performance.now();
    shapes[shape](write, Number(values.files));
    const seconds = (performance.now() - making) / 1000;
    console.log(`${shape}: ${values.files} files made in ${seconds.toFixed(0)} s`);
    examine(folder);
  } finally {
    if (!values.keep) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept in ${folder}`);
  }
}

/** The command as a person runs it, with its time and its largest memory. */
function examine(folder) {
  const tell =
    'data:text/javascript,process.on("exit",()=>{const c=process.cpuUsage();console.error(`cpu ${((c.user+c.system)/1e6).toFixed(1)} s, ${Math.round(process.resourceUsage().maxRSS/1024)} MB`)})';
  const started = performance.now();
  const run = spawnSync(process.execPath, ["--import", tell, values.cli, "doctor", "--json", folder], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
    timeout: 600_000,
  });
  const wall = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`  exit ${run.status ?? run.signal}, ${wall} s by the clock, ${run.stderr.trim()}`);
  if (run.status === 0 || run.status === 1) {
    for (const { root, framework, verdicts } of JSON.parse(run.stdout).apps) {
      const [first] = verdicts.uploads.notUnderstood;
      console.log(`  ${root} ${framework}: uploads ${verdicts.uploads.answer}, database ${verdicts.database.answer}`);
      if (first !== undefined) console.log(`    not understood: ${first.file} ${first.why}`);
    }
  }
}
