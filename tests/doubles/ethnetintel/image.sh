#!/bin/bash
# image.sh SOCK [NAME]: build the relay's double as ethnetintel:latest (or NAME).
set -eu
here=$(cd "$(dirname "$0")" && pwd)

[ $# -ge 1 ] || { echo "usage: image.sh SOCK [NAME]" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
home=$work/home/ethnetintel
mkdir -p "$home/eth-net-intelligence-api"
musl-gcc -std=gnu11 -Wall -Wextra -Os -static -s -o "$home/startscript.sh" "$here/ethnetintel.c"
tar -C "$work" --owner=1000 --group=1000 -c home |
	"$here/../../lib/images.sh" import "$1" "${2:-ethnetintel:latest}" \
		"WORKDIR /home/ethnetintel/eth-net-intelligence-api" \
		'ENTRYPOINT ["/home/ethnetintel/startscript.sh"]'
