/* io/history: a model of plain samples checks every answer, whatever is written and asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/history_stage.h"

/* ---- the model ---- */

struct fact {
	uint32_t t;
	float v;
};
struct model {
	struct fact *facts;
	size_t n, flushed;
};
#define MODEL_MAX 60000
#define MODELS 4
static const char *const model_entity[MODELS] = {"x/node", "x/node", "host", "host"};
static const char *const model_series[MODELS] = {"a", "b", "a", "b"};

struct world {
	struct history *h;
	struct model models[MODELS];
	uint32_t now, newest;
};

static void world_open(struct world *w)
{
	w->h = must_open();
	assert_null(history_take_set_aside(w->h));
}

static void world_put(struct world *w)
{
	for (int i = 0; i < MODELS; i++) {
		struct model *m = &w->models[i];
		if (m->n == MODEL_MAX || (i > 0 && rnd(3) == 0))
			continue;
		float v = rnd(500) ? (float)((double)rnd(20000) - 500) : 1e9f + (float)rnd(1000000);
		m->facts[m->n++] = (struct fact){w->now, v};
		history_put(w->h, history_entity(w->h, model_entity[i]),
			history_series(w->h, model_series[i]), (msec)w->now * 1000 + rnd(1000),
			(double)v);
	}
	if (w->now > w->newest)
		w->newest = w->now;
}

static void world_flush(struct world *w)
{
	struct err e = {0};

	if (history_flush(w->h, rnd(10) == 0, &e))
		fail_msg("%s: %s", e.code, e.message);
	for (int i = 0; i < MODELS; i++)
		w->models[i].flushed = w->models[i].n;
}

/* Closing does not flush, so this is also what a crash leaves. */
static void world_restart(struct world *w)
{
	history_close(w->h);
	world_open(w);
	for (int i = 0; i < MODELS; i++)
		w->models[i].n = w->models[i].flushed;
}

struct truth {
	double min, max, sum;
	size_t n;
};

static void check_view(const struct model *m, const struct history_view *v)
{
	autofree struct truth *truth = xcalloc(v->n, sizeof(*truth));
	const struct history_band *band = &v->bands[0];

	for (size_t i = 0; i < m->n; i++) {
		msec t = (msec)m->facts[i].t * 1000 - v->t[0];
		if (t < 0 || t / v->step >= (msec)v->n)
			continue;
		struct truth *c = &truth[t / v->step];
		double x = (double)m->facts[i].v;
		c->min = c->n && c->min < x ? c->min : x;
		c->max = c->n && c->max > x ? c->max : x;
		c->sum += x;
		c->n++;
	}
	for (size_t i = 0; i < v->n; i++) {
		assert_int_equal(truth[i].n == 0, isnan(band->max[i]));
		if (truth[i].n == 0)
			continue;
		assert_true(band->max[i] == truth[i].max);
		if (v->tier_step == 1000)
			continue; /* of two samples of one second only the larger is promised */
		double slack = 1e-6 * fmax(fabs(truth[i].max), fabs(truth[i].min));
		assert_true(band->min[i] == truth[i].min);
		assert_true(fabs(band->mean[i] - truth[i].sum / (double)truth[i].n) <= slack);
	}
}

static void check_peak(
	struct world *w, const struct model *m, const char *entity, uint32_t from, uint32_t to)
{
	double peak = must_peak(w->h, entity, from, to);

	for (size_t i = 0; i < m->n; i++)
		if (m->facts[i].t >= from && m->facts[i].t < to)
			assert_true(peak >= (double)m->facts[i].v);
}

static void world_check(struct world *w, int times)
{
	for (int k = 0; k < times; k++) {
		int i = (int)rnd(MODELS);
		uint32_t length = 2 + rnd(1u << (4 + rnd(17)));
		uint32_t from = w->newest + 500 - rnd(w->newest - T0 + 1000);
		/* A clock that went back asks for seconds that were rightly deleted before. */
		if (from + DAY < w->newest + 1 && from + DAY + 20000 > w->newest)
			from -= 20000;
		struct history_view v = must_ask(
			w->h, model_entity[i], model_series[i], from, from + length, 2 + rnd(300));
		check_view(&w->models[i], &v);
		history_view_free(&v);
		if (i % 2 == 0)
			check_peak(w, &w->models[i], model_entity[i], from, from + length);
	}
}

static void any_order_of_anything(uint64_t seed, bool jumps)
{
	struct world w = {.now = T0, .newest = T0};

	random_state = seed;
	for (int i = 0; i < MODELS; i++)
		w.models[i].facts = xcalloc(MODEL_MAX, sizeof(struct fact));
	world_open(&w);
	for (int step = 0; step < 400; step++) {
		switch (rnd(jumps ? 8 : 6)) {
		case 0:
			w.now += rnd(5000); /* a gap */
			break;
		case 1:
			world_restart(&w);
			break;
		case 2:
			world_check(&w, 3);
			break;
		case 6:
			w.now += rnd(12) ? rnd(7200) : rnd(2 * DAY);
			break;
		case 7:
			w.now -= w.now - T0 > 20000 ? rnd(9000) : 0;
			break;
		default:
			for (uint32_t n = 1 + rnd(300); n > 0; n--, w.now++)
				world_put(&w);
			if (rnd(4))
				world_flush(&w);
		}
	}
	assert_true(w.models[0].n > 10000);
	world_check(&w, 300);
	world_flush(&w);
	world_restart(&w);
	world_check(&w, 300);
	history_close(w.h);
	for (int i = 0; i < MODELS; i++)
		free(w.models[i].facts);
	unlink(file);
}

static void every_answer_equals_the_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		any_order_of_anything(seed, false);
}

static void also_when_the_clock_jumps(void **state)
{
	(void)state;
	for (uint64_t seed = 11; seed <= 14; seed++)
		any_order_of_anything(seed, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_answer_equals_the_model),
		TEST(also_when_the_clock_jumps),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
