/* What a step's work writes: the last 64 KiB of it, shown while it runs and kept afterwards. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "services/bus.h"
#include "services/evidence.h"
#include "services/jobs.h"
#include "services/jobs_priv.h"
#include "services/steps.h"

#define OUTPUT_MAX (64u * 1024)
#define TELL_MS 400

void step_output_begin(struct step_ctx *c)
{
	struct runner *r = c->runner;

	gate_lock(&r->jobs->gate);
	buf_reset(&r->output);
	r->tells = true;
	gate_unlock(&r->jobs->gate);
	step_result(c, "log", json_true());
}

/* The oldest lines go when there are too many. */
static void make_room(struct buf *b)
{
	char *from, *nl;

	if (b->len <= 2 * OUTPUT_MAX)
		return;
	from = b->data + b->len - OUTPUT_MAX;
	nl = strchr(from, '\n');
	from = nl ? nl + 1 : from;
	b->len -= (size_t)(from - b->data);
	memmove(b->data, from, b->len + 1);
}

void step_output(struct step_ctx *c, const char *line)
{
	struct runner *r = c->runner;
	msec now = clock_mono();
	bool tell;

	gate_lock(&r->jobs->gate);
	buf_printf(&r->output, "%s\n", line);
	make_room(&r->output);
	tell = now - r->shown_at >= TELL_MS;
	if (tell)
		r->shown_at = now;
	gate_unlock(&r->jobs->gate);
	if (tell)
		bus_touch(r->jobs->app->bus);
}

/* Owned by the caller; NULL = no step of it has any. With the lock held. */
static char *last_lines(const struct runner *r)
{
	const char *text = r->output.len ? r->output.data : "", *nl;

	if (!r->tells)
		return NULL;
	if (r->output.len > OUTPUT_MAX) {
		text += r->output.len - OUTPUT_MAX;
		nl = strchr(text, '\n');
		text = nl && nl[1] ? nl + 1 : text;
	}
	return xstrdup(text);
}

void step_output_keep(struct step_ctx *c)
{
	struct runner *r = c->runner;
	autofree char *text = NULL;
	struct err e = {0};

	gate_lock(&r->jobs->gate);
	text = last_lines(r);
	gate_unlock(&r->jobs->gate);
	if (text && evidence_keep_text(r->jobs->app, r->job.id, text, strlen(text), &e))
		log_warn("job %lld: its output was not kept: %s", (long long)r->job.id, e.message);
}

char *jobs_output(struct jobs *j, int64_t id)
{
	char *text = NULL;

	gate_lock(&j->gate);
	for (struct runner *r = j->runners; r; r = r->next)
		if (r->job.id == id)
			text = last_lines(r);
	gate_unlock(&j->gate);
	return text;
}
