#!/usr/bin/env bash
# Make a base image for Dockerfiles from this machine's own Debian packages, without a registry of images; with this machine's Node and
# npm, Debian's Python or its nginx in it: base-image.sh NAME node|python|nginx
set -euo pipefail
name=$1 kind=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

packages=(base-files base-passwd bash dash coreutils grep sed findutils libc6 libc-bin libgcc-s1 libstdc++6 libselinux1
  libpcre2-8-0 libacl1 libattr1 libgmp10 libcrypt1 libtinfo6 libssl3 zlib1g ca-certificates)
case "$kind" in
  python)
    python=$(basename "$(readlink -f /usr/bin/python3)")
    packages+=("$python" "$python-minimal" "$python-venv" "lib$python-minimal" "lib$python-stdlib" python3-pip-whl python3-setuptools-whl
      libexpat1 libffi8 libsqlite3-0 libbz2-1.0 liblzma5 libdb5.3 libncursesw6 libreadline8 libuuid1 libnsl2 libtirpc3 media-types tzdata)
    ;;
  nginx)
    packages+=(nginx nginx-common nginx-light)
    # Of which one it was built with.
    for library in libpcre3 libpcre2-8-0; do
      if dpkg -s "$library" >/dev/null 2>&1; then packages+=("$library"); fi
    done
    ;;
esac

mkdir -p "$root"/{usr/{bin,lib,lib64,sbin},etc,tmp,root,proc,sys,dev,run,var/tmp}
for folder in bin lib lib64 sbin; do ln -s "usr/$folder" "$root/$folder"; done
chmod 1777 "$root/tmp" "$root/var/tmp"
# Where / and /usr are merged, packages still name /lib: each file goes to where its folder really is.
dpkg -L "${packages[@]}" | sort -u | while IFS= read -r path; do
  [[ -d "$path" && ! -L "$path" ]] || [[ ! -e "$path" && ! -L "$path" ]] && continue
  case "$path" in /usr/share/doc/* | /usr/share/man/* | /usr/share/locale/* | /usr/share/info/*) continue ;; esac
  printf '%s/%s\n' "$(realpath "$(dirname "$path")")" "$(basename "$path")"
done | sort -u | tar -cf - --no-recursion -T - 2>/dev/null | tar -xf - -C "$root"
printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
mkdir -p "$root/etc/ssl"
cp -a /etc/ssl/certs "$root/etc/ssl/"

case "$kind" in
  node)
    node=$(readlink -f "$(command -v node)")
    npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
    install -D "$node" "$root/usr/bin/node"
    mkdir -p "$root/usr/lib/node_modules"
    cp -a "$npm" "$root/usr/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
    ;;
  python) ln -s "$python" "$root/usr/bin/python" && ln -sf "$python" "$root/usr/bin/python3" ;;
  nginx) mkdir -p "$root/usr/share/nginx/html" "$root/var/log/nginx" "$root/var/lib/nginx" ;;
esac
tar -cf - -C "$root" . | podman import --quiet - "$name" >/dev/null
