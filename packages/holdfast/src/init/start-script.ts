import { isNeededBy } from "#env/check";
import type { EnvironmentSchema } from "#env/schema";
import { migrationLock } from "../start/postgres-lock.js";
import type { DjangoStack } from "./stack.js";

/**
 * Write `start.sh`, the start of a container without Node: what `holdfast start` does, in shell and Python. It replaces itself by
 * gunicorn, so that nothing of ours stays and signals reach the app.
 */
export function startScript({ wsgi, settings, collectsStatic }: DjangoStack, schema: EnvironmentSchema): string {
  const checks = Object.entries(schema.variables)
    .filter(([, variable]) => isNeededBy(variable, { phase: "start" }))
    .map(([name, { required }]) => `check ${name} ${required === true ? "required" : "optional"}`);
  return `#!/bin/sh
# The container's start: variables, static files, migrations once across instances, then the app. Made by holdfast init.
#
#   sh start.sh            all of it
#   sh start.sh migrate    variables and migrations alone: for a command before each deploy
set -eu
cd "$(dirname "$0")"
export DJANGO_SETTINGS_MODULE="\${DJANGO_SETTINGS_MODULE:-${settings}}"

say() { printf 'start: %s\\n' "$1" >&2; }

# Variables, from holdfast.yaml when this was made. Values are never printed; holdfast env check knows more mistakes than these.
problems=0
complain() { say "$1"; problems=$((problems + 1)); }
check() {
  value=
  eval "value=\\\${$1-}"
  case "$value" in
    "") if [ "$2" = required ]; then complain "$1 is not set"; fi ;;
    '"'*'"' | "'"*"'") complain "$1 has quotes around it: remove them" ;;
    ' '* | *' ') complain "$1 begins or ends with a space: remove it" ;;
    "$1="*) complain "$1 has its own name pasted into its value: keep only what comes after =" ;;
    *'<'*'>'*) complain "$1 still has a placeholder in angle brackets: put your own value there" ;;
  esac
}
${checks.length === 0 ? "# No variable was seen in the code. Add lines such as: check SECRET_KEY required" : checks.join("\n")}
if [ "$problems" -gt 0 ]; then
  say "the app was not started"
  exit 1
fi

${
  collectsStatic
    ? `# Static files. They are collected at each start, for the disk is new each time.
if [ "\${1-}" != migrate ]; then python manage.py collectstatic --noinput; fi
`
    : "# Static files: settings name no STATIC_ROOT, so there is nothing to collect.\n"
}
# Migrations, once across instances: under the same lock in PostgreSQL or MySQL that holdfast start takes. It goes with the connection,
# so an instance that dies in the middle keeps nobody waiting. A database that is a file has one process, and no lock.
python - <<'PY'
import os
import sys
import time

import django
from django.core.management import call_command
from django.db import OperationalError, connections

django.setup()
limit = time.monotonic() + float(os.environ.get("MIGRATE_TIMEOUT_SECONDS") or 300)


def say(text):
    print("start: " + text, file=sys.stderr, flush=True)


def wait(text, told=[]):
    if time.monotonic() > limit:
        say(text + "; it took too long, and the app was not started")
        sys.exit(3)
    if text not in told:
        told.append(text)
        say(text + "; waiting")
    time.sleep(0.5)


# A connection of its own, so that migrations may open and close theirs.
lock = connections["default"].copy()
take = {
    "postgresql": ("SELECT pg_try_advisory_lock(%s, %s)", [${migrationLock.join(", ")}]),
    "mysql": ("SELECT GET_LOCK(%s, 0)", ["holdfast start: migrations"]),
}.get(lock.vendor)
while take is not None:
    try:
        with lock.cursor() as cursor:
            cursor.execute(*take)
            if cursor.fetchone()[0]:
                break
        wait("another instance is migrating")
    except OperationalError as error:
        lock.close()
        wait("the database does not answer: " + str(error).strip().splitlines()[0])
call_command("migrate", interactive=False)
lock.close()
PY
if [ "\${1-}" = migrate ]; then exit 0; fi

# The app, in place of this script. On SIGTERM gunicorn takes no more requests and lets those under way finish, uploads among them.
exec gunicorn ${wsgi} \\
  --bind "0.0.0.0:\${PORT:-8000}" \\
  --workers "\${WEB_CONCURRENCY:-2}" \\
  --threads "\${WEB_THREADS:-4}" \\
  --timeout 120 \\
  --graceful-timeout "\${GRACE_SECONDS:-25}" \\
  --worker-tmp-dir /dev/shm \\
  --access-logfile -
`;
}
