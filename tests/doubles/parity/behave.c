/* The simulated node: how its head moves, what it takes of memory, disk and CPU, how it dies. */
#include "parity.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MB (1024L * 1024)
#define MAX_HEAP_MB 65536

static void *heap[MAX_HEAP_MB]; /* one mapping for each MB held */
static long heap_held;
static int64_t last_tick, last_poll, last_flush, last_inform, last_block, last_head;
static double carry, warp_carry;
static long acted_child, acted_read, shown_head;
static char acted_say[256];

static void hold_heap(long mb)
{
	if (mb > MAX_HEAP_MB)
		mb = MAX_HEAP_MB;
	while (heap_held < mb) {
		void *p =
			mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			fail(101, "memory allocation of %ld bytes failed", MB);
		memset(p, 1, MB);
		heap[heap_held++] = p;
	}
	while (heap_held > mb && heap_held > 0)
		munmap(heap[--heap_held], MB);
}

/* A child that takes memory: the kernel may kill it, and this process must live on. */
static void child_takes(long mb)
{
	if (fork() != 0)
		return;
	for (long i = 0; i < mb; i++) {
		void *p =
			mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED)
			memset(p, 1, MB);
	}
	_exit(0);
}

/* Page cache: written once, then read to the end. Done by a child, so that the RPC goes on. */
static void child_reads(const struct layout *l, long mb)
{
	static char block[MB];
	char file[PATH_MAX + 16];
	int fd;

	if (fork() != 0)
		return;
	snprintf(file, sizeof(file), "%s/double.cache", l->base);
	fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644);
	for (long i = 0; fd >= 0 && i < mb; i++) {
		if (write(fd, block, MB) != MB)
			break;
	}
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) == 0) {
		while (read(fd, block, MB) > 0)
			;
	}
	_exit(0);
}

static void crash(const struct node *n)
{
	const struct settings *s = &n->set;
	static volatile int *volatile nowhere;

	if (s->crash_message[0])
		fprintf(stderr, "%s\n", s->crash_message);
	else
		fprintf(stderr,
			"\n====================\n\nthread 'main' panicked at 'double: told to "
			"crash'\n\nThis is a bug. Please report it.\n");
	if (strcmp(s->crash, "segv") == 0)
		*nowhere = 0; /* a real fault: PID 1 ignores a raised signal */
	_exit((int)s->exit_code);
}

static void act(struct node *n, int64_t now)
{
	const struct settings *s = &n->set;
	long leaked = s->leak_mb_s * (now - n->started_ms) / 1000;

	if (s->crash[0] && strcmp(s->crash, "0") != 0)
		crash(n);
	if (s->crash_after_ms && now - n->started_ms >= s->crash_after_ms)
		crash(n);
	if (s->heap_mb + leaked != heap_held)
		hold_heap(s->heap_mb + leaked);
	if (s->child_mb != acted_child) {
		acted_child = s->child_mb;
		if (acted_child > 0)
			child_takes(acted_child);
	}
	if (s->read_mb != acted_read) {
		acted_read = s->read_mb;
		if (acted_read > 0)
			child_reads(&n->lay, acted_read);
	}
	if (strcmp(s->say, acted_say) != 0) {
		snprintf(acted_say, sizeof(acted_say), "%s", s->say);
		if (acted_say[0])
			say(n->gen, "%s", acted_say);
	}
}

static void burn(long percent, int64_t now, int64_t spent)
{
	int64_t until = now + spent * (percent > 100 ? 100 : percent) / 100;

	while (percent > 0 && now_ms() < until)
		;
}

static void warp_on(struct node *n, int64_t elapsed)
{
	warp_carry += (double)n->set.warp_rate * (double)elapsed / 1000;
	n->warp_done += (long)warp_carry;
	warp_carry -= (double)(long)warp_carry;
	if (n->warp_done < n->set.warp_chunks)
		return;
	n->warp_done = n->set.warp_chunks;
	n->warping = false;
	n->head = shown_head = n->highest > 100 ? n->highest - 100 : n->highest;
	say(n->gen, "Snapshot restoration complete");
}

