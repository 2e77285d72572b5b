#!/usr/bin/env bash
# Make a base image for the examples' Dockerfiles from this machine's own Debian packages, Node and npm, without a registry of
# images: base-image.sh NAME
set -euo pipefail
name=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

packages=(base-files base-passwd bash dash coreutils grep sed findutils libc6 libc-bin libgcc-s1 libstdc++6 libselinux1
  libpcre2-8-0 libacl1 libattr1 libgmp10 libcrypt1 libtinfo6 libssl3 zlib1g ca-certificates)

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

node=$(readlink -f "$(command -v node)")
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
install -D "$node" "$root/usr/bin/node"
mkdir -p "$root/usr/lib/node_modules"
cp -a "$npm" "$root/usr/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
tar -cf - -C "$root" . | podman import --quiet - "$name" >/dev/null
