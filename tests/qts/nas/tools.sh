#!/bin/bash
# tools.sh DIR: the programs of an emulated NAS, once: DIR/emul (busybox, GNU tar, GNU gzip, bash) and DIR/root, the
# folders and links of its root file system.
#
# They are Debian's, with a loader and libraries of their own below /emul: a program that needs system libraries finds none.
# BusyBox is the dynamic one: the shell of Debian's static one runs its own tools whatever PATH says. QTS has bash 3.2
# or BusyBox ash 1.01 to 1.24; Debian has bash 5.2 and BusyBox 1.35.
set -eu
dir=$1
here=$(dirname "$(realpath "$0")")
mkdir -p "${dir%/*}"
exec 9>"$dir.lock" && flock 9 # test files run at the same time: one makes them, the others wait
[ ! -e "$dir/done" ] || [ "$here" -nt "$dir/done" ] || [ "$here/bin" -nt "$dir/done" ] || [ "$0" -nt "$dir/done" ] || exit 0

rm -rf "$dir"
mkdir -p "$dir/emul/lib" "$dir/deb"
(cd "$dir/deb" && apt-get -qq -o APT::Sandbox::User=root download busybox && dpkg-deb -x busybox_*.deb .)
cp "$dir/deb/bin/busybox" "$dir/emul/busybox"
cp /bin/tar "$dir/emul/tar"
cp /bin/gzip "$dir/emul/gzip"
cp /bin/bash "$dir/emul/bash"
rm -rf "$dir/deb"
for p in busybox tar gzip bash; do
	ldd "$dir/emul/$p" | awk '$2 == "=>" { print $3 } $1 ~ /^\/.*ld-/ { print $1 }' |
		while read -r lib; do cp -Lu "$lib" "$dir/emul/lib/"; done
	patchelf --set-interpreter "/emul/lib/$(cd "$dir/emul/lib" && echo ld-*)" --set-rpath /emul/lib --force-rpath "$dir/emul/$p"
done

root=$dir/root
mkdir -p "$root"/{bin,sbin,dev,emul,proc,sys,tmp,share,mnt/HDA_ROOT,usr/bin,usr/sbin,usr/local/sbin,var/run,root} \
	"$root"/etc/{init.d,rcS.d,rcK.d,default_config} "$root/home/httpd/RSS"
chmod 777 "$root/tmp"
# Only what is known to be on a NAS. Not there: nohup, su, stat, timeout, realpath, mktemp, seq, sort in /bin …
for t in ash cat chmod chown cp cut date echo egrep false grep gzip hostname kill ln ls mkdir mount mv ps pwd rm rmdir sed \
	sleep touch true; do
	ln -s /emul/busybox "$root/bin/$t"
done
for t in [ awk basename cmp dirname du env expr find head id md5sum printf readlink setsid sort tail tee test tr wc \
	which xargs; do
	ln -s /emul/busybox "$root/usr/bin/$t"
done
ln -s /emul/tar "$root/bin/tar"
install -t "$root/bin" "$here/bin/uname" "$here/bin/dd" "$here/bin/df" "$here/bin/sync"
install -t "$root/sbin" "$here/bin/getcfg" "$here/bin/setcfg" "$here/bin/rmcfg" "$here/bin/log_tool"
ln -s /mnt/HDA_ROOT/.config "$root/etc/config"
echo "admin:x:0:0:administrator:/share/homes/admin:/bin/sh" >"$root/etc/passwd"
echo "administrators:x:0:admin" >"$root/etc/group"
touch "$dir/done"
