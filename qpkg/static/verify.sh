#!/bin/bash
# verify.sh FILE.dsc: the uploader's signature, and the hashes of the files that stand beside it.
#
# An uploader whose key has left Debian's keyring since is told, not refused: the archive's own signature, which apt has
# checked, covers the same files. Anything else that is not a valid signature is refused.
set -euo pipefail
dsc=$1
say() { echo "sources: ${dsc##*/}: $*" >&2; }

status=$(gpgv --status-fd 1 --keyring /usr/share/keyrings/debian-keyring.gpg \
	--keyring /usr/share/keyrings/debian-maintainers.gpg "$dsc" 2>/dev/null) || :
case $status in
*'[GNUPG:] BADSIG '* | *'[GNUPG:] REVKEYSIG '*)
	say "the signature is bad"
	exit 1
	;;
*'[GNUPG:] VALIDSIG '*) ;;
*'[GNUPG:] NO_PUBKEY '*)
	say "signed by an uploader whom debian-keyring does not know any more; the archive's signature stands"
	;;
*)
	say "no valid signature"
	exit 1
	;;
esac

files=$(sed -n '/^Checksums-Sha256:/,/^[^ ]/s/^ \([0-9a-f]\{64\}\) [0-9]* \([^ /]*\)$/\1  \2/p' "$dsc")
[ -n "$files" ] || { say "no list of hashes"; exit 1; }
(cd "$(dirname "$dsc")" && sha256sum --check --strict --quiet <<<"$files") >&2 || { say "a hash is wrong"; exit 1; }
