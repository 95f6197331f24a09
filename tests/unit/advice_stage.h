/* advice_stage: a world in which all is well, to be changed and asked, for the tests of
 * domain/advice. */
#ifndef UNIT_ADVICE_STAGE_H
#define UNIT_ADVICE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "domain/advice.h"
#include "unit/recipes/load.h"

#include <string.h>

#define NOW INT64_C(1700000000000)
#define GIB (INT64_C(1) << 30)
#define SP "\xc2\xa0"
#define TH "\xe2\x80\xaf"
#define TO "\xe2\x80\x93"

static struct recipe *items[2];
static const struct recipe_set recipes = {items, 2};

static inline int load_all(void **state)
{
	(void)state;
	items[0] = recipe_load("shared/recipes/parity.json");
	items[1] = recipe_load("shared/recipes/ethnetintel.json");
	return 0;
}

static inline int free_all(void **state)
{
	(void)state;
	recipe_free(items[0]);
	recipe_free(items[1]);
	return 0;
}

/* Two stacks, "a" and "b", each with node and relay; all is well. */
struct world {
	struct engine_facts engine;
	struct service svc[2];
	struct stack stacks[2];
	struct service_facts s[4]; /* a node, a relay, b node, b relay */
	struct job_facts jobs[2];
	struct advice_input in;
	json_t *verdict, *findings;
};

static inline void world(struct world *w, size_t n_stacks)
{
	static const char *const names[] = {"a", "b"};

	*w = (struct world){.engine = {.status = ENGINE_CONNECTED}};
	w->svc[0] = (struct service){
		.name = (char *)"node", .recipe = (char *)"parity", .limits = {.memory = 2 * GIB}};
	w->svc[1] = (struct service){.name = (char *)"relay", .recipe = (char *)"ethnetintel"};
	for (int i = 0; i < 2; i++)
		w->stacks[i] = (struct stack){
			.name = (char *)names[i], .run = true, .services = w->svc, .n_services = 2};
	for (int i = 0; i < 4; i++) {
		struct service_facts *f = &w->s[i];

		snprintf(f->stack, sizeof(f->stack), "%s", names[i / 2]);
		snprintf(f->service, sizeof(f->service), "%s", i % 2 ? "relay" : "node");
		f->container.presence = PRESENCE_YES;
		f->container.pid = 7;
		f->kernel = w->svc[i % 2].limits;
		if (i % 2)
			continue;
		f->has_sync = true;
		f->sync = (struct sync_view){.phase = SYNC_SYNCED,
			.current = 2423899,
			.target = -1,
			.percent = 100,
			.peers = 21,
			.head_age_s = 9,
			.eta_low_s = -1,
			.eta_high_s = -1};
	}
	w->in = (struct advice_input){.now = NOW,
		.recipes = &recipes,
		.engine = &w->engine,
		.stacks = w->stacks,
		.n_stacks = n_stacks,
		.services = w->s,
		.n_services = 2 * n_stacks,
		.volume_free = 100 * GIB};
}

static inline void forget(struct world *w)
{
	json_decref(w->verdict);
	json_decref(w->findings);
}
#define autoworld cleanup(forget)

static inline void ask(struct world *w)
{
	forget(w);
	advise(&w->in, &w->verdict, &w->findings);
	assert_int_equal(json_int(w->verdict, "at", 0), NOW);
}

static inline void says(struct world *w, const char *word, const char *sentence)
{
	ask(w);
	assert_string_equal(json_str(w->verdict, "sentence", ""), sentence);
	assert_string_equal(json_str(w->verdict, "word", ""), word);
}

/* The only finding, or the n-th; every one has all that api.yaml asks for, and nothing else. */
static inline const json_t *finding(struct world *w, size_t n, const char *level, const char *code)
{
	static const char *const keys[] = {
		"code", "level", "stack", "service", "message", "hint", "at", "actions"};
	const json_t *f;

	ask(w);
	f = json_array_get(w->findings, n);
	assert_string_equal(json_str(f, "code", "(none)"), code);
	assert_string_equal(json_str(f, "level", ""), level);
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_non_null(json_object_get(f, keys[i]));
	assert_int_equal(
		json_object_size(f), COUNT(keys) + (json_object_get(f, "incident") ? 1 : 0));
	if (!n)
		assert_string_equal(json_str(w->verdict, "code", ""), code);
	return f;
}

static inline void none(struct world *w)
{
	ask(w);
	assert_int_equal(json_array_size(w->findings), 0);
	assert_true(json_is_null(json_object_get(w->verdict, "code")));
}

static inline const json_t *action(const json_t *f, size_t n, const char *method, const char *path)
{
	const json_t *a = json_array_get(json_object_get(f, "actions"), n);

	assert_string_equal(json_str(a, "method", ""), method);
	assert_string_equal(json_str(a, "path", ""), path);
	assert_non_null(json_obj(a, "body"));
	assert_true(*json_str(a, "label", ""));
	return a;
}

static inline void page(const json_t *f, const char *want)
{
	const json_t *a = json_array_get(json_object_get(f, "actions"), 0);

	assert_string_equal(json_str(a, "page", ""), want);
	assert_null(json_object_get(a, "method"));
}

#endif
