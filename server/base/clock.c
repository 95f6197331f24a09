#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic msec wall_offset;

static msec read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (msec)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

msec clock_wall(void)
{
	return read_clock(CLOCK_REALTIME) + wall_offset;
}

int clock_local_minute(msec wall)
{
	time_t t = wall / 1000;
	struct tm tm;

	tzset();
	localtime_r(&t, &tm);
	return tm.tm_hour * 60 + tm.tm_min;
}

msec clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_shift_wall(msec offset)
{
	wall_offset = offset;
}

void clock_sleep(msec ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}
