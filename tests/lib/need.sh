# need.sh: installs what a command needs, once; to be sourced. Silent when all is there.
#
# Only Debian's own packages and npm are used. NODE_AT_LEAST: the dashboard's tools want 18.

# need PACKAGE…: Debian packages.
need() {
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	[ "$(id -u)" = 0 ] || { echo "please run this once as root: it installs ${missing[*]}" >&2; return 1; }
	export DEBIAN_FRONTEND=noninteractive
	[ -n "${APT_UPDATED:-}" ] || apt-get -qq update
	export APT_UPDATED=1
	apt-get -qq install --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
}

# need_files NAME PACKAGE…: Debian packages, only unpacked, in build/cache/NAME: for programs whose
# packages would start a service.
need_files() {
	local dir=$ROOT/build/cache/$1 tmp
	shift
	[ ! -d "$dir" ] || return 0
	echo "fetching $*"
	[ -n "${APT_UPDATED:-}" ] || apt-get -qq update
	export APT_UPDATED=1
	tmp=$(mktemp -d)
	mkdir -p "$dir.new"
	(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download "$@" && for f in *.deb; do dpkg-deb -x "$f" "$dir.new"; done)
	rm -rf "$tmp"
	mv "$dir.new" "$dir"
}

need_compiler() {
	need gcc make libc6-dev libcivetweb-dev libsqlite3-dev libjansson-dev libyaml-dev libcurl4-openssl-dev libssl-dev libwslay-dev
}

need_node() {
	command -v node >/dev/null || need nodejs
	command -v npm >/dev/null || need npm
}

need_web() {
	need ca-certificates
	need_node
}

need_engine() {
	need docker.io iptables iproute2 util-linux curl jq procps cgroupfs-mount gcc musl-tools
	need_node
}

need_package() {
	need librsvg2-bin
	need_node
}

# A NAS to install on: its tools, and a processor for the arm64 program.
need_qts() {
	need_package
	need patchelf qemu-user-static iproute2 util-linux curl
}

need_bench() {
	need docker-compose wrk
}

# The static program: sources, their keys, and the compilers of both architectures.
need_static() {
	need ca-certificates dpkg-dev gpgv debian-archive-keyring debian-keyring patch xz-utils gcc make libc6-dev cmake perl \
		tcl linux-libc-dev gcc-aarch64-linux-gnu linux-libc-dev-arm64-cross
}

need_static_tests() {
	need_static
	need qemu-user-static openssl binutils
}

need_tests() {
	need_compiler
	need_engine
	need git libcmocka-dev librocksdb-dev sqlite3 xfsprogs e2fsprogs docker-registry nginx-light docker-compose clang-format
	need_files prometheus prometheus
	(cd "$ROOT/tests" && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel=error --no-fund --no-audit)
	need_stats_servers
}

# The small machine of tests/v2: an emulator, and Debian's kernel as a package in build/cache/kernel.
need_machine() {
	local dir=$ROOT/build/cache/kernel name
	need qemu-system-x86 busybox-static kmod e2fsprogs
	[ ! -d "$dir" ] || return 0
	[ -n "${APT_UPDATED:-}" ] || apt-get -qq update
	export APT_UPDATED=1
	name=$(apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && !n++ { print $2 }')
	echo "fetching $name"
	mkdir -p "$dir.new"
	(cd "$dir.new" && apt-get -qq -o APT::Sandbox::User=root download "$name")
	mv "$dir.new" "$dir"
}

need_browser() {
	need chromium
}

# The test's ethstats servers, each with a lock file of its own: their generations of ws exclude each other.
need_stats_servers() {
	local g
	need_node
	for g in 6 8; do
		(cd "$ROOT/tests/ethstats/primus$g" &&
			[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --ignore-scripts)
	done
}
