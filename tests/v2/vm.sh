#!/bin/bash
# vm.sh: a small machine with the unified control groups (cgroup v2), emulated in software.
#
#	vm.sh [-m MEGABYTES] [-t SECONDS] COMMAND...
#
# Debian's kernel boots with this machine's own root, read-only by 9p under a layer in memory: what is installed here
# is installed there, and the repository has the same path. COMMAND runs there as root, in the repository, with
# TMPDIR on a disk of its own; its output is shown here, and its exit code is this script's. A machine that ends
# without one, or does not end in time, is a failure, and its console is shown.
#
# Software emulation (TCG) only: it works everywhere. Nothing of it can be reached from outside: it has no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-$(cd "$here/../.." && pwd)}
dir=$root/build/v2
memory=1280 seconds=1200

while getopts m:t: option; do
	case $option in
	m) memory=$OPTARG ;;
	t) seconds=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: vm.sh [-m MEGABYTES] [-t SECONDS] COMMAND..." >&2; exit 2; }

"$here/initramfs.sh" "$dir"
rm -rf "$dir/out" "$dir/disk"
mkdir "$dir/out"
printf '%q ' "$@" >"$dir/out/command"
truncate -s 4G "$dir/disk"
mkfs.ext4 -q -F "$dir/disk"

share() { # share TAG DIR [OPTIONS]
	echo -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap${3:+,$3}" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# What costs time in an emulation and proves nothing here is left out: a processor's wide vectors, its
# mitigations, waiting for grace periods. Parameters that the kernel does not know are variables of its first process.
timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m "$memory" \
	-nodefaults -nographic -no-reboot -nic none -serial "file:$dir/console" \
	-kernel "$dir/vmlinuz" -initrd "$dir/initrd" \
	-append "console=ttyS0 loglevel=4 panic=-1 random.trust_cpu=on mitigations=off preempt=none nowatchdog \
		rcupdate.rcu_expedited=1 V2_ROOT=$root" \
	-drive "file=$dir/disk,format=raw,if=virtio,cache=unsafe" \
	$(share host / readonly=on) $(share out "$dir/out") </dev/null &
machine=$!
trap 'kill "$machine" 2>/dev/null || :; wait "$machine" || :' EXIT
ended=0
wait "$machine" || ended=$?
trap - EXIT
rm -f "$dir/disk"

cat "$dir/out/log" 2>/dev/null || :
if [ ! -s "$dir/out/status" ]; then
	[ "$ended" -ne 124 ] || echo "vm.sh: not done within $seconds s"
	echo "vm.sh: the machine ended without a word (qemu: $ended); the end of its console:"
	tail -n 60 "$dir/console"
	exit 1
fi
exit "$(cat "$dir/out/status")"
