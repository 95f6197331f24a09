#include "domain/disk.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

#define GB INT64_C(1000000000)
#define DAY_MS (24.0 * 3600 * 1000)
#define SPAN_MS (3 * 3600 * 1000) /* the shortest time that says anything */

int64_t disk_floor(int64_t setting, int64_t total)
{
	int64_t floor = total / 50 > 10 * GB ? total / 50 : 10 * GB;

	if (setting >= 0)
		return setting;
	return floor < total / 10 ? floor : total / 10;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Theil and Sen's estimate: the median of the slopes of all pairs. */
double disk_growth(const msec *t, const double *size, size_t n)
{
	autofree double *slopes = xcalloc(n * n / 2 + 1, sizeof(*slopes));
	size_t k = 0;
	double median;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (!isnan(size[i]) && !isnan(size[j]) && t[j] - t[i] >= SPAN_MS)
				slopes[k++] =
					(size[j] - size[i]) / ((double)(t[j] - t[i]) / DAY_MS);
	if (!k)
		return -1;
	qsort(slopes, k, sizeof(*slopes), ascending);
	median = k % 2 ? slopes[k / 2] : (slopes[k / 2 - 1] + slopes[k / 2]) / 2;
	return median < 0 ? -1 : median;
}

double disk_days(int64_t free, int64_t floor, double growth)
{
	if (free < 0 || growth <= 0)
		return -1;
	return free <= floor ? 0 : (double)(free - floor) / growth;
}
