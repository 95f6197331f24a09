#!/bin/bash
# libs.sh x86_64|arm_64: builds what is missing of the C library and the libraries for a static program.
#
# Prints one path: a folder with bin/musl-cc, include/ and lib/. Each library is a folder of its own in
# build/cache/static/ARCH/, named after a hash of all that it is made of: version, recipe, flags, compiler, and the
# libraries that it needs. It is built beside it and renamed when complete, so that a folder with the name is whole.
set -euo pipefail
arch=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/build/cache/static

case $arch in
x86_64) export MACHINE=x86_64 KERNEL_HEADERS=/usr/include ;;
arm_64) export MACHINE=aarch64 KERNEL_HEADERS=/usr/aarch64-linux-gnu/include ;;
*) echo "libs.sh: x86_64 or arm_64, not $arch" >&2; exit 2 ;;
esac
export here TOOL=$MACHINE-linux-gnu- HOST=$MACHINE-linux-musl JOBS
JOBS=$(nproc)
# Baseline instruction sets (no -march): SSE2 and ARMv8.0. OpenSSL looks for newer ones at run time.
export FLAGS="-O2 -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong -DNDEBUG"

mkdir -p "$cache/$arch"
exec 9>"$cache/lock"
flock 9
rm -rf "$cache/$arch"/tmp.* "$cache"/src/tmp.* # of builds that were interrupted
"$here/fetch.sh" "$cache"
compiler=$("${TOOL}gcc" -v 2>&1; "${TOOL}ld" -v)

# folder_of LIBRARY: its unpacked source.
folder_of() { sed -n "s/^$1 //p" "$cache/src/table"; }

# build LIBRARY [NEEDED…]: sets part_LIBRARY to its folder.
build() {
	local lib=$1 needs=() n key part tmp
	shift
	for n in "$@"; do
		n=part_$n
		needs+=("${!n}")
	done
	key=$({ echo "$MACHINE $FLAGS $(folder_of "$lib") $compiler ${needs[*]##*/}"; cat "$here/lib/$lib.sh" "$here"/musl*; } |
		sha256sum | cut -c1-16)
	part=$cache/$arch/$lib-$key
	export "part_$lib=$part"
	parts+=("$part")
	[ ! -d "$part" ] || return 0
	SECONDS=0
	tmp=$(mktemp -d "$cache/$arch/tmp.XXXXXX")
	mkdir "$tmp/build"
	if ! (cd "$tmp/build" && SRC=$cache/src/$(folder_of "$lib") DEST=$tmp/dest \
		bash -euo pipefail "$here/lib/$lib.sh") >"$cache/$arch/$lib.log" 2>&1; then
		tail -n 20 "$cache/$arch/$lib.log" >&2
		rm -rf "$tmp"
		echo "static $arch: $lib was not built; all it said is in build/cache/static/$arch/$lib.log" >&2
		exit 1
	fi
	mv -T "$tmp/dest/usr" "$part"
	rm -rf "$tmp"
	echo "static $arch: $lib ($(folder_of "$lib")) in $SECONDS s" >&2
}

parts=()
build musl
export PATH=$part_musl/bin:$PATH CC=musl-cc AR=${TOOL}ar RANLIB=${TOOL}ranlib
build openssl musl
build civetweb musl openssl
build sqlite3 musl
build jansson musl
build yaml musl
build wslay musl
build curl musl openssl

# All of them in one tree, of hard links.
all=$cache/$arch/all-$(printf '%s\n' "${parts[@]##*/}" | sha256sum | cut -c1-16)
if [ ! -d "$all" ]; then
	tmp=$(mktemp -d "$cache/$arch/tmp.XXXXXX")
	for p in "${parts[@]}"; do
		cp -al "$p/." "$tmp/"
	done
	chmod 755 "$tmp"
	mv -T "$tmp" "$all"
fi
echo "$all"
