#!/bin/sh
# embed.sh ROOT OUT.S: an assembler file that carries recipes, texts, the API file and the dashboard.
# The table `embedded_files` (api/assets.h) lists name, bytes and length; names are paths from ROOT.
# A dashboard file NAME.gz is listed under its own name; the program knows what to do with it.
set -eu
root=$1 out=$2
new=$out.new
cd "$root"
files=$(find shared/recipes shared/findings.json shared/api.yaml web/dist -type f 2>/dev/null | LC_ALL=C sort)

{
	echo '	.section .rodata'
	n=0
	for f in $files; do
		printf 'name%d:	.asciz "%s"\n	.balign 16\ndata%d:	.incbin "%s/%s"\nend%d:	.byte 0\n' \
			$n "$f" $n "$root" "$f" $n
		n=$((n + 1))
	done
	printf '	.section .data.rel.ro,"aw"\n	.balign 8\n	.globl embedded_files\nembedded_files:\n'
	i=0
	while [ $i -lt $n ]; do
		printf '	.quad name%d, data%d, end%d - data%d\n' $i $i $i $i
		i=$((i + 1))
	done
	printf '	.quad 0, 0, 0\n	.section .note.GNU-stack,"",@progbits\n'
	# contents decide, not names alone: the object is made anew when a file changed
	for f in $files; do
		printf '# %s\n' "$(cksum "$f")"
	done
} >"$new"
if cmp -s "$new" "$out"; then rm "$new"; else mv "$new" "$out"; fi
