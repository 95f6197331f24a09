#!/bin/bash
# seeds.sh TARGET DIR: the inputs that a fuzz target begins with, from files that the tests and the program use.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1 dir=$2
mkdir -p "$dir"

case $target in
compose)
	for f in tests/unit/compose/*/*.yml; do
		env=$(dirname "$f")/.env
		{ cat "$f"; [ ! -f "$env" ] || { printf '\0'; cat "$env"; }; } >"$dir/$(basename "$(dirname "$f")")-$(basename "$f")"
	done
	;;
recipe)
	cp shared/recipes/*.json "$dir/"
	rm "$dir/schema.json"
	;;
ethstats)
	# what recorded servers said, a file for each session
	awk -v dir="$dir" '/^=== / {to = dir "/" substr($2, 1, 1)} /S>C TEXT/ {sub(/.* len=[0-9]+ /, ""); print >to}' tests/ethstats/frames.txt
	;;
journal | engine)
	cp "tests/fuzz/$target"/* "$dir/"
	;;
*)
	echo "seeds.sh: no target \"$target\"" >&2
	exit 2
	;;
esac
