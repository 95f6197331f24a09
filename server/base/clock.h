/*
 * clock: wall time for people, monotonic time for durations.
 *
 * Both in milliseconds. Tests set the wall clock; nothing in domain/ calls these (it is given the
 * time as an argument). Any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef int64_t msec;

/* Unix time in ms. */
msec clock_wall(void);
/* Minute of the day by the local time of this machine (TZ, else /etc/localtime), daylight saving
 * included: 0..1439. */
int clock_local_minute(msec wall);
/* Ms since some fixed moment; never jumps. */
msec clock_mono(void);
/* Tests: the wall clock answers real time + offset from now on. */
void clock_shift_wall(msec offset);
/* Sleeps; returns early only when a signal interrupts it. */
void clock_sleep(msec ms);

#endif
