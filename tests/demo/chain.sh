#!/bin/bash
# chain.sh OUTDIR [BLOCKS]: make a source chain of BLOCKS (6000) in OUTDIR/chain-BLOCKS. A chain of that
# length and genesis that is already there is kept: the second call costs nothing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

[ $# -ge 1 ] || { echo "usage: chain.sh OUTDIR [BLOCKS]" >&2; exit 1; }
blocks=${2:-6000}
"$here/prepare.sh" "$1"
out=$(cd "$1" && pwd)
chain=$out/chain-$blocks
exec 8>"$chain.lock" # one at a time: tests run beside each other
flock 8
stamp=$(sha256sum <"$out/genesis.json")
[ "$(cat "$chain/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -rf "$chain"
"${NODE:-node}" -r "$here/shim.js" "$here/genchain.js" "$out/app" "$out" "$chain" "$blocks"
echo "$stamp" >"$chain/stamp"
