#!/bin/bash
# run.sh [SUITE…]: runs the suites and closes with the sum of what their runners counted.
#
#	floors    who may include whom, and where a library's header may stand
#	unit      cmocka, under AddressSanitizer and UBSan
#	web       the dashboard's own checks: types, unit tests, size
#	contract  live answers against shared/api.yaml, under the sanitizers
#	engine    a real Docker engine, registry and doubles, under the sanitizers
#	crash     kill -9 before and after every step of every job; and the engine, the disk, the folders break
#	tsan      the concurrent parts under ThreadSanitizer
#	ui        Chromium through the whole dashboard
#	static    the package's programs for both architectures: what they need, what they run on
#	engine-static  the engine suite again, with the static program for x86_64
#	qts       the package on an emulated NAS: both architectures, both shells, a real engine, broken packages
#	v2        cgroup v2 and a NAS that runs out of memory, in a small emulated machine; takes minutes (the machine
#	          is ten to eighty times slower than this one), so it runs only when it is named
#
# A suite fails when a test fails, when its runner ends badly, or when it ran nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
export ROOT=${ROOT:-$PWD}
. tests/lib/need.sh

out=build/test-output
mkdir -p "$out"
passed=0 failed=0 skipped=0 broken=()

# count SUITE STATUS: adds what the runners in the suite's output counted.
count() {
	local file=$out/$1.log p f s
	p=$(awk '/^\[  PASSED  \] [0-9]+ test/ {n += $4} /^# pass [0-9]+/ {n += $3} END {print n + 0}' "$file")
	f=$(awk '/^\[  FAILED  \] [0-9]+ test/ {n += $4} /^# fail [0-9]+/ {n += $3} /^# cancelled [0-9]+/ {n += $3} END {print n + 0}' "$file")
	s=$(awk '/^# skipped [0-9]+/ {n += $3} END {print n + 0}' "$file")
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	if [ "$2" -ne 0 ] || [ "$f" -gt 0 ] || [ "$p" -eq 0 ]; then
		broken+=("$1")
	fi
	printf '== %s: %d passed, %d failed, %d skipped (%d s)\n' "$1" "$p" "$f" "$s" "$SECONDS"
}

suite() {
	local name=$1 status=0
	shift
	printf '\n== %s\n' "$name"
	SECONDS=0
	"$@" 2>&1 | tee "$out/$name.log" || status=$?
	count "$name" "$status"
}

tap() { # tap FILE: runs it; its file's name first
	echo "-- ${1#tests/}"
	node --test --test-reporter=tap "$1" | grep -vE '^ *(duration_ms|type:|---|\.\.\.)'
}

binary() { "$1" 2>&1 || { echo "!! ${1##*/} failed"; false; }; }

# in_lanes RUNNER FILE…: one after the other, or LANES at a time: each has an engine of its own.
in_lanes() {
	local run=$1 f dir status=0
	shift
	dir=$(mktemp -d "$out/lanes.XXXXXX")
	for f in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "${LANES:-1}" ]; do wait -n || true; done
		{ "$run" "$f" || touch "$dir/failed"; } >"$dir/${f##*/}.log" 2>&1 &
	done
	wait
	cat "$dir"/*.log
	[ ! -e "$dir/failed" ] || status=1
	rm -r "$dir"
	return $status
}

node_files() { in_lanes tap "$@"; }

# The engine's files, the longest ones first: else the other lanes stand empty while one has one of them left.
engine_files() {
	local first=(tests/engine/{watch,relay,upgrade,crash,relay_watchdog,databases,program,copies}.test.mjs)
	LANES=$1 node_files "${first[@]}" $(printf '%s\n' tests/engine/*.test.mjs | grep -vxF "$(printf '%s\n' "${first[@]}")")
}

run_floors() { node_files tests/floors/*.test.mjs; }

run_unit() { LANES=3 in_lanes binary $(find build/asan/unit -name 'test_*' -type f -perm -100 | sort); }
run_web() { (cd web && npm run --silent check && npm test --silent); }
run_contract() { LANES=2 VARIANT=asan node_files tests/contract/*.test.mjs; }
run_engine() { VARIANT=asan engine_files 6; }
# The longest one first, the others beside it.
run_crash() { LANES=2 VARIANT=release node_files tests/crash/matrix.test.mjs $(printf '%s\n' tests/crash/*.test.mjs | grep -v /matrix); }
run_static() { node_files tests/static/*.test.mjs; }
run_engine-static() { VARIANT=x86_64 engine_files 8; }
run_qts() {
	local arch
	qpkg/package.sh || return 1
	for arch in x86_64 arm_64; do
		echo "$(stat -c '%n: %s bytes' build/EthereumStation_*_$arch.qpkg)"
	done
	LANES=6 node_files tests/qts/*.test.mjs
}
run_tsan() { VARIANT=tsan node_files tests/engine/seed_story.test.mjs; }
run_ui() { LANES=2 VARIANT=release node_files tests/ui/*.test.mjs; }
run_v2() {
	tests/doubles/parity/compile.sh >/dev/null || return 1
	tests/v2/vm.sh env VARIANT=release SLOWER=6 node --test --test-reporter=tap tests/v2/*.test.mjs |
		grep -vE '^ *(duration_ms|type:|---|\.\.\.)'
}

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(floors unit web contract engine crash tsan ui static engine-static qts)

build() { make --no-print-directory -s -j"$(nproc)" -C server VARIANT="$@"; }

# The programs of the package take minutes, most of it for their libraries: they are built beside the first
# suites, with the processor time that these leave.
programs=
begin_programs() {
	need_static_tests
	need_qts
	setsid nice -n 19 bash -c "$(declare -f build); set -e; for v in x86_64 arm_64; do build \$v all probe; done" \
		>"$out/programs.log" 2>&1 &
	programs=$!
	trap 'kill -- "-$programs" 2>/dev/null || :' EXIT
}

await_programs() {
	[ -n "$programs" ] || return 0
	echo "(the programs of the package)"
	wait "$programs" || { tail -n 30 "$out/programs.log"; exit 1; }
	programs=
	trap - EXIT
}

need_tests
need_web
need_browser
(cd web && npm ci --loglevel=error --no-fund --no-audit && npm run --silent build)
if [[ " ${suites[*]} " = *static* || " ${suites[*]} " = *qts* ]]; then
	begin_programs
fi
[[ " ${suites[*]} " != *" v2 "* ]] || need_machine
for v in release asan tsan; do
	build $v all
done
build asan unit

for s in "${suites[@]}"; do
	case $s in *static | qts) await_programs ;; esac
	suite "$s" "run_$s"
done

echo
[ ${#broken[@]} -eq 0 ] || echo "broken suites: ${broken[*]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ ${#broken[@]} -eq 0 ]