static void head_on(struct node *n, int64_t now, int64_t elapsed)
{
	long before = n->head;

	if (n->head < n->highest) {
		carry += (double)n->set.sync_rate * (double)elapsed / 1000;
		n->head += (long)carry;
		carry -= (double)(long)carry;
		if (n->head >= n->highest) {
			n->head = n->highest;
			last_block = now;
		}
	} else if (n->set.block_ms > 0 && now - last_block >= n->set.block_ms) {
		n->highest++;
		n->head++;
		last_block = now;
		say(n->gen, "Imported #%ld 0x%04lx…%04lx (0 txs, 0.00 Mgas, 2 ms, 0.53 KiB)",
			n->head, n->head * 40503 % 65536, n->head * 30011 % 65536);
	}
	if (n->head > before)
		layout_grow(&n->lay, (n->head - before) * n->set.block_bytes);
}

bool behave_syncing(const struct node *n)
{
	bool syncing = n->warping || n->highest - n->head > 3;

	if (n->set.flicker_ms > 0 && !n->warping && (now_ms() / n->set.flicker_ms) % 2)
		return !syncing;
	return syncing;
}

static void inform(const struct node *n, int64_t now)
{
	double rate = (double)(n->head - shown_head) * 1000 / (double)(now - last_inform + 1);

	if (n->warping)
		say(n->gen,
			"Syncing snapshot %ld/%ld        #0   %2ld/%2u peers   8 KiB chain  "
			"3 MiB db  0 bytes queue  10 KiB sync  RPC:  0 conn,  0 req/s,   0 µs",
			n->warp_done, n->set.warp_chunks, n->peers, n->opt.max_peers);
	else if (n->highest - n->head > 3)
		say(n->gen,
			"Syncing #%ld 0x%04lx…%04lx  %7.1f blk/s %6.1f tx/s %5.1f Mgas/s   "
			"  0+    0 Qed  LI:#%ld   %2ld/%2u peers   8 MiB chain  64 MiB db  0 bytes "
			"queue  "
			"12 MiB sync  RPC:  0 conn,  0 req/s,   0 µs",
			n->head, n->head * 40503 % 65536, n->head * 30011 % 65536, rate, rate * 3,
			rate / 10, n->head, n->peers, n->opt.max_peers);
	else
		say(n->gen,
			"   %2ld/%2u peers   2 MiB chain  64 MiB db  0 bytes queue  12 MiB sync  "
			"RPC:  0 conn,  0 req/s,   0 µs",
			n->peers, n->opt.max_peers);
}

void behave_init(struct node *n)
{
	long head;

	n->started_ms = last_tick = last_flush = last_inform = last_block = now_ms();
	n->head = n->set.start;
	n->highest = n->set.highest;
	if (strcmp(n->chain->data_dir, "DevelopmentChain") == 0) {
		n->highest = n->head;
		n->set.peers = 0;
	} else if (layout_load_head(&n->lay, &head)) {
		n->head = head;
	} else if (n->gen->number >= 104 && n->opt.warp && n->set.warp_chunks > 0) {
		n->warping = true;
		n->head = 0;
	}
	if (n->highest < n->head)
		n->highest = n->head;
	n->start_block = shown_head = last_head = n->head;
}

void behave_tick(struct node *n)
{
	int64_t now = now_ms(), elapsed = now - last_tick;

	last_tick = now;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* as PID 1 we inherit every orphan */
	if (now - last_poll >= 200) {
		long was = n->set.highest;

		last_poll = now;
		settings_poll(&n->set);
		if (n->set.highest != was)
			n->highest = n->set.highest > n->head ? n->set.highest : n->head;
		act(n, now);
	}
	n->peers = now - n->started_ms < n->set.peers_after_ms ? 0 : n->set.peers;
	if (strcmp(n->chain->data_dir, "DevelopmentChain") == 0)
		n->peers = 0;
	if (n->peers > 0 && !n->set.freeze) {
		if (n->warping)
			warp_on(n, elapsed);
		else
			head_on(n, now, elapsed);
	}
	if (now - last_flush >= n->set.flush_ms) {
		last_flush = now;
		if (n->head != last_head && !n->warping)
			layout_save_head(&n->lay, n->head);
		last_head = n->head;
	}
	if (now - last_inform >= n->set.inform_ms) {
		inform(n, now);
		last_inform = now;
		shown_head = n->head;
	}
	burn(n->set.cpu_percent, now, elapsed);
}
