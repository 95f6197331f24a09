#!/bin/bash
# image.sh SOCK OUTDIR [--force]: build the image ethstation/demo-node:1, a real Ethereum node.
#
# It holds this machine's node binary with its libraries, the client, and OUTDIR's genesis. Arguments
# of the container are added to the client's. Data in /data, RPC on 8545, p2p on 30303. Built once for
# each genesis. NODE=/path/to/node takes another binary; a Debian node (18) is dynamic and reads parts
# of itself from /usr/share/nodejs: those go in as well. SYSROOT=DIR takes the libraries from there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
images=$here/../lib/images.sh
name=ethstation/demo-node:1

die() { echo "image.sh: $*" >&2; exit 1; }

[ $# -ge 2 ] || die "usage: image.sh SOCK OUTDIR [--force]"
sock=$1
"$here/prepare.sh" "$2"
out=$(cd "$2" && pwd)
sysroot=${SYSROOT:-}
node=${NODE:-$(command -v node)}
node=$(readlink -f "$node")

label=$(cat "$out/genesis.json" "$out/app/installed" "$here/shim.js" | sha256sum | cut -c1-16)
if [ "${3:-}" != --force ] && curl -s --unix-socket "$sock" "http://d/images/$name/json" |
	grep -qF "\"ethstation.demo\":\"$label-$(stat -c %s "$node")\""; then
	exit 0
fi

# What node and the native modules load, under the names that they ask for.
libraries() {
	find "$out/app/node_modules" -name '*.node' -path '*linux*' ! -name '*musl*' -print0 |
		LD_LIBRARY_PATH=${sysroot:+$sysroot/usr/lib/$(uname -m)-linux-gnu} \
			xargs -0 ldd "$node" 2>/dev/null | grep -o '=> /[^ ]*\|^[[:space:]]*/[^ ]* (' |
		grep -o '/[^ ]*' | sort -u
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/data" "$root/tmp" "$root/usr/bin" "$root/app" "$root/etc"
cp "$node" "$root/usr/bin/node"
for file in $(libraries); do
	target=$root${file#"$sysroot"}
	mkdir -p "$(dirname "$target")"
	cp -L "$file" "$target"
	case $file in
	*/libnode.so*) parts=$file ;;
	esac
done
grep -aho '/usr/share/nodejs/[A-Za-z0-9_./-]*\.js' "$node" ${parts:+"$parts"} | sort -u |
	while read -r file; do
		[ -f "$sysroot$file" ] || continue
		mkdir -p "$root$(dirname "$file")"
		cp -L "$sysroot$file" "$root$file"
	done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
cp "$out/genesis.json" "$out/key" "$here/shim.js" "$root/app/"

client=/app/node_modules/@ethereumjs/client/dist/bin/cli.js
tar -C "$root" --owner=0 --group=0 -cf "$root/image.tar" --exclude=./image.tar .
tar -C "$out" --owner=0 --group=0 --exclude='*.map' --exclude='*.d.ts' --exclude='*.md' \
	--exclude=c-kzg --exclude='prebuilds/darwin*' --exclude='prebuilds/win32*' \
	--exclude='prebuilds/android*' -rf "$root/image.tar" app/node_modules app/package.json
"$images" import "$sock" "$name" \
	"ENTRYPOINT [\"/usr/bin/node\", \"-r\", \"/app/shim.js\", \"$client\", \
\"--gethGenesis=/app/genesis.json\", \"--dataDir=/data\", \"--rpc\", \"--rpcAddr=0.0.0.0\", \
\"--rpcPort=8545\", \"--port=30303\", \"--sync=full\"]" \
	"WORKDIR /app" "EXPOSE 8545 30303/tcp 30303/udp" "VOLUME /data" \
	"LABEL ethstation.demo=$label-$(stat -c %s "$node")" <"$root/image.tar"
