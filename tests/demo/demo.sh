#!/bin/bash
# demo.sh: a real Ethereum node, syncing, in the dashboard. Called by ./build.sh demo.
#
#	demo.sh [--port N] [--until syncing|synced]
#
# Uses the machine's own Docker engine when one answers, else a private one in a network namespace of
# its own. Listens on loopback only. Ctrl-C (or --until reached) ends it and leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
port=8787 until=
while [ $# -gt 0 ]; do
	case $1 in
	--port) port=$2; shift 2 ;;
	--until) until=$2; shift 2 ;;
	*) echo "demo.sh: unknown option $1" >&2; exit 2 ;;
	esac
done

out=$root/build/demo
dir=$(mktemp -d /tmp/est-demo.XXXXXX)
ns=est-demo-$$
sock=/var/run/docker.sock
private='' server='' token=''
base=http://127.0.0.1:$port/api/v1
stack=demo

say() { printf '\n%s\n' "$*"; }
api() { # api METHOD PATH [BODY]
	curl -sS -X "$1" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
		${3:+--data "$3"} "$base$2"
}

finish() { # every path ends here, once
	trap - EXIT INT TERM
	set +e
	if [ -n "$server" ]; then
		local job
		job=$(api DELETE "/stacks/$stack" | jq -r '.job.id // empty')
		[ -z "$job" ] || api GET "/jobs/$job?wait=60" >/dev/null
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
	fi
	"$here/source.sh" stop "$sock" 2>/dev/null
	[ -z "$private" ] || "$root/tests/lib/engine.sh" wipe "$dir/e" "$ns"
	rm -rf "$dir"
	say "The demo is over; nothing of it is left but build/demo (the chain, for next time)."
}
trap finish EXIT
trap 'exit 130' INT TERM

start_engine() {
	if curl -fs -m 3 --unix-socket "$sock" http://d/_ping >/dev/null 2>&1; then
		say "Using this machine's Docker engine."
		return
	fi
	say "No Docker engine answers here: starting a private one for the demo."
	private=1 sock=$dir/e/s
	"$root/tests/lib/engine.sh" start "$dir/e" "$ns"
}

start_server() {
	"$root/build/release/ethstation" serve --listen "127.0.0.1:$port" --state "$dir/state" \
		--data "$dir/data" --docker "unix://$sock" >"$dir/out" 2>"$dir/log" &
	server=$!
	for _ in $(seq 100); do
		curl -fs "$base/health" >/dev/null 2>&1 && break
		kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; server=; exit 1; }
		sleep 0.1
	done
	token=$("$root/build/release/ethstation" token create --state "$dir/state" --name demo --scope admin)
}

install_node() { # install_node ENODE
	local body job answer
	body=$(jq -nc --arg enode "$1" '{name: "demo", services: [{
		name: "node", recipe: "ethereumjs", image: "ethstation/demo-node:1",
		options: {bootnodes: $enode}, limits: {memory_bytes: 536870912, cpus: 1}, ports: []}]}')
	answer=$(api POST /stacks "$body")
	job=$(jq -r '.job.id // empty' <<<"$answer")
	[ -n "$job" ] || { echo "$answer" >&2; exit 1; }
	answer=$(api GET "/jobs/$job?wait=60")
	[ "$(jq -r .job.state <<<"$answer")" = done ] || { jq . <<<"$answer" >&2; exit 1; }
}

show_progress() {
	local line last=
	while kill -0 "$server" 2>/dev/null; do
		line=$(api GET /state | jq -r '.verdict | "\(.word): \(.sentence)"')
		[ "$line" = "$last" ] || printf '%s  %s\n' "$(date +%T)" "$line"
		last=$line
		case $until:$line in
		syncing:Syncing*block\ [1-9]* | synced:Healthy*) return ;;
		esac
		sleep 2
	done
}

mkdir -p "$out"
start_engine
say "Making the demo's image: a real EthereumJS node."
"$here/image.sh" "$sock" "$out"
say "Making its chain (once, about half a minute)."
"$here/chain.sh" "$out"
say "Starting the node that has the whole chain."
enode=$("$here/source.sh" start "$sock" "$out")
say "Starting Ethereum Station and installing a node through its REST API."
start_server
install_node "$enode"
code=$(sed -n 's/^setup code: \([^ ]*\).*/\1/p' "$dir/out")
say "Open http://127.0.0.1:$port/
Nobody owns this dashboard yet: choose a password there with the code $code (good for 15 minutes).
Scripts may use this token: $token
Ctrl-C ends the demo."
show_progress
