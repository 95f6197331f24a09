#!/bin/bash
# build.sh: the one front door. Every command installs what it needs on a plain Debian 12 machine.
#
#	./build.sh run [OPTIONS]    the program for real use, on this machine's own Docker engine
#	./build.sh demo             a real Ethereum node, syncing, in the dashboard (Ctrl-C ends it)
#	./build.sh test [SUITE…]    everything, or only the suites named (tests/run.sh lists them)
#	./build.sh bench [NAME…]    measurements, beside what they are compared with
#	./build.sh fuzz [SECONDS [TARGET…]]
#	                            libFuzzer on what reads compose files, recipes, the journal and the engine
#	./build.sh static [ARCH…]   the program of the package, static: x86_64 and arm_64, or only that
#	./build.sh package          the packages for QNAP NAS: build/EthereumStation_VERSION_ARCH.qpkg
#	./build.sh feed --base-url URL
#	                            build/feed/: an App Center repository of these packages, to put on a web server
#	./build.sh fmt              formats the C sources
#	./build.sh clean            removes everything that was built
set -euo pipefail
cd "$(dirname "$0")"
export ROOT=$PWD
. tests/lib/need.sh

# Skipped when nothing changed since the last build.
build_web() {
	need_web
	[ ! -f web/dist/index.html.gz ] || [ -n "$(find web shared/api.yaml -newer web/dist/index.html.gz \
		-not -path 'web/node_modules*' -not -path 'web/dist*' -print -quit)" ] || return 0
	(cd web && npm ci --loglevel=error --no-fund --no-audit && npm run --silent build)
}

build_server() {
	case ${1:-release} in x86_64 | arm_64) need_static ;; *) need_compiler ;; esac
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
fuzz)
	build_web
	need_compiler
	need clang libclang-rt-14-dev libcmocka-dev
	exec tests/fuzz/run.sh "$@"
	;;
static)
	[ $# -gt 0 ] || set -- x86_64 arm_64
	build_web
	for arch in "$@"; do
		build_server "$arch"
	done
	;;
package)
	"$0" static
	need_package
	exec qpkg/package.sh
	;;
feed)
	need_node
	exec node qpkg/feed.mjs --packages build --icons build/icons --out build/feed "$@"
	;;
fmt)
	need clang-format
	find server tests qpkg -name '*.[ch]' -exec clang-format -i {} +
	;;
clean)
	rm -rf build web/dist web/node_modules tests/node_modules
	;;
*)
	sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
	[ "$command" = help ] || exit 2
	;;
esac
