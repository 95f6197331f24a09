/* The verdict: one word, one sentence. */
#include "domain/advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/advice_priv.h"
#include "domain/words.h"

void service_facts_free(struct service_facts *f)
{
	container_free(&f->container);
}

unsigned drift_of(const struct limits *w, const struct limits *k)
{
	return (w->memory != k->memory ? DRIFT_MEMORY : 0) |
	       (w->reservation != k->reservation ? DRIFT_RESERVATION : 0) |
	       (w->swap != k->swap ? DRIFT_SWAP : 0) |
	       (w->cpu_millis != k->cpu_millis ? DRIFT_CPUS : 0) |
	       (w->cpu_shares != k->cpu_shares ? DRIFT_SHARES : 0) |
	       (w->blkio_weight != k->blkio_weight ? DRIFT_WEIGHT : 0);
}

json_t *drift_json(unsigned drift)
{
	static const char *const names[] = {"memory_bytes", "memory_reservation_bytes",
		"swap_bytes", "cpus", "cpu_shares", "blkio_weight", "container"};
	json_t *list = json_array();

	for (size_t i = 0; i < COUNT(names); i++)
		if (drift & (1u << i))
			json_array_append_new(list, json_string(names[i]));
	return list;
}

const char *relay_page_name(enum relay_page p)
{
	static const char *const names[] = {"unknown", "fresh", "stale", "unlisted"};

	return names[p];
}

const struct service_facts *facts_of(
	const struct advice_input *in, const char *stack, const char *service)
{
	for (size_t i = 0; i < in->n_services; i++)
		if (!strcmp(in->services[i].stack, stack) &&
			!strcmp(in->services[i].service, service))
			return &in->services[i];
	return NULL;
}

const struct job_facts *job_of(const struct advice_input *in, const char *stack)
{
	for (size_t i = 0; i < in->n_jobs; i++)
		if (!strcmp(in->jobs[i].stack, stack))
			return &in->jobs[i];
	return NULL;
}

const char *title_of(const struct advice_input *in, const struct service *s)
{
	const struct recipe *r = recipe_find(in->recipes, s->recipe);

	return r && !r->relay ? r->title : "the relay";
}

/* Words in the order of urgency: with several stacks the most urgent one speaks. */
enum word { HEALTHY, SYNCING, CATCHING_UP, STOPPED, WORKING, UNKNOWN, ATTENTION, DOWN };
static const char *const words[] = {"Healthy", "Syncing", "Catching up", "Stopped", "Working",
	"Unknown", "Needs attention", "Down"};

static void peers(struct buf *b, const struct sync_view *s)
{
	if (s->peers >= 0)
		buf_printf(
			b, ", %lld\xc2\xa0peer%s", (long long)s->peers, s->peers == 1 ? "" : "s");
}

static enum word syncing(struct buf *b, const struct sync_view *s)
{
	char a[WORDS_MAX], c[WORDS_MAX], eta[WORDS_MAX];

	if (s->current < 0) {
		buf_puts(b, "measuring");
	} else {
		buf_printf(b, "block %s", words_count(s->current, a));
		if (s->target > s->current)
			buf_printf(b, " of %s", words_count(s->target, c));
	}
	if (s->percent >= 0)
		buf_printf(b, ", %.1f\xc2\xa0%%", s->percent);
	if (s->eta_high_s > 0)
		buf_printf(b, ", %s left", words_range(s->eta_low_s, s->eta_high_s, eta));
	peers(b, s);
	buf_puts(b, ".");
	return s->phase == SYNC_CATCHING_UP ? CATCHING_UP : SYNCING;
}

static enum word synced(struct buf *b, const struct sync_view *s)
{
	char a[WORDS_MAX], age[WORDS_MAX];

	buf_printf(b, "block %s", words_count(s->current, a));
	if (s->head_age_s >= 0)
		buf_printf(b, ", %s ago", words_seconds(s->head_age_s, age));
	peers(b, s);
	buf_puts(b, ".");
	return HEALTHY;
}

