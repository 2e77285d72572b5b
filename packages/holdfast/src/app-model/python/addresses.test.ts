import { describe, expect, it } from "vitest";
import { databasesOf, readingOf } from "../reading.fixture.js";
import { pythonReader } from "./index.js";

const start =
  'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nfrom django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n';
const postgres = 'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "a"}}';
const sqlite = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}';

const databases = async (settings: string) =>
  databasesOf(
    await readingOf(pythonReader, {
      "manage.py": start,
      "shop/__init__.py": "",
      "shop/wsgi.py": start,
      "shop/settings.py": `import os\nINSTALLED_APPS = ["django.contrib.admin"]\n${settings}\n`,
      "requirements.txt": "Django==5.0.6\n",
    }),
  );

describe("settings that ask how an address begins", () => {
  it.each([
    'os.environ.get("DATABASE_URL", "").startswith("postgres")',
    'os.environ.get("DATABASE_URL", "").startswith(("postgres://", "postgresql://"))',
    '"postgres" in os.getenv("DATABASE_URL", "")',
  ])("depend on the variable: %s", async (test) => {
    const [[, table] = []] = Object.entries(await databases(`if ${test}:\n    ${postgres}\nelse:\n    ${sqlite}`));
    expect(table).toHaveLength(2);
    expect(table?.[0]).toMatch(/^DATABASE_URL=postgres.*… → database postgres$/);
    expect(table?.[1]).toBe("disk db.sqlite3");
  });

  it("count what stands in for it", async () => {
    const url = 'url = os.environ.get("DATABASE_URL", "sqlite:///a.db")';
    const found = await databases(`${url}\nif url.startswith("sqlite"):\n    ${sqlite}\nelse:\n    ${postgres}`);
    expect(found).toEqual({ default: ["DATABASE_URL=sqlite… → disk db.sqlite3", "database postgres"] });
  });
});
