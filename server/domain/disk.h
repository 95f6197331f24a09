/*
 * disk: how much of a volume has to stay free, and how long what is free will last. Pure.
 */
#ifndef DOMAIN_DISK_H
#define DOMAIN_DISK_H

#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

/* Free bytes below which a node is stopped before its database breaks: what a person has set, or
 * 10 GB or 2 % of the volume, whichever is more, but at most a tenth of it. setting: -1 = not set.
 */
int64_t disk_floor(int64_t setting, int64_t total);

/* Growth in bytes a day over these sizes (NAN = none there), as the median of all slopes between
 * points that lie far enough apart: a compaction that comes or goes does not bend it. -1 = not
 * known: less than three hours, or it shrinks. */
double disk_growth(const msec *t, const double *size, size_t n);

/* Days until only the floor is left; -1 = not known, or it does not grow. */
double disk_days(int64_t free, int64_t floor, double growth);

#endif
