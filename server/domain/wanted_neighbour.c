/* Good neighbour, from and to JSON. */
#include "domain/wanted_priv.h"

#include <stdio.h>

#include "domain/neighbour.h"

#define LOAD_MAX 100
#define FOR_MIN_S 5
#define FOR_S 60

static int read_load(const json_t *in, int *ret, struct err *e)
{
	const json_t *v = json_object_get(in, "load_per_core");
	double load = json_number_value(v);

	*ret = 0;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_number(v))
		return wanted_bad(e, "input.type", "load_per_core", "must be a number or null");
	if (load < 0.001 || load > LOAD_MAX)
		return wanted_bad(e, "input.limit", "load_per_core",
			"must be between 0.001 and 100, or null");
	*ret = (int)(load * 1000 + 0.5);
	return 0;
}

/* A whole number; left out or null = dflt. */
static int read_whole(
	const json_t *in, const char *key, int min, int max, int dflt, int *ret, struct err *e)
{
	const json_t *v = json_object_get(in, key);

	*ret = dflt;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v))
		return wanted_bad(e, "input.type", key, "must be a whole number");
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		return err_set(e, ERR_INPUT, "input.limit",
			"The field \"%s\" must be between %d and %d.", key, min, max);
	*ret = (int)json_integer_value(v);
	return 0;
}

static bool is_empty(const struct share *s)
{
	return !s->cpu_millis && !s->cpu_shares && !s->blkio_weight;
}

static int read_busy(const json_t *in, struct neighbour *n, struct err *e)
{
	if (!in || json_is_null(in))
		return 0;
	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "busy", "must be an object or null");
	if (json_only(in, e, "load_per_core", "io_pressure_percent", "for_s", "cpus", "cpu_shares",
		    "blkio_weight", NULL) ||
		read_load(in, &n->busy.load_milli, e) ||
		read_whole(in, "io_pressure_percent", 1, 100, 0, &n->busy.io_percent, e) ||
		read_whole(in, "for_s", FOR_MIN_S, NEIGHBOUR_FOR_MAX_S, FOR_S, &n->busy.for_s, e) ||
		wanted_share(in, &n->busy.share, e))
		return -1;
	if (!n->busy.load_milli && !n->busy.io_percent)
		return wanted_bad(e, "input.missing", "busy",
			"needs load_per_core or io_pressure_percent: from where on the NAS is "
			"busy");
	if (is_empty(&n->busy.share))
		return wanted_bad(e, "input.missing", "busy",
			"needs at least one of cpus, cpu_shares and blkio_weight");
	n->busy.on = true;
	return 0;
}

/* "07:30" → 450. */
static int read_minute(const json_t *in, const char *key, int *ret, struct err *e)
{
	const char *text = json_str(in, key, "");
	int h, m, end = 0;

	if (sscanf(text, "%2d:%2d%n", &h, &m, &end) != 2 || end != 5 || text[end] || h < 0 ||
		h > 23 || m < 0 || m > 59)
		return wanted_bad(e, "input.type", key, "must be a time of the day, as \"07:30\"");
	*ret = h * 60 + m;
	return 0;
}

static int read_quiet(const json_t *in, struct neighbour *n, struct err *e)
{
	if (!in || json_is_null(in))
		return 0;
	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "quiet", "must be an object or null");
	if (json_only(in, e, "from", "to", "cpus", "cpu_shares", "blkio_weight", NULL) ||
		read_minute(in, "from", &n->quiet.from, e) ||
		read_minute(in, "to", &n->quiet.to, e) || wanted_share(in, &n->quiet.share, e))
		return -1;
	if (n->quiet.from == n->quiet.to)
		return wanted_bad(e, "input.limit", "to", "must be another time than from");
	if (is_empty(&n->quiet.share))
		return wanted_bad(e, "input.missing", "quiet",
			"needs at least one of cpus, cpu_shares and blkio_weight");
	n->quiet.on = true;
	return 0;
}

int neighbour_parse(const json_t *in, struct neighbour *ret, struct err *e)
{
	struct neighbour n = {0};

	if (!json_is_object(in))
		return wanted_bad(e, "input.type", "neighbour", "must be an object");
	if (json_only(in, e, "busy", "quiet", NULL) ||
		read_busy(json_object_get(in, "busy"), &n, e) ||
		read_quiet(json_object_get(in, "quiet"), &n, e))
		return -1;
	*ret = n;
	return 0;
}

static json_t *busy_json(const struct neighbour *n)
{
	json_t *j;

	if (!n->busy.on)
		return NULL;
	j = json_object();
	json_put(j, "load_per_core",
		n->busy.load_milli ? json_real((double)n->busy.load_milli / 1000) : NULL);
	json_put_limit(j, "io_pressure_percent", n->busy.io_percent);
	json_put_int(j, "for_s", n->busy.for_s);
	wanted_put_share(j, &n->busy.share);
	return j;
}

static void put_minute(json_t *j, const char *key, int minute)
{
	char text[16];

	snprintf(text, sizeof(text), "%02d:%02d", minute / 60, minute % 60);
	json_put_str(j, key, text);
}

static json_t *quiet_json(const struct neighbour *n)
{
	json_t *j;

	if (!n->quiet.on)
		return NULL;
	j = json_object();
	put_minute(j, "from", n->quiet.from);
	put_minute(j, "to", n->quiet.to);
	wanted_put_share(j, &n->quiet.share);
	return j;
}

json_t *neighbour_json(const struct neighbour *n)
{
	json_t *j = json_object();

	json_put(j, "busy", busy_json(n));
	json_put(j, "quiet", quiet_json(n));
	return j;
}
