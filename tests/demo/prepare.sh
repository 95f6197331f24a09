#!/bin/bash
# prepare.sh OUTDIR: what image.sh and chain.sh share. OUTDIR/app gets the client and its modules,
# OUTDIR/genesis.json and OUTDIR/key are made once: image and chain must agree on the genesis.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

die() { echo "prepare.sh: $*" >&2; exit 1; }

[ $# -eq 1 ] || die "usage: prepare.sh OUTDIR"
mkdir -p "$1/app"
out=$(cd "$1" && pwd)
exec 9>"$out/lock.prepare" # one at a time: tests run beside each other
flock 9
node=${NODE:-$(command -v node)} || die "node is missing (apt-get install nodejs npm)"

if ! cmp -s "$here/package-lock.json" "$out/app/installed"; then
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$out/app/"
	# No scripts: the only native module that we use ships its binaries, see shim.js for the other.
	(cd "$out/app" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund) \
		>"$out/npm.log" 2>&1 || die "npm ci failed, see $out/npm.log"
	cp "$here/package-lock.json" "$out/app/installed"
fi
cp "$here/shim.js" "$out/app/shim.js"
[ -s "$out/genesis.json" ] || "$node" -r "$here/shim.js" "$here/mkgen.js" "$out/app" "$out"
