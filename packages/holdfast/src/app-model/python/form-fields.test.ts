import { describe, expect, it } from "vitest";
import { readingOf, sinksOf } from "../reading.fixture.js";
import { pythonReader } from "./index.js";

/** A Flask app whose form has this field, and whose view does this with it. */
const kept = async (field: string, ...lines: readonly string[]) =>
  sinksOf(
    await readingOf(pythonReader, {
      "requirements.txt": "Flask\nFlask-WTF\n",
      "forms.py": `from flask_wtf import FlaskForm\nfrom flask_wtf.file import FileField\nfrom wtforms import StringField, MultipleFileField\nclass Profile(FlaskForm):\n    picture = ${field}\n`,
      "app.py": `import os\nfrom flask import Flask\nfrom PIL import Image\nfrom forms import Profile\napp = Flask(__name__)\ndef keep(picture):\n    image = Image.open(picture)\n    image.thumbnail((125, 125))\n    image.save(os.path.join("static/pictures", picture.filename))\n@app.post("/profile")\ndef profile():\n    form = Profile()\n    if form.validate_on_submit():\n        ${lines.join("\n        ")}\n`,
    }),
  );

describe("a field of a form of WTForms", () => {
  it("is the file that was sent, by its data", async () => {
    const save = ["file = form.picture.data", 'file.save(os.path.join("uploads", file.filename))'];
    expect(await kept('FileField("Picture")', ...save)).toEqual({ "POST /profile": ["disk uploads"] });
    expect(await kept('FileField("Picture")', "keep(form.picture.data)")).toEqual({ "POST /profile": ["disk static/pictures"] });
    const many = ["for file in form.picture.data:", '    file.save("uploads/" + file.filename)'];
    expect(await kept('MultipleFileField("Pictures")', ...many)).toEqual({ "POST /profile": ["disk uploads"] });
  });

  it("is a text where it is a field of texts", async () => {
    expect(await kept('StringField("Name")', 'open("names.txt", "w").write(form.picture.data)')).toEqual({});
  });
});
