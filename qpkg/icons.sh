#!/bin/bash
# icons.sh NAME DIR: the icons that QTS wants (64, 80, 64 grey; 100 for the feed), from icon.svg. They are called gif and are
# PNG: QTS shows them, and GIF has no soft edges.
set -eu
here=$(dirname "$0") name=$1 dir=$2
mkdir -p "$dir"
grey=$(mktemp)
trap 'rm -f "$grey"' EXIT
echo '#icon { filter: url(#grey); opacity: .7 }' >"$grey"
rsvg-convert -w 64 -h 64 -o "$dir/$name.gif" "$here/icon.svg"
rsvg-convert -w 80 -h 80 -o "$dir/${name}_80.gif" "$here/icon.svg"
rsvg-convert -w 100 -h 100 -o "$dir/${name}_100.gif" "$here/icon.svg"
rsvg-convert -w 64 -h 64 --stylesheet "$grey" -o "$dir/${name}_gray.gif" "$here/icon.svg"
