#!/bin/bash
# images.sh: build the Parity doubles as images that look like the real ones.
#
#	images.sh [--env KEY=VALUE]... [--push] SOCK [REGISTRY_PREFIX] [VERSION|broken|silent]...
#
# SOCK is the Engine's unix socket. Without versions: all of them, and the variants. Each image has
# the name, entry point, working directory, user and ports of the real one; --env bakes
# PARITY_DOUBLE_KEY=VALUE into them. With REGISTRY_PREFIX (127.0.0.1:5000) the names begin with it,
# and --push sends them there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
images=$here/../../lib/images.sh

die() { echo "images.sh: $*" >&2; exit 1; }

extra=() push=
while [ $# -gt 0 ]; do
	case $1 in
	--env) extra+=("PARITY_DOUBLE_${2:?--env needs KEY=VALUE}"); shift 2 ;;
	--push) push=1; shift ;;
	-*) die "unknown option $1" ;;
	*) break ;;
	esac
done
[ $# -ge 1 ] || die "usage: images.sh [--env KEY=VALUE]... [--push] SOCK [PREFIX] [VERSION]..."
sock=$1
shift
prefix=
if [ $# -gt 0 ] && [[ $1 == *[:/]* ]]; then
	prefix=${1%/}/
	shift
fi
[ $# -gt 0 ] || set -- 1.3.5 1.3.9 1.4.5 1.5.0 1.6.8 1.7.0 2.0.5 2.1.0 2.2.5 2.5.13 2.7.2 \
	3.0.1 3.1.0 3.3.5 broken silent

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$("$here/compile.sh")

# describe VERSION: sets repo, tag, entry (as in ENTRYPOINT), binaries, dir (WORKDIR), user, ports
describe() {
	user='' ports="8080 8545 8180"
	tag=v$1
	case $1 in
	1.[345].*) repo=ethcore/parity dir=/build entry=/build/parity/target/release/parity ;;
	1.*) repo=parity/parity dir=/build entry=/parity/parity ;;
	2.0.*) repo=parity/parity dir=/build entry=/parity/parity ;;
	2.1.*) repo=parity/parity dir=/ entry=./entrypoint.sh ;;
	2.2.*) repo=parity/parity dir=/home/parity entry=./entrypoint.sh user=parity ;;
	2.*) repo=parity/parity tag=v$1-stable dir=/home/parity entry=/bin/parity user=parity ;;
	3.0.*) repo=openethereum/openethereum dir=/home/openethereum entry=/bin/openethereum
		user=openethereum ;;
	3.[12].*) repo=openethereum/openethereum dir=/home/openethereum entry=./openethereum
		user=openethereum ;;
	3.*) repo=openethereum/openethereum dir=/home/openethereum user=openethereum
		entry=/home/openethereum/openethereum ;;
	*) die "no double of version $1" ;;
	esac
	case $1 in
	1.* | 2.0.*) ;;
	*) ports="5001 8080 8082 8083 8545 8546 8180 30303/tcp 30303/udp" ;;
	esac
}

build() { # build VERSION TAG [KEY=VALUE]...
	local version=$1 name=$prefix$repo:$2 root=$work/root path setting changes env
	shift 2
	rm -rf "$root"
	path=$entry
	[[ $entry == /* ]] || path=${dir%/}/${entry#./}
	mkdir -p "$root$dir" "$root$(dirname "$path")"
	cp "$program" "$root$path"
	env="PARITY_DOUBLE_VERSION=$version"
	for setting in ${extra[@]+"${extra[@]}"} "$@"; do
		env="$env ${setting%%=*}=\"${setting#*=}\""
	done
	changes=("ENV $env" "WORKDIR $dir" "EXPOSE $ports" "ENTRYPOINT [\"$entry\"]")
	if [ -n "$user" ]; then
		add_user "$version"
		changes+=("USER $user")
	fi
	tar -C "$root" --owner=0 --group=0 --exclude=./home -cf "$work/image.tar" .
	[ -z "$user" ] || tar -C "$root" --owner=1000 --group=1000 -rf "$work/image.tar" ./home
	"$images" import "$sock" "$name" "${changes[@]}" <"$work/image.tar"
	[ -z "$push" ] || "$images" push "$sock" "$name"
	echo "$name"
}

# The account of uid 1000 with its home, as the real images have it from 2.2 on.
add_user() { # add_user VERSION
	local home=$root/home/$user
	mkdir -p "$root/etc" "$home/.local/share"
	[[ $1 != 3.[1-9].* ]] || mkdir "$home/.local/share/io.parity.ethereum"
	printf 'root:x:0:0:root:/root:/bin/sh\n%s:x:1000:1000::/home/%s:/bin/sh\n' "$user" "$user" \
		>"$root/etc/passwd"
	printf 'root:x:0:\n%s:x:1000:\n' "$user" >"$root/etc/group"
}

for version; do
	case $version in
	broken)
		describe 1.6.8
		build 1.6.8 v1.6.9-broken PARITY_DOUBLE_CRASH_AFTER_MS=1000 \
			PARITY_DOUBLE_EXIT_CODE=1 "PARITY_DOUBLE_CRASH_MESSAGE=Client service error: \
Client(Database(Error(Msg(Corruption: block checksum mismatch))))"
		;;
	silent)
		describe 1.6.8
		build 1.6.8 v1.6.9-silent PARITY_DOUBLE_SILENT=1
		;;
	*)
		describe "$version"
		build "$version" "$tag"
		;;
	esac
done
