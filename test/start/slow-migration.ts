/** A Django migration of an app `shop` that takes as long as MIGRATION_S says, so that another start meets it. */
export const slowMigration = `
import os, time
from django.db import migrations, models

def wait(apps, schema_editor):
    print("migrating", flush=True)
    time.sleep(float(os.environ.get("MIGRATION_S", "0")))

class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Article", [("id", models.BigAutoField(primary_key=True)), ("title", models.CharField(max_length=80))]),
        migrations.RunPython(wait, migrations.RunPython.noop),
    ]
`;
