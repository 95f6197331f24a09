#!/bin/bash
# initramfs.sh DIR: Debian's kernel as DIR/vmlinuz, and DIR/initrd: busybox, init, and the modules that the machine needs.
#
# Made anew when the kernel's package, init or this script is newer.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-$(cd "$here/../.." && pwd)}
dir=$1

modules=(
	virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4 bfq
	# what an engine asks for
	bridge veth br_netfilter nft_chain_nat nft_compat xt_MASQUERADE xt_conntrack xt_addrtype
)

package=$(ls -t "$root"/build/cache/kernel/linux-image-*.deb | head -n 1)
newer() { for f; do [ "$dir/initrd" -nt "$f" ] || return 1; done; }
! newer "$package" "$here/init" "$0" || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "$package" "$work/all"
version=$(ls "$work/all/lib/modules")
depmod -b "$work/all" "$version"

mkdir -p "$work/ram"/{bin,modules}
cp /bin/busybox "$work/ram/bin/"
install -m 755 "$here/init" "$work/ram/init"
# in the order in which they can be loaded
modprobe -d "$work/all" -S "$version" -a --show-depends "${modules[@]}" | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
	while read -r file; do
		cp "$file" "$work/ram/modules/"
		echo "/modules/${file##*/}" >>"$work/ram/modules/list"
	done

mkdir -p "$dir"
(cd "$work/ram" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd"
cp "$work/all/boot/vmlinuz-$version" "$dir/vmlinuz"
mv "$work/initrd" "$dir/initrd"
