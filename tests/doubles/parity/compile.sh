#!/bin/bash
# compile.sh: the double as build/doubles/parity, made anew when a source is newer; prints where it is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath -m "$here/../../../build/doubles/parity")

if [ ! -x "$program" ] || [ -n "$(find "$here" -newer "$program" -print -quit)" ]; then
	mkdir -p "${program%/*}"
	musl-gcc -std=gnu11 -Wall -Wextra -Os -static -s -o "$program.$$" "$here"/*.c ||
		{ echo "compile.sh: the double does not compile (apt-get install musl-tools)" >&2; exit 1; }
	mv "$program.$$" "$program" # suites run beside each other
fi
echo "$program"
