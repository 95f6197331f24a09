#!/bin/bash
# engine.sh: a private Docker engine for tests, in a network namespace of its own.
#
#	engine.sh start DIR NS [dockerd options]   idempotent; the engine answers when this returns
#	engine.sh stop DIR NS                      clean shutdown; data stays, nothing else does
#	engine.sh kill DIR NS                      SIGKILL to dockerd: containers live on, as in a crash
#	engine.sh restart-after-kill DIR NS [opts] the same as start
#	engine.sh wipe DIR NS                      remove containers, stop, delete DIR
#	engine.sh run DIR NS COMMAND...            run a command inside the engine's network namespace
#
# DIR holds everything: s (the API socket), pid, log, data/, exec/, daemon.json (optional, kept).
# Keep DIR short: a unix socket's path has at most 107 bytes.
#
# The namespace is entered with nsenter, never with `ip netns exec`, which remounts /sys and hides
# /sys/fs/cgroup. Neither the host's docker0 nor its iptables are touched.
set -eu
PATH=$PATH:/usr/sbin:/sbin

die() { echo "engine.sh: $*" >&2; exit 1; }

[ $# -ge 3 ] || die "usage: engine.sh start|stop|kill|restart-after-kill|wipe|run DIR NS [...]"
cmd=$1 dir=$(realpath -m "$2") ns=$3
shift 3
dockerd=${DOCKERD:-/usr/sbin/dockerd}
netns=/run/netns/$ns

# The process id of this DIR's dockerd, or nothing. A stale pid file is not believed.
engine_pid() {
	local pid
	pid=$(cat "$dir/pid" 2>/dev/null) || return 0
	if [ -e "/proc/${pid:-none}" ] &&
		tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$dir/data"; then
		echo "$pid"
	fi
}

# This engine's containerd and shims: both name its socket or its configuration below DIR.
helper_pids() {
	printf '%s' "$dir/exec/containerd/" | grep -laFf /dev/stdin /proc/[0-9]*/cmdline 2>/dev/null |
		cut -d/ -f3 || :
}

answers() { curl -fs -o /dev/null --max-time 2 --unix-socket "$dir/s" http://d/_ping 2>/dev/null; }

wait_gone() { # wait_gone PID SECONDS
	local i
	for ((i = 0; i < $2 * 50; i++)); do
		[ -d "/proc/$1" ] || return 0
		sleep .02
	done
	return 1
}

other_engines() { pgrep -x dockerd >/dev/null; }

mount_cgroups() {
	mountpoint -q /sys/fs/cgroup && [ -n "$(ls /sys/fs/cgroup)" ] && return 0
	cgroupfs-mount || die "cannot mount the cgroup hierarchies"
	touch "$dir/mounted-cgroups"
}

make_netns() {
	[ -e "$netns" ] && return 0
	ip netns add "$ns"
	nsenter --net="$netns" ip link set lo up
}

# The namespace goes when nobody lives in it any more (a registry or a test may still).
drop_netns() {
	local link
	[ -e "$netns" ] || return 0
	[ -z "$(ip netns pids "$ns" 2>/dev/null)" ] || return 0
	for link in $(ip -n "$ns" -o link show 2>/dev/null | sed -n 's/^[0-9]*: \([^:@]*\)[:@].*/\1/p'); do
		[ "$link" = lo ] || ip -n "$ns" link del "$link" 2>/dev/null || :
	done
	ip netns del "$ns"
}

unmount_all() {
	local target
	awk -v d="$dir/" 'index($5, d) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r target; do umount -l "$target" 2>/dev/null || :; done
}

# After the last engine, the empty parent groups go too. Never touches a group in use: rmdir.
drop_cgroups() {
	other_engines && return 0
	find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d -name docker 2>/dev/null |
		while read -r group; do
			find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
		done
	return 0
}

# launch [OPTIONS]: one dockerd; false when it ended, or did not answer within 60 s.
launch() {
	local i pid
	rm -f "$dir/pid" "$dir/s"
	# Every start of a container runs Go programs that live for milliseconds: with less collecting of
	# garbage they take a sixth less of the processor, which is what the suites wait for.
	GOGC=800 setsid nsenter --net="$netns" "$dockerd" --data-root "$dir/data" --exec-root "$dir/exec" \
		--pidfile "$dir/pid" --host "unix://$dir/s" --config-file "$dir/daemon.json" \
		--containerd-namespace "$ns" --containerd-plugins-namespace "$ns-plugins" \
		"$@" >>"$dir/log" 2>&1 </dev/null &
	pid=$!
	for ((i = 0; i < 1200; i++)); do
		answers && return 0
		[ -d "/proc/$pid" ] || return 1
		sleep .05
	done
	return 1
}

start() {
	local i
	[ -z "$(engine_pid)" ] || { answers && return 0; }
	[ -x "$dockerd" ] || die "$dockerd is missing (apt-get install docker.io)"
	[ ${#dir} -le 100 ] || die "DIR is too long for a unix socket: $dir"
	mkdir -p "$dir"
	[ -f "$dir/daemon.json" ] || echo '{}' >"$dir/daemon.json"
	mount_cgroups
	make_netns
	# dockerd gives its containerd 15 s, which a loaded machine may exceed; and it may fall over what an
	# engine that was killed left behind: a NAS starts it again then
	for ((i = 0; i < 3; i++)); do
		launch "$@" && return 0
		tail -n 60 "$dir/log" | grep -qE 'timeout waiting for containerd|^panic: ' || break
	done
	tail -n 5 "$dir/log" >&2
	die "the engine did not start, see $dir/log"
}

stop() {
	local pid
	pid=$(engine_pid)
	if [ -n "$pid" ]; then
		kill -TERM "$pid" 2>/dev/null || :
		wait_gone "$pid" 40 || {
			echo "engine.sh: dockerd ignored SIGTERM for 40 s, killing it" >&2
			kill -KILL "$pid" 2>/dev/null || :
			wait_gone "$pid" 10 || die "dockerd $pid does not end"
		}
	fi
	# Containers that outlive their engine (live-restore, or after `kill`) keep what they need.
	if [ -z "$(helper_pids)" ]; then
		unmount_all
		drop_cgroups
		drop_netns
	fi
}

crash() {
	local pid
	pid=$(engine_pid)
	[ -n "$pid" ] || die "no engine runs in $dir"
	kill -KILL "$pid"
	wait_gone "$pid" 10 || die "dockerd $pid does not end"
}

remove_containers() {
	local id
	for id in $(curl -fs --unix-socket "$dir/s" 'http://d/containers/json?all=1' |
		grep -o '"Id":"[0-9a-f]*"' | cut -d'"' -f4); do
		curl -s -o /dev/null -X DELETE --unix-socket "$dir/s" \
			"http://d/containers/$id?force=1&v=1" || :
	done
}

wipe() {
	local pid
	# Survivors of a killed engine are ended by an engine that comes back without live-restore.
	if [ -z "$(engine_pid)" ] && [ -n "$(helper_pids)" ]; then
		echo '{}' >"$dir/daemon.json"
		(start) || :
	fi
	if answers; then
		remove_containers
	fi
	stop
	for pid in $(helper_pids); do
		pkill -KILL -P "$pid" || : # the container itself, when it is a shim
		kill -KILL "$pid" 2>/dev/null || :
		wait_gone "$pid" 5 || :
	done
	unmount_all
	drop_cgroups
	drop_netns
	if [ -e "$dir/mounted-cgroups" ] && ! other_engines; then
		cgroupfs-umount || echo "engine.sh: the cgroup mounts are still in use" >&2
	fi
	rm -rf "$dir"
}

case $cmd in
start | restart-after-kill) start "$@" ;;
stop) stop ;;
kill) crash ;;
wipe) wipe ;;
run)
	[ -e "$netns" ] || die "no network namespace $ns: start the engine first"
	exec nsenter --net="$netns" "$@"
	;;
*) die "unknown command $cmd" ;;
esac
