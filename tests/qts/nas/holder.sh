#!/bin/bash
# holder.sh DIR BINFMT: what of an emulated NAS outlives a power cut: its volumes and its network. Runs in mount and network
# namespaces of its own, as long as its standard input is open; then it ends every process in them.
# DIR: hda, vol1, vol2 become mounts. BINFMT: a name for binfmt_misc under which arm64 programs run, or "".
set -u
dir=$1 binfmt=$2 registry=/proc/sys/fs/binfmt_misc
trap : INT HUP TERM # the test's end closes our input

ip link set lo up
mkdir -p "$dir"/{hda,vol1,vol2,root}
mount -t tmpfs -o size=8m nas-system "$dir/hda"
mount -t tmpfs -o "size=${VOLUME_SIZE:-64m}" nas-volume-1 "$dir/vol1"
mount -t tmpfs -o size=64m nas-volume-2 "$dir/vol2"
if [ -n "$binfmt" ]; then
	[ -e $registry/register ] || mount -t binfmt_misc binfmt_misc $registry || exit 1
	# F: the interpreter is opened now, so that it works in a root without it
	printf '%s' ":$binfmt:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:$(command -v qemu-aarch64-static):F" >$registry/register || exit 1
fi
echo ready
cat >/dev/null

[ -z "$binfmt" ] || echo -1 >"$registry/$binfmt"
mine=$(readlink /proc/$$/ns/net)
for round in 1 2 3 4 5; do
	left=
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/ns/net" 2>/dev/null)" = "$mine" ] && [ "${p#/proc/}" != $$ ] || continue
		kill -KILL "${p#/proc/}" 2>/dev/null && left=1
	done
	[ -n "$left" ] || break
done
umount -l "$dir"/hda "$dir"/vol1 "$dir"/vol2
rm -rf "$dir"
