#!/bin/bash
# images.sh: build, tag, push and pull images through the Engine API with curl alone.
#
#	images.sh build SOCK CONTEXT_DIR TAG      POST /build of a folder that has a Dockerfile
#	images.sh import SOCK TAG CHANGE...       a tar on stdin becomes a one-layer image; each CHANGE is
#	                                          a line of a Dockerfile (ENV, ENTRYPOINT, ...)
#	images.sh tag SOCK IMAGE NEW_NAME         both as repository:tag
#	images.sh push SOCK NAME                  to the registry that is part of the name
#	images.sh pull SOCK NAME
#	images.sh has SOCK NAME                   exit 0 when the image is there
#
# The Engine answers 200 and reports a failure in the last line of the stream: that is checked here.
set -eu

die() { echo "images.sh: $*" >&2; exit 1; }

[ $# -ge 3 ] || die "usage: images.sh build|import|tag|push|pull|has SOCK ..."
cmd=$1 sock=$2
shift 2
[ -S "$sock" ] || die "no engine socket at $sock"

api() { curl -sS --unix-socket "$sock" "$@"; }

# split NAME into $repo and $tag; a colon before the last slash belongs to a registry's port
split() {
	tag=${1##*:} repo=${1%:*}
	case $tag in
	*/* | "$1") tag=latest repo=$1 ;;
	esac
}

# Reads the Engine's progress stream; shows the error, if it has one, and fails.
check_stream() {
	local out
	out=$(cat)
	case $out in
	*'"error"'* | '{"message"'*)
		printf '%s\n' "$out" | grep -E '"error"|^\{"message"' | tail -n 1 >&2
		return 1
		;;
	esac
}

case $cmd in
build)
	[ -f "$1/Dockerfile" ] || die "no Dockerfile in $1"
	tar -C "$1" --owner=0 --group=0 --numeric-owner -c . |
		api -N -X POST -H 'Content-Type: application/x-tar' --data-binary @- \
			"http://d/build?t=$2&forcerm=1" | check_stream || die "building $2 failed"
	;;
import)
	split "$1"
	shift
	query="fromSrc=-&repo=$repo&tag=$tag"
	for change; do
		query="$query&changes=$(jq -rn --arg c "$change" '$c | @uri')"
	done
	api -X POST -H 'Content-Type: application/x-tar' -T - "http://d/images/create?$query" |
		check_stream || die "importing $repo:$tag failed"
	;;
tag)
	split "$2"
	api -X POST "http://d/images/$1/tag?repo=$repo&tag=$tag" | check_stream ||
		die "tagging $1 as $2 failed"
	;;
push)
	split "$1"
	api -X POST -H 'X-Registry-Auth: e30=' "http://d/images/$repo/push?tag=$tag" |
		check_stream || die "pushing $1 failed"
	;;
pull)
	split "$1"
	api -X POST "http://d/images/create?fromImage=$repo&tag=$tag" | check_stream ||
		die "pulling $1 failed"
	;;
has) api -f -o /dev/null "http://d/images/$1/json" 2>/dev/null ;;
*) die "unknown command $cmd" ;;
esac
