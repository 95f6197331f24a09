#!/bin/sh
# The installer, run by the package's header in a temporary folder that holds this file, package_routines, qpkg.cfg,
# built_info and data.tar.gz. From the header: $base (the .qpkg folder), $unpacked_kb. Argument: the package's file name.
#
# Everything is checked, unpacked and tried out beside the old version first. What is changed after that is undone when a
# later step fails, so that the NAS is as it was: files, registration, icons, links, settings, and the old version runs again.
. ./qpkg.cfg
. ./package_routines

tmp=$(pwd)
dir=$base/$QPKG_NAME
service=$dir/$QPKG_SERVICE_PROGRAM
undo= was_running= home=

progress() {
	rm -f /tmp/update_process
	echo "$1" >/tmp/update_process
}

log() { # log LEVEL TEXT; 0 information, 1 warning, 2 error
	echo "$2"
	/sbin/log_tool -t"$1" -uSystem -p127.0.0.1 -mlocalhost -a "[$QPKG_DISPLAY_NAME] $2" || :
}

fail() {
	log 2 "Version $QPKG_VER was not installed. $1"
	exit 1
}

# Undoes, latest first, what is named in $undo; the header says -1 to App Center and removes the temporary folder.
at_end() {
	status=$?
	trap : HUP INT TERM # not '': what is started below could never be stopped by a signal that it inherits as ignored
	for what in $undo; do
		"undo_$what"
	done
	[ "$status" = 0 ] || [ -z "$was_running" ] || /bin/sh "$service" start || :
	exit "$status"
}

undo_files() {
	list_files "$tmp/old" >"$tmp/back"
	move_over "$tmp/old" "$dir" "$tmp/back"
	while read -r f; do
		[ -f "$tmp/old-list" ] && grep -qxF "$f" "$tmp/old-list" || rm -f "$dir/$f"
	done <"$tmp/list"
	[ -f "$tmp/old-list" ] || rm -rf "$dir"
}

undo_settings() {
	rm -f "$home/state/state.db" "$home/state/state.db-wal" "$home/state/state.db-shm"
	mv "$home/state/before/"* "$home/state/" && rmdir "$home/state/before"
}

undo_registration() {
	remove_links "$order"
	restore_section "$tmp/section"
	if [ -s "$tmp/section" ]; then
		make_links "$(get RC_Number "$order")"
		/bin/sh "$service" icons
	else
		rm -f $images/$QPKG_NAME.gif $images/${QPKG_NAME}_80.gif $images/${QPKG_NAME}_gray.gif
	fi
}

undo_start() { /bin/sh "$service" stop; }

trap at_end EXIT
trap 'exit 1' HUP INT TERM

# ---- nothing is changed yet ----
installed=
[ ! -d "$dir" ] || installed=$(get Version "")
[ -z "$installed" ] || check_version "$installed"
check_firmware
check_required_app
check_space
progress 1

mkdir new old && tar -xzf data.tar.gz -C new || fail "There is no room to unpack it on ${base%/.qpkg}."
says=$(new/ethstation --version) || fail "Its program does not run on this NAS."
[ "$says" = "ethstation $QPKG_VER" ] || fail "The package is damaged: it says it is $QPKG_VER and holds \"$says\"."
home=$(/bin/sh "new/$QPKG_SERVICE_PROGRAM" home) || home=
used=$([ ! -f "$home/version" ] || sed -n 's/^ethstation //p' "$home/version")
[ -z "$used" ] || check_version "$used"

order=$(start_order)
write_uninstaller "$order" new/.uninstall.sh && list_files new >list && echo .list >>list && cp list new/.list &&
	save_section section && sync || fail "There is no room on ${base%/.qpkg}."

# ---- the old version stops; a job may be writing, so it is given its time ----
if [ -d "$dir" ]; then
	list_files "$dir" >old-list || fail "There is no room on ${base%/.qpkg}."
	! /bin/sh "$service" status >/dev/null || was_running=yes
	[ ! -f "$service" ] || /bin/sh "$service" stop || fail "The running version does not stop."
fi
if [ -f "$home/state/state.db" ]; then
	rm -rf "$home/state/before"
	mkdir "$home/state/before" && cp -p "$home/state/state.db"* "$home/state/before/" ||
		{ rm -rf "$home/state/before"; fail "There is no room for a copy of the settings on ${home%/*}."; }
	undo="settings $undo"
fi

undo="files $undo"
mkdir -p "$dir" || fail "$dir cannot be made."
if [ -f old-list ]; then
	# What the older package shipped; anything else there was made at run time and stays.
	[ -f "$dir/.list" ] && cp "$dir/.list" shipped || cp list shipped
	while read -r f; do
		[ ! -f "$dir/$f" ] || { mkdir -p "old/$(dirname "$f")" && ln "$dir/$f" "old/$f"; } || fail "$dir cannot be saved."
	done <shipped
fi
move_over new "$dir" list || fail "There is no room on ${base%/.qpkg}."
progress 2

undo="registration $undo"
[ ! -s section ] || remove_links "$(get RC_Number "$order")"
register "$order" "$(basename "$1")" && make_links "$order" && /bin/sh "$service" icons ||
	fail "There is no room for its registration."
sync

if [ "$(get Enable TRUE)" = TRUE ]; then
	undo="start $undo"
	/bin/sh "$service" start || fail "It does not start.${was_running:+ The version from before runs on.}"
fi

# ---- it stands: nothing is undone any more ----
undo= was_running=
[ -z "$home" ] || rm -rf "$home/state/before"
if [ -f shipped ]; then
	while read -r f; do
		grep -qxF "$f" list || rm -f "$dir/$f"
	done <shipped
fi
log 0 "Version $QPKG_VER is installed${installed:+ (before: $installed)}."
progress 3
