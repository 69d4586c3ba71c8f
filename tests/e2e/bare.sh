#!/usr/bin/env bash
# ./dev demo --once on a bare Debian 12 (debootstrap's minbase, nothing else), from a clean clone, timed.
#
# usage: tests/e2e/bare.sh [COMMAND of ./dev, default demo --once]     needs root and debootstrap
set -euo pipefail
cd "$(dirname "$0")/../.."
tree=$(mktemp -d /var/tmp/stepwell-bare.XXXXXX)
cleanup() {
    umount -l "$tree/proc" "$tree/dev" 2>/dev/null || true
    rm -rf --one-file-system "$tree"
}
trap cleanup EXIT

debootstrap --variant=minbase bookworm "$tree" >/dev/null
cp /etc/resolv.conf /etc/hosts "$tree/etc/"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
git clone -q . "$tree/srv/stepwell"
[ ! -d ../shared ] || cp -r ../shared "$tree/srv/shared"

# Where this machine trusts certificates of its own, so does the tree.
variables=()
if [ -n "${SSL_CERT_FILE:-}" ]; then
    cp "$SSL_CERT_FILE" "$tree/srv/certificates.crt"
    variables=(NODE_EXTRA_CA_CERTS=/srv/certificates.crt PIP_CERT=/srv/certificates.crt)
fi
begun=$(date +%s)
chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 ${variables[@]+"${variables[@]}"} \
    /srv/stepwell/dev ${1:-demo --once}
echo "bare Debian 12 to the end of './dev ${1:-demo --once}': $(($(date +%s) - begun)) s on $(nproc) cores"
