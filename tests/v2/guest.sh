#!/bin/bash
# guest.sh: the first process of the machine: what a boot does elsewhere, the command, and off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root ROOT=$V2_ROOT TMPDIR=/disk

mount -t tmpfs tmpfs /run
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o size=100% shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo bfq >/sys/block/vda/queue/scheduler # the one that knows weights
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward

# When this machine runs out of memory, the test itself is not what has to go: containers have 0 again.
echo -500 >/proc/self/oom_score_adj

cd "$ROOT" || exit
echo "up after $(cut -d' ' -f1 /proc/uptime) s" >/dev/console
status=0
bash /out/command >/out/log 2>&1 </dev/null || status=$?
echo "$status" >/out/status
sync
echo o >/proc/sysrq-trigger
sleep 60
