#!/bin/bash
# run.sh [NAME…]: measurements, each beside what it is compared with in the same run.
#
#	rest       memory and processor of the program at rest and with the dashboard open, beside
#	           netdata and `docker stats`
#	sample     one reading of a container, beside a bare pread; 100 containers each second
#	history    a year of seconds: charts of any range, beside plain rows and Prometheus (20 minutes)
#	http       100 /state a second, the first load of the overview, the highest rate
#	downtime   upgrade of a node, beside docker-compose doing the same
#	copy       a copy of 10 GB of chain, beside cp -a (takes 20 GB of disk for a while)
#	adopt      taking over 10 GB in a container's own layer, beside docker cp (likewise)
#	relay      what one reported node adds, and fifty, beside the same nodes unreported
#	growth     130 minutes of sampling and three days of history: where memory comes to rest (only when it is named)
#	soak       an hour with relays, in which nothing may happen (only when it is named)
#	eta        ten syncs of the real node: is the end within the range that was shown (only when it is named)
#
# Ends with 1 when a target is missed. The machine's load stands in every heading: at a high one,
# measure again.
set -euo pipefail
cd "$(dirname "$0")/../.."
export ROOT=${ROOT:-$PWD}
. tests/lib/need.sh

out=build/bench
station=build/release/ethstation
missed=0

build() {
	[ -x "$station" ] || { echo "run.sh: build the program first (./build.sh bench does)" >&2; exit 1; }
	mkdir -p "$out"
	gcc -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -Iserver -o "$out/bench_history" \
		tests/bench/bench_history.c server/base/rollup*.c server/io/history*.c \
		server/base/{err,mem,buf,log,clock,thread}.c -lsqlite3 -lpthread -lm
	gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$out/plain_table" tests/bench/plain_table.c -lsqlite3 -lm
	gcc -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -Werror -Iserver -o "$out/bench_sample" \
		tests/bench/bench_sample.c build/release/libstation.a \
		-lcivetweb -lsqlite3 -ljansson -lyaml -lcurl -lwslay -lcrypto -lssl -lpthread -lm
	(cd tests && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error --no-fund --no-audit)
	need_stats_servers
	need_browser
	need_files prometheus prometheus
	need libjson-c5 liblz4-1 libmnl0 libuv1
	need_files netdata netdata-core libnetfilter-acct1
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=(rest sample history http downtime copy adopt relay)
for n in "${names[@]}"; do
	[ -f "tests/bench/$n.mjs" ] || { echo "run.sh: no measurement \"$n\"" >&2; exit 2; }
done
build
for n in "${names[@]}"; do
	node "tests/bench/$n.mjs" || missed=1
done
exit $missed
