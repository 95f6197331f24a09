#!/bin/sh
## The beginning of every package: the NAS runs the whole file as a shell script (`sh file.qpkg`, as root), which cuts
## the two archives out of itself and hands over to qinstall.sh. The writer fills in @NAMES@ and drops these lines.
## Written for bash 3.2 and BusyBox ash; of dd only if, of, bs, skip and count; nothing is cut out of a pipe.
## Other readers of packages look for `script_len=` and the two `offset=` lines: keep their shape.
# @DISPLAY_NAME@ @VERSION@ for QNAP NAS (@MACHINE@). Install it in App Center, or with: sh THIS_FILE
PATH=/bin:/sbin:/usr/bin:/usr/sbin
LC_ALL=C
export PATH LC_ALL
umask 022

name=@NAME@
machine=@MACHINE@
script_len=@SCRIPT_LEN@
control_md5=@CONTROL_MD5@
data_md5=@DATA_MD5@
unpacked_kb=@UNPACKED_KB@
temp=

# App Center's page follows this file: 0 begun, 1 checked, 2 unpacked, 3 done, -1 failed.
progress() {
	rm -f /tmp/update_process
	echo "$1" >/tmp/update_process
}

log() { # log LEVEL TEXT; 0 information, 1 warning, 2 error
	echo "$2"
	/sbin/log_tool -t"$1" -uSystem -p127.0.0.1 -mlocalhost -a "[@DISPLAY_NAME@] $2" || :
}

fail() {
	log 2 "Version @VERSION@ was not installed. $1"
	exit 1
}

at_end() {
	status=$?
	cd /
	[ -z "$temp" ] || rm -rf "$temp"
	[ "$status" = 10 ] || progress -1
	exit "$status"
}

# The .qpkg folder to install in: where the app is already, else of the chosen volume, else of the volume of the share Public.
base() {
	installed=$(/sbin/getcfg $name Install_Path -d "" -f /etc/config/qpkg.conf)
	public=$(/sbin/getcfg Public path -d "" -f /etc/config/smb.conf)
	if [ -n "$installed" ] && [ -d "$installed" ]; then
		echo "${installed%/*}"
	elif [ -n "$QINSTALL_PATH" ]; then
		echo "$QINSTALL_PATH"
	elif [ -n "$public" ]; then
		echo "${public%/*}/.qpkg"
	fi
}

cut_out() { # cut_out OFFSET LENGTH MD5 FILE: both are multiples of 4096
	dd if="$0" of="$4" bs=4096 skip=$(($1 / 4096)) count=$(($2 / 4096)) 2>/dev/null ||
		fail "There is no room for it on ${base%/.qpkg}."
	set -- "$3" "$4" $(md5sum "$4")
	[ "$1" = "$3" ] || fail "The package is damaged or there is no room to unpack it. Download it again."
}

progress 0
trap at_end EXIT
trap 'exit 1' HUP INT TERM
echo "Installing @DISPLAY_NAME@ @VERSION@"
grep -q " /mnt/HDA_ROOT " /proc/mounts || fail "This is not a QNAP NAS, or its system volume is missing."
[ "$(uname -m)" = "$machine" ] ||
	fail "This package is for NAS models with a $machine processor; this one has $(uname -m). Use the other package."
base=$(base)
[ -n "$base" ] && [ -d "${base%/.qpkg}" ] || fail "The volume to install on was not found."
grep -q " ${base%/.qpkg} " /proc/mounts || [ -d "$base" ] || fail "The volume ${base%/.qpkg} is not mounted."

mkdir -p "$base" || fail "$base cannot be written."
# A power cut may have left a folder; the number in it is another process's then, maybe one of an app.
boot=$(cat /proc/sys/kernel/random/boot_id)
other=$(sed -n "s/ $boot\$//p" "$base/.tmp-$name/pid" 2>/dev/null)
[ -z "$other" ] || ! grep -q qpkg "/proc/$other/cmdline" 2>/dev/null ||
	fail "Another installation of it is running (process $other)."
rm -rf "$base/.tmp-$name"
mkdir "$base/.tmp-$name" && temp=$base/.tmp-$name || fail "$base cannot be written."
echo "$$ $boot" >"$temp/pid" || fail "There is no room for it on ${base%/.qpkg}."

cut_out $script_len @CONTROL_LEN@ "$control_md5" "$temp/control.tar"
offset=$(/usr/bin/expr $script_len + @CONTROL_LEN@)
cut_out "$offset" @DATA_LEN@ "$data_md5" "$temp/data.tar.gz"
offset=$(/usr/bin/expr $offset + @DATA_LEN@)
tar -xf "$temp/control.tar" -C "$temp" && tar -xzf "$temp/control.tar.gz" -C "$temp" ||
	fail "There is no room for it on ${base%/.qpkg}."
export base unpacked_kb
cd "$temp" && /bin/sh ./qinstall.sh "$0" || exit 1
exit 10
