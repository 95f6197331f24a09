#!/bin/bash
# source.sh: the node that the demo's node syncs from.
#
#	source.sh start SOCK OUTDIR   run the container ethstation-demo-source; prints its enode
#	source.sh stop SOCK           remove it
#
# It serves a copy of OUTDIR/chain-BLOCKS (BLOCKS of the environment, or 6000) and mines on, a block a
# second. Its p2p port is published on the gateway address of the engine's default bridge only: every
# container reaches it there, whatever its network, and nothing outside the machine does. `start` on a
# running source prints the enode again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=ethstation-demo-source
image=ethstation/demo-node:1

die() { echo "source.sh: $*" >&2; exit 1; }

[ $# -ge 2 ] || die "usage: source.sh start SOCK OUTDIR | stop SOCK"
cmd=$1 sock=$2
api() { curl -sS --unix-socket "$sock" "$@"; }

gateway() {
	api http://d/networks/bridge | jq -r '.IPAM.Config[0] |
		.Gateway // (.Subnet | split("/")[0] | sub("[0-9]+$"; "1"))'
}

remove() { api -o /dev/null -X DELETE "http://d/containers/$name?force=1&v=1"; }

running() { [ "$(api "http://d/containers/$name/json" | jq -r .State.Running)" = true ]; }

create() { # create GATEWAY DATA_DIR
	api -f -o /dev/null -X POST -H 'Content-Type: application/json' -d @- \
		"http://d/containers/create?name=$name" <<-JSON
		{
		  "Image": "$image",
		  "Cmd": ["--mine", "--unlock=/app/key", "--isSingleNode", "--extIP=$1"],
		  "ExposedPorts": {"30303/tcp": {}, "30303/udp": {}},
		  "HostConfig": {
		    "Binds": ["$2:/data"],
		    "PortBindings": {
		      "30303/tcp": [{"HostIp": "$1", "HostPort": "30303"}],
		      "30303/udp": [{"HostIp": "$1", "HostPort": "30303"}]
		    },
		    "LogConfig": {"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}}
		  }
		}
	JSON
}

# The RPC is asked inside the container's own network namespace, no port is needed for it.
enode() {
	local pid
	pid=$(api "http://d/containers/$name/json" | jq -r .State.Pid)
	[ "$pid" -gt 0 ] || return 1
	nsenter --net="/proc/$pid/ns/net" curl -fs -m 3 -H 'Content-Type: application/json' \
		-d '{"jsonrpc":"2.0","id":1,"method":"admin_nodeInfo","params":[]}' \
		http://127.0.0.1:8545/ | jq -er .result.enode | sed "s/@.*/@$1:30303/"
}

start() { # start OUTDIR
	local out address i blocks=${BLOCKS:-6000}
	address=$(gateway)
	if ! running; then
		"$here/image.sh" "$sock" "$1"
		"$here/chain.sh" "$1" "$blocks"
		out=$(cd "$1" && pwd)
		remove
		rm -rf "$out/source-$blocks"
		cp -a "$out/chain-$blocks" "$out/source-$blocks"
		create "$address" "$out/source-$blocks" || die "cannot create $name"
		api -f -o /dev/null -X POST "http://d/containers/$name/start" ||
			die "cannot start $name"
	fi
	for ((i = 0; i < 150; i++)); do
		enode "$address" 2>/dev/null && return 0
		running || break
		sleep .2
	done
	api "http://d/containers/$name/logs?stdout=1&stderr=1&tail=10" | tr -d '\000' >&2
	die "$name does not answer"
}

case $cmd in
start) start "${3:?source.sh: OUTDIR is missing}" ;;
stop) remove ;;
*) die "unknown command $cmd" ;;
esac
