#include "domain/words.h"

#include <stdio.h>
#include <string.h>

#define NBSP "\xc2\xa0"
#define THIN "\xe2\x80\xaf"

char *words_count(int64_t n, char out[WORDS_MAX])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%lld", (long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			at += snprintf(out + at, (size_t)(WORDS_MAX - at), "%s", THIN);
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

char *words_gib(int64_t bytes, char out[WORDS_MAX])
{
	double mib = (double)bytes / (1024 * 1024);

	if (mib < 1000)
		snprintf(out, WORDS_MAX, "%.0f" NBSP "MiB", mib);
	else if (mib < 1024 * 1000)
		snprintf(out, WORDS_MAX, "%.1f" NBSP "GiB", mib / 1024);
	else
		snprintf(out, WORDS_MAX, "%.1f" NBSP "TiB", mib / 1024 / 1024);
	return out;
}

static const struct unit {
	int64_t seconds;
	const char *name;
} units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}};

/* The largest unit of which there are at least two; NULL = seconds. */
static const struct unit *unit_of(int64_t s)
{
	for (int i = 0; i < 3; i++)
		if (s >= 2 * units[i].seconds)
			return &units[i];
	return NULL;
}

char *words_seconds(int64_t s, char out[WORDS_MAX])
{
	const struct unit *u = unit_of(s);

	if (u)
		snprintf(out, WORDS_MAX, "%lld" NBSP "%s", (long long)(s / u->seconds), u->name);
	else
		snprintf(out, WORDS_MAX, "%lld" NBSP "second%s", (long long)s, s == 1 ? "" : "s");
	return out;
}

char *words_range(int64_t low_s, int64_t high_s, char out[WORDS_MAX])
{
	const struct unit *u = unit_of(high_s);
	int64_t d = u ? u->seconds : 1, low = low_s / d, high = high_s / d + (high_s % d != 0);

	if (!low)
		snprintf(
			out, WORDS_MAX, "up to %lld" NBSP "%s", (long long)high, u ? u->name : "s");
	else if (low == high)
		snprintf(out, WORDS_MAX, "%lld" NBSP "%s", (long long)high, u ? u->name : "s");
	else
		snprintf(out, WORDS_MAX, "%lld\xe2\x80\x93%lld" NBSP "%s", (long long)low,
			(long long)high, u ? u->name : "s");
	return out;
}