static enum word running(struct buf *b, const struct service_facts *x, const char *title)
{
	if (!x->has_sync) {
		buf_printf(b, "%s runs; it has not been asked yet.", title);
		return UNKNOWN;
	}
	switch (x->sync.phase) {
	case SYNC_SYNCED:
		return synced(b, &x->sync);
	case SYNC_SNAPSHOT:
	case SYNC_BLOCKS:
	case SYNC_CATCHING_UP:
		return syncing(b, &x->sync);
	case SYNC_NO_PEERS:
		buf_printf(b, "%s has no peers.", title);
		return ATTENTION;
	case SYNC_STALLED:
		buf_printf(b, "%s does not advance.", title);
		return ATTENTION;
	case SYNC_NO_ANSWER:
		buf_printf(b, "%s runs but does not answer.", title);
		return ATTENTION;
	case SYNC_STARTING:
	case SYNC_UNKNOWN:
		break;
	}
	buf_printf(b, "%s is starting; it does not tell its block yet.", title);
	return UNKNOWN;
}

static enum word working(struct buf *b, const struct job_facts *job)
{
	buf_printf(b, "%s%s%s.", job->title, *job->step ? ": " : "", job->step);
	return WORKING;
}

static enum word of_stack(const struct advice_input *in, const struct stack *st, struct buf *b)
{
	const struct service_facts *x = facts_of(in, st->name, "node");
	const struct job_facts *job = job_of(in, st->name);
	const char *title = title_of(in, &st->services[0]);

	if (job && job->running)
		return working(b, job);
	if (!x || x->container.presence == PRESENCE_UNKNOWN) {
		buf_printf(b, "the engine does not show the container of %s yet.", title);
		return UNKNOWN;
	}
	if (!st->run) {
		buf_printf(b, "%s was stopped on request; its chain is kept.", title);
		return STOPPED;
	}
	if (!container_alive(&x->container)) {
		buf_printf(b, "%s is not running.", title);
		return DOWN;
	}
	return running(b, x, title);
}

/* A finding that needs a person outweighs a node that is well. */
static enum word weigh(enum word w, const json_t *findings)
{
	size_t i;
	json_t *f;

	if (w >= STOPPED)
		return w;
	json_array_foreach ((json_t *)findings, i, f) {
		const char *code = json_str(f, "code", "");
		bool past = !strcmp(code, "job.rolled_back") || !strcmp(code, "memory.oom") ||
			    !strcmp(code, "memory.group") || !strcmp(code, "memory.host");

		if (strcmp(json_str(f, "level", ""), "note") && !past)
			return ATTENTION;
	}
	return w;
}

static enum word whole(const struct advice_input *in, struct buf *text)
{
	enum word worst = HEALTHY;

	if (in->engine->status != ENGINE_CONNECTED) {
		buf_puts(text, in->engine->status == ENGINE_LOST
				       ? in->engine->message
				       : "connecting to the Docker engine.");
		return UNKNOWN;
	}
	/* an install: its stack comes into being at the end */
	if (!in->n_stacks && in->n_jobs)
		return working(text, &in->jobs[0]);
	if (!in->n_stacks) {
		buf_puts(text, "no node is installed yet.");
		return STOPPED;
	}
	for (size_t i = 0; i < in->n_stacks; i++) {
		autobuf struct buf b = {0};
		enum word w = of_stack(in, &in->stacks[i], &b);

		if (i && w <= worst)
			continue;
		worst = w;
		buf_reset(text);
		if (in->n_stacks > 1)
			buf_printf(text, "%s: ", in->stacks[i].name);
		buf_puts(text, b.data);
	}
	return worst;
}

void advise(const struct advice_input *in, json_t **ret_verdict, json_t **ret_findings)
{
	autobuf struct buf text = {0};
	json_t *findings = find_all(in), *v = json_object();
	enum word w = weigh(whole(in, &text), findings);

	json_put_str(v, "word", words[w]);
	json_put_str(v, "sentence", text.data);
	json_put_str(v, "code", json_str(json_array_get(findings, 0), "code", NULL));
	json_put_int(v, "at", in->now);
	*ret_verdict = v;
	*ret_findings = findings;
}
