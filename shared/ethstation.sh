#!/bin/sh
# The service script of Ethereum Station on a QNAP NAS, called by QTS at boot and by App Center.
#
#	ethstation.sh start|stop|restart|status|remove
#	ethstation.sh home      prints the folder with settings, history and chains (for the installer)
#	ethstation.sh icons     puts the app's icons where QTS looks for them
#
# Written for bash 3.2 and BusyBox ash. No absolute path is stored anywhere: this file finds itself by Install_Path, which
# QTS keeps up to date, and the data by the default volume; so volumes may be renamed and the app may be moved.
PATH=/bin:/sbin:/usr/bin:/usr/sbin
LC_ALL=C
export PATH LC_ALL
umask 022
cd / # the caller's folder may be one that is being deleted

name=EthereumStation
conf=/etc/config/qpkg.conf
dir=$(/sbin/getcfg $name Install_Path -d "" -f $conf)
program=$dir/ethstation
pids=/var/run/ethstation.pid # "SUPERVISOR PROGRAM ENDS"; /var/run is empty after a boot
stop_wish=/var/run/ethstation.stop # is there while it is to stop: a caller may have left us deaf to signals
images=/home/httpd/RSS/images
home_name=EthereumStation

START_WAIT=10 # seconds until `start` answers; the program goes on starting after that
STOP_WAIT=120 # a job may be writing: it is given time to finish its step or to park
LOG_MAX=1048576

log() { # log LEVEL TEXT; 0 information, 1 warning, 2 error
	echo "$2"
	/sbin/log_tool -t"$1" -uSystem -p127.0.0.1 -mlocalhost -a "[Ethereum Station] $2" || :
}

# ---- where things are ----

# A volume is there when it is mounted; a name alone may be the place of one that is still locked.
mounted() { [ -n "$1" ] && { grep -q " $1 " /proc/mounts || [ -d "$1/.qpkg" ]; }; }

# The folder with settings, history and chains: on the volume where it was first made, else on the default volume.
# It is not in the package's folder: that one goes with the package, and no container's user may enter it.
# Fails while the volume is not mounted (an encrypted one that is still locked).
find_home() {
	volume=$(/sbin/getcfg $name Data_Volume -d "" -f $conf)
	default=$(/sbin/getcfg SHARE_DEF defVolMP -d "" -f /etc/config/def_share.info)
	if [ -n "$volume" ]; then
		mounted "/share/$volume" || return 1
		home=/share/$volume/$home_name
		[ ! -d "$home/state" ] || return 0
	fi
	for v in "$default" /share/*_DATA; do
		home=$v/$home_name
		[ ! -d "$home/state" ] || ! mounted "$v" || return 0
	done
	home=$default/$home_name
	mounted "$default"
}

make_home() {
	volume=${home%/*}
	mkdir -p "$home" && write_readme || return 1
	"$program" --version >"$home/version.new" && mv "$home/version.new" "$home/version" || return 1
	[ "$(/sbin/getcfg $name Data_Volume -d "" -f $conf)" = "${volume##*/}" ] ||
		/sbin/setcfg $name Data_Volume "${volume##*/}" -f $conf || :
}

write_readme() {
	cat >"$home/README.new" <<-END || return 1
		This folder belongs to the app Ethereum Station.

		state/    settings, accounts, tokens, history
		data/     the chains: what your nodes have synced
		*.log     what the app had to say

		It stays when the app is removed, and so do the containers. To come back, install Ethereum Station again:
		it finds this folder, knows you by the same password, and takes over the nodes as they are.

		To be rid of everything: remove the app in App Center, remove its containers in Container Station,
		then delete this folder. Nothing can bring a deleted chain back but days of syncing.
	END
	mv "$home/README.new" "$home/README.txt"
}

install_icons() {
	mkdir -p $images
	for size in "" _80 _gray; do
		cp "$dir/.qpkg_icon$size.gif" "$images/$name$size.gif" || return 1
	done
}

# ---- the port that QTS's web server forwards to, on this NAS only ----

# A port is taken when something listens on it (state 0A), on whatever address.
taken() { grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:[0-9A-F]* 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; }

# Keeps Web_Port when it is free; else takes the next free one and tells QTS.
choose_port() {
	port=$(/sbin/getcfg $name Web_Port -d 8787 -f $conf)
	wish=$port
	while taken "$port" && [ "$port" -lt $((wish + 100)) ]; do
		port=$((port + 1))
	done
	[ "$port" != "$wish" ] || return 0
	/sbin/setcfg $name Web_Port "$port" -f $conf
	log 1 "Port $wish is in use by another program, so port $port is used."
}

# ---- the running program ----

# alive PID WORD: the process lives and its command line has WORD (a pid may be another program's by now)
alive() { [ -n "$1" ] && grep -q "$2" "/proc/$1/cmdline" 2>/dev/null; }

