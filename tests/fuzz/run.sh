#!/bin/bash
# run.sh [SECONDS [TARGET…]]: libFuzzer on each target for so long (default 60). Ends with 1 when one broke; what
# broke it lies in build/fuzz-output/TARGET. New inputs that reach new code are kept there for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(compose recipe journal engine ethstats)
broken=()

make --no-print-directory -s -j"$(nproc)" -C server CC=clang VARIANT=fuzz all fuzz
for t in "${targets[@]}"; do
	out=build/fuzz-output/$t
	mkdir -p "$out/found"
	echo "== $t"
	"build/fuzz/fuzz/$t" -max_total_time="$seconds" -max_len=65536 -timeout=20 -artifact_prefix="$out/" \
		"$out/found" "build/fuzz/seeds/$t" 2>"$out/log" || broken+=("$t")
	grep -E '^(==|SUMMARY|Done|#[0-9]+.*DONE)' "$out/log" || :
done
[ ${#broken[@]} -eq 0 ] || { echo "broken: ${broken[*]}"; exit 1; }
