#!/bin/bash
# package.sh: both packages, from the static programs in build/x86_64 and build/arm_64, to build/; each is verified.
set -eu
cd "$(dirname "$0")/.."
name=$(sed -n 's/^QPKG_NAME="\(.*\)"/\1/p' qpkg.cfg)
qpkg/icons.sh "$name" build/icons
rm -f build/"$name"_*.qpkg build/"$name"_*.qpkg.md5
for arch in x86_64 arm_64; do
	node qpkg/write.mjs --arch $arch --program build/$arch/ethstation --icons build/icons --out build
done