# Sets supervisor and server to the living ones, and ends to how often the server ended; fails when both are gone.
find_processes() {
	supervisor= server= ends=
	[ ! -f $pids ] || read -r supervisor server ends <$pids
	alive "$supervisor" ethstation.sh || supervisor=
	alive "$server" ethstation || server=
	[ -n "$supervisor$server" ]
}

rotate_log() {
	[ ! -f "$1" ] || [ "$(wc -c <"$1")" -le $LOG_MAX ] || mv "$1" "$1.1"
}

# Sleeps, but hears a signal at once.
pause() {
	sleep "$1" &
	sleeper=$!
	wait $sleeper
	kill $sleeper 2>/dev/null
}

# Runs the program, and again when it ends unasked: this is the process that stays.
supervise() {
	child= stopping= ends=0 again=2 told=
	trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
	trap '' HUP INT
	echo "$$ - 0" >$pids
	while [ -z "$stopping" ] && ! find_home; do
		[ -n "$told" ] || log 1 "The volume with its data is not mounted yet; it starts when the volume is there."
		told=1
		pause 5
	done
	while [ -z "$stopping" ]; do
		status=none
		make_home && run_once
		[ -z "$stopping" ] && [ ! -e $stop_wish ] || break
		ends=$((ends + 1))
		echo "$$ - $ends" >$pids
		[ $ends -gt 1 ] || log 1 "The program ended unexpectedly (status $status) and is started again. Its log is in $home."
		pause $again
		again=$((again < 60 ? again * 2 : 60))
	done
	rm -f $pids
	exit 0
}

run_once() {
	choose_port
	output=$home/ethstation.log
	rotate_log "$output"
	(umask 077 && echo "--- $(date)" >>"$output")
	"$program" serve --listen "127.0.0.1:$port" --state "$home/state" --data "$home/data" \
		</dev/null >>"$output" 2>&1 &
	child=$!
	echo "$$ $child $ends" >$pids
	[ -z "$stopping" ] || kill -TERM "$child" # the signal came before there was a child
	wait "$child"
	status=$?
	while kill -0 "$child" 2>/dev/null; do # a signal ends `wait` early
		wait "$child"
		status=$?
	done
	child=
}

start() {
	[ -x "$program" ] || { log 2 "It is not installed."; return 1; }
	[ "$(/sbin/getcfg $name Enable -u -d FALSE -f $conf)" = TRUE ] || { echo "It is switched off in App Center."; return 1; }
	if find_processes; then
		[ -z "$supervisor" ] || { echo "It is running."; return 0; }
		stop || return 1 # a program whose supervisor was killed
	fi
	rm -f $pids $stop_wish
	install_icons
	setsid /bin/sh "$dir/ethstation.sh" supervise </dev/null >/dev/null 2>&1 &
	wait_for_start
}

# Until it listens, or its end is seen; a slow start is not a failure.
wait_for_start() {
	i=0
	while [ $i -lt $START_WAIT ]; do
		if find_processes && [ "${ends:-0}" -gt 0 ]; then
			log 2 "It does not start: see ethstation.log in the folder $home_name of the default volume."
			return 1
		fi
		if [ -n "$server" ] && find_home; then
			# what it said since its last start: "ready", and the code while nobody owns the dashboard
			said=$(awk '/^--- / { r = c = "" } /^listening on port/ { r = "ready" } /^setup code:/ { c = $3 }
				END { print r, c }' "$home/ethstation.log" 2>/dev/null)
			case $said in
			"ready "?*) log 0 "Open it on the desktop and enter the setup code ${said#ready } (good for 15 minutes)." ;;
			esac
			case $said in
			ready*) echo "It is running."; return 0 ;;
			esac
		fi
		sleep 1
		i=$((i + 1))
	done
	echo "It is still starting."
}

stop() {
	find_processes || { rm -f $pids; echo "It is stopped."; return 0; }
	: >$stop_wish
	kill -TERM $supervisor $server 2>/dev/null
	i=0
	while find_processes; do
		if [ $i -ge $STOP_WAIT ]; then
			log 1 "It did not stop in $STOP_WAIT seconds and was ended."
			kill -KILL $supervisor $server 2>/dev/null
		fi
		[ $i -lt $((STOP_WAIT + 5)) ] || { log 2 "It cannot be stopped."; return 1; }
		sleep 1
		i=$((i + 1))
	done
	rm -f $pids $stop_wish
	echo "It is stopped."
}

case $1 in
start) start ;;
stop) stop ;;
restart) stop && start ;;
status)
	if find_processes; then
		echo "Ethereum Station is running."
	else
		echo "Ethereum Station is stopped."
		exit 1
	fi
	;;
remove) # App Center removes the app; the data stays, and the owner's setting says whether the containers run on
	stop
	find_home && "$program" leave --state "$home/state" || :
	;;
home) find_home && echo "$home" ;;
icons) install_icons ;;
supervise) supervise ;;
*)
	echo "usage: $0 start|stop|restart|status|remove" >&2
	exit 2
	;;
esac
