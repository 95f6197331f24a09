#!/bin/bash
# fetch.sh: Debian's source packages, verified and unpacked, in build/cache/static/src/.
#
# Writes src/table: one line "LIBRARY FOLDER" each, FOLDER = PACKAGE_VERSION. Looks for newer versions at most once a
# day; without a network the table of the last time stays in force.
#
# The chain of trust: Debian's archive keys sign InRelease, which has the hash of Sources, which has the hashes of
# .dsc and tarballs (apt checks these, and nothing here lets it do without); the uploader's key signs the .dsc, which
# has the hashes of the tarballs again (verify.sh and dpkg-source). Neither /etc/apt nor apt's own lists are touched.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
src=$1/src

# LIBRARY PACKAGE…: the first package that can be had. aria2 carries a copy of wslay, for mirrors without wslay.
wanted='musl musl
openssl openssl
civetweb civetweb
sqlite3 sqlite3
jansson jansson
curl curl
yaml libyaml
wslay wslay aria2'

say() { echo "sources: $*" >&2; }
die() { say "$*"; exit 1; }

mkdir -p "$src"
mark="# $(cat "$here/fetch.sh" "$here/verify.sh" | sha256sum | cut -c1-32)"
fits() { [ -f "$src/table" ] && [ "$(head -n 1 "$src/table")" = "$mark" ]; }
if fits && [ -n "$(find "$src/table" -mmin -1440)" ]; then
	exit 0
fi

tmp=$(mktemp -d "$src/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
apt=(-o Dir::Etc::sourcelist="$tmp/sources.list" -o Dir::Etc::sourceparts=/dev/null
	-o Dir::State::lists="$tmp/lists" -o Dir::Cache="$tmp/cache" -o APT::Sandbox::User=root
	-o APT::Update::Error-Mode=any -o APT::Get::AllowUnauthenticated=false
	-o Acquire::AllowInsecureRepositories=false -o Acquire::AllowWeakRepositories=false
	-o Acquire::AllowDowngradeToInsecureRepositories=false -o Acquire::Retries=2)

# The mirrors and suites that this machine's own packages come from, but only with Debian's keys.
source_lines() {
	apt-get indextargets --format 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 'Component: main' | sort -u
}
source_lines >"$tmp/sources.list"
[ -s "$tmp/sources.list" ] || { apt-get -qq update && source_lines >"$tmp/sources.list"; }
[ -s "$tmp/sources.list" ] || die "this machine's apt knows no Debian mirror"

if ! apt-get "${apt[@]}" -qq update >"$tmp/log" 2>&1; then
	cat "$tmp/log" >&2
	fits || die "Debian's lists of sources could not be had, or did not verify"
	say "no newer lists; building from the sources of $(date -r "$src/table" +%F)"
	exit 0
fi

# versions PACKAGE: newest first.
versions() {
	local v all=() i
	while read -r v; do
		for ((i = ${#all[@]}; i > 0; i--)); do
			dpkg --compare-versions "$v" gt "${all[i - 1]}" || break
		done
		all=("${all[@]:0:i}" "$v" "${all[@]:i}")
	done < <(apt-cache "${apt[@]}" showsrc --only-source "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -u)
	printf '%s\n' "${all[@]}"
}

# get PACKAGE VERSION: verified and unpacked as $src/PACKAGE_VERSION; 1 when the mirror has not got it.
get() {
	local name=$1_$2 dsc
	[ -d "$src/$name" ] && return 0
	mkdir "$tmp/$name"
	if ! (cd "$tmp/$name" && apt-get "${apt[@]}" -qq --download-only source "$1=$2") >"$tmp/log" 2>&1; then
		# only "not there" may be passed over: a wrong hash or signature ends everything
		grep -q '404 ' "$tmp/log" && ! grep -qiE 'hash sum|signature|unauthenticated|corrupt' "$tmp/log" && return 1
		cat "$tmp/log" >&2
		die "$name could not be downloaded, or did not verify"
	fi
	dsc=$(echo "$tmp/$name"/*.dsc)
	"$here/verify.sh" "$dsc" || die "$name did not verify"
	dpkg-source -x "$dsc" "$tmp/$name/tree" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "$name did not unpack"; }
	mv "$dsc" "$src/$name.dsc"
	mv -T "$tmp/$name/tree" "$src/$name"
}

# find_one PACKAGE…: sets `found` to the folder of the newest version that can be had.
find_one() {
	local p v
	for p in "$@"; do
		for v in $(versions "$p"); do
			if get "$p" "$v"; then
				found=${p}_$v
				return 0
			fi
			say "the mirror lists $p $v but has not got it: looking for the next"
		done
	done
	die "no source of $1 can be had"
}

{
	echo "$mark"
	while read -r lib packages; do
		# shellcheck disable=SC2086
		find_one $packages
		say "$lib from $found"
		echo "$lib $found"
	done <<<"$wanted"
} >"$tmp/table"
mv "$tmp/table" "$src/table"
