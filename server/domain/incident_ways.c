/* What the owner can do after a kill for memory, each held against the memory of this NAS. */
#include "domain/incident_ways.h"

#include <string.h>

#include "domain/wanted.h"
#include "domain/words.h"

#define MIB INT64_C(1048576)
#define STEP (128 * MIB)
#define LEAST (256 * MIB) /* no client runs with less */
#define NAS_KEEPS 10	  /* a tenth of its memory, for everything else */
#define CACHE_STEP 8	  /* MB */

static json_t *add(json_t *list, const char *kind, bool possible, char *text_stolen)
{
	json_t *j = json_object();

	json_put_str(j, "kind", kind);
	json_put_flag(j, "possible", possible);
	json_put_str(j, "text", text_stolen);
	json_put(j, "action", json_null());
	json_array_append_new(list, j);
	free(text_stolen);
	return j;
}

static void action(
	json_t *way, char *label_stolen, const char *method, char *path_stolen, json_t *body)
{
	json_t *a = json_object();

	json_put_str(a, "label", label_stolen);
	json_put_flag(a, "primary", false);
	json_put_str(a, "method", method);
	json_put_str(a, "path", path_stolen);
	json_put(a, "body", body);
	json_put(way, "action", a);
	free(label_stolen);
	free(path_stolen);
}

static char *limits_path(const struct ways_input *in)
{
	return xasprintf("/stacks/%s/services/%s/limits", in->incident->stack, in->service->name);
}

static json_t *limit_body(const struct ways_input *in, int64_t memory)
{
	struct limits l = in->service->limits;
	json_t *body = json_object();

	l.memory = memory;
	if (l.reservation > memory)
		l.reservation = memory;
	json_put(body, "limits", limits_json(&l));
	return body;
}

static int64_t round_to(int64_t bytes, int64_t step)
{
	return bytes / step * step;
}

/* What it has now is already taken from what is free. */
static int64_t nas_keeps(const struct ways_input *in, int64_t limit)
{
	int64_t now = in->needed_now > 0 ? in->needed_now : 0;

	return in->host_available - (limit > now ? limit - now : 0);
}

static void give_more(json_t *list, const struct ways_input *in)
{
	int64_t to = round_to(in->service->limits.memory * 5 / 4 + STEP - 1, STEP);
	int64_t keeps = nas_keeps(in, to);
	bool possible = keeps >= in->host_total / NAS_KEEPS;
	char to_text[WORDS_MAX], keeps_text[WORDS_MAX];
	json_t *way;

	words_gib(to, to_text);
	words_gib(keeps > 0 ? keeps : 0, keeps_text);
	way = add(list, "more", possible,
		possible ? xasprintf("Takes effect at once. Your NAS keeps %s for everything else.",
				   keeps_text)
			 : xasprintf("With %s your NAS would keep only %s for everything else; it "
				     "needs a tenth of its memory.",
				   to_text, keeps_text));
	if (possible)
		action(way, xasprintf("Allow %s", to_text), "PUT", limits_path(in),
			limit_body(in, to));
}

/* The other way round when the NAS itself had run out: its own limit is reached before that. */
static void give_less(json_t *list, const struct ways_input *in)
{
	int64_t now = in->needed_now > 0 ? in->needed_now : 0, had = in->service->limits.memory;
	int64_t to = round_to(now + in->host_available - in->host_total / NAS_KEEPS, STEP);
	bool possible = to >= LEAST && to > now && (!had || to < had);
	char text[WORDS_MAX];
	json_t *way;

	words_gib(to > 0 ? to : 0, text);
	way = add(list, "less", possible,
		xstrdup(possible ? "Then its limit is reached before the memory of the NAS runs "
				   "out, and nothing else is in danger."
				 : "The memory that is free now leaves no room for a limit that "
				   "would help: something else on the NAS takes it."));
	if (possible)
		action(way, xasprintf("Limit it to %s", text), "PUT", limits_path(in),
			limit_body(in, to));
}

static void above(json_t *list)
{
	add(list, "above", false,
		xstrdup("The limit that was reached is not this app's: it stands over several "
			"containers. Raise it where it was set, or let one of them need less."));
}

/* ---- a smaller cache, or acting in time ---- */

static const struct recipe_option *cache_option(const struct recipe *r)
{
	for (size_t i = 0; r->cache.divisor > 0 && i < r->n_options; i++)
		if (r->options[i].auto_cache)
			return &r->options[i];
	return NULL;
}

static int64_t cache_now(const struct ways_input *in, const struct recipe_option *o)
{
	json_t *set = json_object_get(in->service->options, o->key);

	return json_is_integer(set) ? json_integer_value(set)
				    : recipe_cache_mb(in->recipe, in->service->limits.memory);
}

static bool smaller_cache(json_t *list, const struct ways_input *in)
{
	const struct recipe_option *o = cache_option(in->recipe);
	int64_t now = o ? cache_now(in, o) : 0, least = in->recipe->cache.min_mb, to;
	json_t *way;

	if (!o || now <= least)
		return false;
	to = now / 2 / CACHE_STEP * CACHE_STEP;
	if (to < least)
		to = least;
	way = add(list, "cache", true,
		xasprintf("It restarts once and caches less: %lld MB instead of %lld MB. Blocks "
			  "come a little slower.",
			(long long)to, (long long)now));
	action(way, xasprintf("Cache of %lld MB", (long long)to), "PATCH",
		xasprintf("/stacks/%s", in->incident->stack),
		json_pack("{s:[{s:s,s:{s:I}}]}", "services", "name", in->service->name, "options",
			o->key, (json_int_t)to));
	return true;
}

static void act_in_time(json_t *list, const struct ways_input *in)
{
	bool possible = in->service->limits.memory && in->service->guard.act < GUARD_RAISE;
	json_t *way = add(list, "guard", possible,
		xstrdup(possible ? "When its need runs towards the limit, it is restarted cleanly "
				   "before the kernel ends it."
				 : "Its cache is as small as it can be, and what may be done "
				   "before the kernel acts is done already."));
	json_t *body;

	if (!possible)
		return;
	body = limit_body(in, in->service->limits.memory);
	json_put(body, "guard", json_pack("{s:s,s:n}", "act", "restart", "up_to_bytes"));
	action(way, xstrdup("Restart it in time"), "PUT", limits_path(in), body);
}

static void change_nothing(json_t *list, const struct ways_input *in)
{
	json_t *way = add(list, "leave", !in->incident->seen_at,
		in->times > 1 ? xasprintf("It happened %d times in 30 days.", in->times)
			      : xstrdup("The first time in 30 days. It may happen again."));

	if (!in->incident->seen_at)
		action(way, xstrdup("Leave it"), "POST",
			xasprintf("/stacks/%s/incidents/%lld/seen", in->incident->stack,
				(long long)in->incident->id),
			json_object());
}

json_t *incident_ways(const struct ways_input *in)
{
	json_t *list = json_array();

	if (incident_is_memory(in->incident)) {
		if (in->incident->cause == INCIDENT_GROUP)
			above(list);
		else if (in->incident->cause == INCIDENT_HOST || !in->service->limits.memory)
			give_less(list, in);
		else
			give_more(list, in);
		if (!smaller_cache(list, in))
			act_in_time(list, in);
	}
	change_nothing(list, in);
	return list;
}
