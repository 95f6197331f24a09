#!/bin/bash
# boot.sh DIR TOOLS SHELL MACHINE FIRMWARE ENGINE: the part of an emulated NAS that a reboot makes anew: a root file system in
# RAM, in a mount namespace of its own. Runs until it is killed. ENGINE: folder of a Docker engine (socket s), or "".
set -eu
dir=$1 tools=$2 shell=$3 machine=$4 firmware=$5 engine=$6
root=$dir/root
mount -t tmpfs -o size=32m nas-root "$root"
cp -a "$tools/root/." "$root/"
case $shell in
ash) ln -s /emul/busybox "$root/bin/sh" ;;
bash) ln -s /emul/bash "$root/bin/sh" ;;
esac
mount --bind "$tools/emul" "$root/emul"
mount -o remount,ro,bind "$root/emul"
mount --bind "$dir/hda" "$root/mnt/HDA_ROOT"
mount -t tmpfs -o size=16m nas-share "$root/share"
mkdir "$root"/share/CACHEDEV{1,2}_DATA
mount --bind "$dir/vol1" "$root/share/CACHEDEV1_DATA"
[ -e "$dir/vol2.locked" ] || mount --bind "$dir/vol2" "$root/share/CACHEDEV2_DATA"
ln -s CACHEDEV1_DATA/Public "$root/share/Public"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
for f in null zero random urandom; do
	touch "$root/dev/$f"
	mount --bind "/dev/$f" "$root/dev/$f"
done
if [ -n "$engine" ]; then
	mkdir "$root/engine"
	mount --bind "$engine" "$root/engine"
	ln -s /engine/s "$root/var/run/docker.sock"
fi
echo "$machine" >"$root/etc/machine"
echo "Platform = X86_BRASWELL" >"$root/etc/platform.conf"
printf '[System]\nVersion = %s\n' "$firmware" >"$root/etc/default_config/uLinux.conf"
echo ready
exec sleep infinity
