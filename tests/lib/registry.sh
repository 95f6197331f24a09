#!/bin/bash
# registry.sh: a local image registry inside an engine's network namespace.
#
#	registry.sh start DIR NS PORT [--slow RATE]   on 127.0.0.1:PORT; idempotent
#	registry.sh stop DIR NS PORT                  end it, keep the images
#	registry.sh kill DIR NS PORT                  SIGKILL: dies in the middle of a pull
#	registry.sh wipe DIR NS PORT                  stop and delete its images
#
# --slow puts nginx in front, which lets each connection have RATE bytes a second (`2m`, `500k`), so
# that a pull takes long enough to show progress. 127.0.0.0/8 needs no TLS for the engine.
# Files: DIR/registry-PORT/. A second `start` with another RATE restarts it over the same images.
set -eu
PATH=$PATH:/usr/sbin:/sbin

die() { echo "registry.sh: $*" >&2; exit 1; }

[ $# -ge 4 ] || die "usage: registry.sh start|stop|kill|wipe DIR NS PORT [--slow RATE]"
cmd=$1 ns=$3 port=$4
dir=$(realpath -m "$2")/registry-$port
shift 4
rate=
while [ $# -gt 0 ]; do
	case $1 in
	--slow) rate=${2:?registry.sh: --slow needs a rate}; shift 2 ;;
	*) die "unknown option $1" ;;
	esac
done
netns=/run/netns/$ns

alive() { # alive PIDFILE: prints the pid when it still is one of ours
	local pid
	pid=$(cat "$1" 2>/dev/null) || return 0
	if [ -e "/proc/${pid:-none}" ] &&
		tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$dir/"; then
		echo "$pid"
	fi
}

end() { # end SIGNAL
	local name pid i
	for name in nginx registry; do
		pid=$(alive "$dir/$name.pid")
		[ -n "$pid" ] || continue
		kill "-$1" "$pid" 2>/dev/null || :
		for ((i = 0; i < 250; i++)); do
			[ -d "/proc/$pid" ] || break
			[ "$i" -ne 150 ] || kill -KILL "$pid" 2>/dev/null || :
			sleep .02
		done
	done
	rm -f "$dir"/*.pid "$dir/sock" "$dir/rate"
	# The engine keeps the namespace for us; the last one out removes it.
	if [ -e "$netns" ] && [ -z "$(ip netns pids "$ns" 2>/dev/null)" ]; then
		ip netns del "$ns"
	fi
}

write_config() {
	local listen="net: tcp, addr: \"127.0.0.1:$port\""
	[ -z "$rate" ] || listen="net: unix, addr: \"$dir/sock\""
	cat >"$dir/registry.yml" <<-YML
		version: 0.1
		log: {level: warn, accesslog: {disabled: true}}
		storage:
		  filesystem: {rootdirectory: $dir/data}
		  delete: {enabled: true}
		http: {$listen, relativeurls: true}
	YML
	cat >"$dir/nginx.conf" <<-CONF
		daemon off;
		master_process off;
		user root;
		pid $dir/nginx.own;
		error_log $dir/log warn;
		events {}
		http {
			access_log off;
			client_max_body_size 0;
			client_body_temp_path $dir/tmp;
			proxy_temp_path $dir/tmp;
			fastcgi_temp_path $dir/tmp;
			uwsgi_temp_path $dir/tmp;
			scgi_temp_path $dir/tmp;
			server {
				listen 127.0.0.1:$port;
				location / {
					proxy_pass http://unix:$dir/sock;
					proxy_set_header Host \$http_host;
					proxy_request_buffering off;
					proxy_buffering on;
					limit_rate ${rate:-0};
				}
			}
		}
	CONF
}

inside() { setsid nsenter --net="$netns" "$@" >>"$dir/log" 2>&1 </dev/null & }

start() {
	local i
	if [ -n "$(alive "$dir/registry.pid")" ]; then
		[ "$(cat "$dir/rate" 2>/dev/null)" = "$rate" ] && return 0
		end TERM
	fi
	[ -e "$netns" ] || die "no network namespace $ns: start the engine first"
	command -v docker-registry >/dev/null || die "docker-registry is not installed"
	mkdir -p "$dir/data" "$dir/tmp"
	write_config
	rm -f "$dir/sock"
	inside docker-registry serve "$dir/registry.yml"
	echo $! >"$dir/registry.pid"
	if [ -n "$rate" ]; then
		command -v nginx >/dev/null || die "nginx is not installed (nginx-light)"
		inside nginx -p "$dir" -c "$dir/nginx.conf" -e "$dir/log"
		echo $! >"$dir/nginx.pid"
	fi
	echo "$rate" >"$dir/rate"
	# Asked by pid alone: a child that has not come to its exec yet still bears the name of this script.
	for ((i = 0; i < 600; i++)); do
		nsenter --net="$netns" curl -fs -o /dev/null "http://127.0.0.1:$port/v2/" && return 0
		kill -0 "$(cat "$dir/registry.pid")" 2>/dev/null || break
		sleep .05
	done
	tail -n 5 "$dir/log" >&2
	end KILL
	die "the registry did not start, see $dir/log"
}

case $cmd in
start) start ;;
stop) end TERM ;;
kill) end KILL ;;
wipe) end TERM; rm -rf "$dir" ;;
*) die "unknown command $cmd" ;;
esac
