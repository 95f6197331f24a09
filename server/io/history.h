/*
 * history: years of samples in a few megabytes, drawn at once; history.db.
 *
 * A sample is one value of one series ("memory_needed") of one entity ("home/node", "host") in one
 * second. It goes into RAM (put) and, with all others since then, into the file in one transaction
 * (flush), so that disks can sleep. Of each series the tiers of base/rollup.h are kept, each
 * bucket with min, mean, max and count: no peak is ever lost, gaps stay gaps. Whatever was flushed
 * is there after a crash, exactly once, and the buckets it had begun go on.
 *
 * Clock. Samples are added to the buckets of their own time, whatever came before them:
 *   - a clock set back: the new samples join what that time already has (each bucket then tells
 *     of both; of two samples of the very same second the 1 s tier keeps the larger). Nothing is
 *     dropped or overwritten;
 *   - a clock set forward: a gap.
 * "Now" is the second of the latest put. Old chunks are deleted only after an hour without a jump
 * of more than an hour, so that a wrong clock cannot empty the file at once.
 *
 * The file is disposable. One that is damaged, foreign, or of a newer version is renamed to
 * PATH.YYYY-MM-DD[-N] (its -wal and -shm too), when it is opened or any time later, and a new one
 * starts; history_take_set_aside() tells. What is still in RAM (up to an hour) goes into the new
 * one.
 *
 * A full disk is a state: flush says disk.full, samples stay in RAM and go out with a later flush.
 * Beyond HISTORY_PENDING_MAX samples each two neighbours in RAM become one, the larger, so memory
 * is bounded and peaks stay.
 *
 * Threads: every function may be called from any thread at any time between open and close. put and
 * flush exclude each other; queries run one at a time beside them, and wait for a flush only while
 * it commits. Meant: one sampler that puts and flushes, HTTP threads that query.
 *
 * Error codes: disk.full; history.open (the file cannot be made, opened or set aside: folder,
 * rights); history.io (the disk failed); history.damaged (found damaged during this query; the next
 * flush sets it aside); history.closed (a new file could not be made yet; each flush tries again);
 * history.range (times or points are no possible range); history.series (too many series, or none).
 */
#ifndef IO_HISTORY_H
#define IO_HISTORY_H

#include "base/clock.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;

#define HISTORY_NAME_MAX 127	      /* bytes of an entity's or series' name */
#define HISTORY_PENDING_MAX (1 << 19) /* samples in RAM; 8 bytes each */
#define HISTORY_POINTS_MAX 20000
#define HISTORY_SERIES_MAX 64

/* Opens or makes the file (0600) and reads back what was flushed. Codes: history.open, disk.full,
 * history.io. Released by history_close(). */
int history_open(const char *path, struct history **ret, struct err *e);
/* Does not flush; NULL is allowed. No other call may run or follow. */
void history_close(struct history *h);
/* Path that a bad file was renamed to since the last ask, owned by the caller; NULL if none was. */
char *history_take_set_aside(struct history *h);

/* How many seconds each of the tiers 1 s, 10 s, 1 min and 10 min is kept at least, each no shorter
 * than the one before it. Without it: what base/rollup.h says. What was kept longer goes with a
 * later flush. */
#define HISTORY_KEEPS 4
void history_keep(struct history *h, const uint32_t seconds[HISTORY_KEEPS]);

/* The small number of a name, the same for the life of h; made when new and stored with the next
 * flush. Names longer than HISTORY_NAME_MAX are cut there. */
int history_entity(struct history *h, const char *name);
int history_series(struct history *h, const char *name);

/* Takes one sample (numbers from the two above). at: Unix ms, rounded down to its second. NAN and
 * infinities mean "not known" and leave a gap; so does a time before 1970 or after 2106. */
void history_put(struct history *h, int entity, int series, msec at, double value);

/* Writes everything new in one transaction; does nothing when there is nothing. Call it once a
 * minute. now_on_disk: on return it is on the disk itself and outlives a power cut (before the end,
 * after an OOM or a crash of a container). On failure nothing is lost from RAM. Codes: disk.full,
 * history.io, history.open. */
int history_flush(struct history *h, bool now_on_disk, struct err *e);

/* One series of a view; n values each. NAN = gap, in all three at once. */
struct history_band {
	double *min, *mean, *max;
};
struct history_view {
	size_t n;	/* points, at least 1 */
	msec step;	/* ms of each point */
	msec tier_step; /* ms of the buckets it was merged from */
	msec *t;	/* start of each point, ascending by step; multiples of step */
	size_t n_bands;
	struct history_band *bands; /* in the order asked */
	double *values;		    /* what the bands point into */
};
void history_view_free(struct history_view *v);
#define autohistoryview cleanup(history_view_free)

/* Series of one entity over [from, to), on one time grid of at most max_points (2..
 * HISTORY_POINTS_MAX) points, from the one tier that rollup_plan() picks; what is not flushed is in
 * it. The first and last point are whole and may reach outside of the range. An unknown entity or
 * series is all gaps. Codes: history.range, history.series, history.damaged, history.closed,
 * history.io. */
int history_query(struct history *h, const char *entity, const char *const *series, size_t n_series,
	msec from, msec to, uint32_t max_points, struct history_view *ret, struct err *e);

/* The highest value in [from, to); NAN when there is none. Read from the finest tier that is kept
 * for that time and not needlessly large; its buckets at both ends count whole. Codes as above. */
int history_peak(struct history *h, const char *entity, const char *series, msec from, msec to,
	double *ret, struct err *e);

/* Bytes on disk, write-ahead log included. */
int64_t history_size_bytes(struct history *h);
/* Samples in RAM that the chunks of the file do not hold yet (flushed or not). */
size_t history_pending(struct history *h);
/* Samples that were merged away because the disk stayed full. */
uint64_t history_thinned(struct history *h);

#endif
