#!/bin/bash
# build.sh: the one front door. Every command installs what it needs on a plain Debian 12 machine.
#
#	./build.sh run [OPTIONS]    the program for real use, on this machine's own Docker engine
#	./build.sh demo             a real Ethereum node, syncing, in the dashboard (Ctrl-C ends it)
#	./build.sh test [SUITE…]    everything, or only: floors unit web contract engine ui
#	./build.sh bench [NAME…]    measurements, beside what they are compared with
#	./build.sh fmt              formats the C sources
#	./build.sh clean            removes everything that was built
set -euo pipefail
cd "$(dirname "$0")"
export ROOT=$PWD
. tests/lib/need.sh

build_web() {
	need_web
	(cd web && npm ci --silent && npm run --silent build)
}

build_server() {
	need_compiler
	make --no-print-directory -j"$(nproc)" -C server VARIANT="${1:-release}"
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
run)
	build_web
	build_server
	[ "${1:-}" != -- ] || shift
	exec build/release/ethstation serve "$@"
	;;
demo)
	build_web
	build_server
	need_engine
	exec tests/demo/demo.sh "$@"
	;;
test)
	exec tests/run.sh "$@"
	;;
bench)
	build_web
	build_server
	need_engine
	need_bench
	exec tests/bench/run.sh "$@"
	;;
fmt)
	need clang-format
	find server tests -name '*.[ch]' -exec clang-format -i {} +
	;;
clean)
	rm -rf build web/dist web/node_modules tests/node_modules
	;;
*)
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
	[ "$command" = help ] || exit 2
	;;
esac
