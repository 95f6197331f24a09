/* Handlers: what ended by itself, why, and what can be done about it. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "domain/incident_ways.h"
#include "domain/texts.h"
#include "io/store.h"
#include "services/watch.h"
#include "services/world.h"

#define MONTH_MS (INT64_C(30) * 24 * 3600 * 1000)

/* What every handler needs of one incident. */
struct one {
	struct stack stack;
	const struct service *service; /* of it; NULL: it is no part of it any more */
	const struct recipe *recipe;   /* likewise */
	struct incident incident;
	json_t *facts, *detail;
};

static void one_free(struct one *o)
{
	stack_free(&o->stack);
	json_decref(o->facts);
	json_decref(o->detail);
}

static void add_words(struct app *app, const struct stack *s, json_t *facts)
{
	const struct service *svc = stack_service(s, json_str(facts, "service", ""));
	const struct recipe *r = svc ? recipe_find(app->recipes, svc->recipe) : NULL;
	autofree char *sentence = NULL;
	struct incident i;

	incident_parse(facts, &i);
	sentence = incident_sentence(&i, r ? r->title : i.service);
	json_put_str(facts, "code", incident_code(&i));
	json_put_str(facts, "message", sentence);
	json_put_str(facts, "hint", texts_hint(incident_code(&i)));
	json_object_del(facts, "container");
}

void api_list_incidents(struct api_call *call)
{
	autostack struct stack s = {0};
	json_t *list = NULL, *j;
	int64_t limit;
	struct err e = {0};

	if (call_query_int(call, "limit", 20, 1, INCIDENTS_KEPT, &limit, &e) ||
		world_copy_stack(call->app->world, call_param(call, "stack"), &s, &e) ||
		store_incidents(call->app->store, s.name, (int)limit, &list, &e)) {
		reply_err(call, &e);
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		add_words(call->app, &s, json_array_get(list, i));
	j = json_object();
	json_put(j, "incidents", list);
	reply_json(call, 200, j);
}

static int find(struct api_call *call, struct one *ret, struct err *e)
{
	struct app *app = call->app;

	if (world_copy_stack(app->world, call_param(call, "stack"), &ret->stack, e) ||
		store_incident_get(app->store, ret->stack.name,
			strtoll(call_param(call, "id"), NULL, 10), &ret->facts, &ret->detail, e))
		return -1;
	incident_parse(ret->facts, &ret->incident);
	ret->incident.id = json_int(ret->facts, "id", 0);
	snprintf(ret->incident.stack, sizeof(ret->incident.stack), "%s", ret->stack.name);
	ret->service = stack_service(&ret->stack, ret->incident.service);
	ret->recipe = ret->service ? recipe_find(app->recipes, ret->service->recipe) : NULL;
	return 0;
}

/* Of this cause in the month before it, itself included. */
static int how_often(struct app *app, const struct one *o)
{
	autojson json_t *list = NULL;
	const char *cause = incident_cause_name(o->incident.cause);
	int n = 0;

	store_incidents(app->store, o->stack.name, INCIDENTS_KEPT, &list, NULL);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *other = json_array_get(list, i);
		msec before = o->incident.at - json_int(other, "at", 0);

		n += before >= 0 && before < MONTH_MS &&
		     !strcmp(json_str(other, "cause", ""), cause) &&
		     !strcmp(json_str(other, "service", ""), o->incident.service);
	}
	return n;
}

static json_t *ways(struct app *app, const struct one *o)
{
	struct ways_input in = {.incident = &o->incident,
		.service = o->service,
		.recipe = o->recipe,
		.needed_now = -1,
		.times = how_often(app, o)};
	const struct service_facts *f;

	if (!in.service || !in.recipe)
		return json_array();
	world_lock(app->world);
	in.host_available = app->world->host.memory_available;
	in.host_total = app->world->host.memory_total;
	f = world_service(app->world, o->stack.name, o->service->name);
	if (f && f->has_usage)
		in.needed_now = f->usage.anon;
	world_unlock(app->world);
	return incident_ways(&in);
}

void api_get_incident(struct api_call *call)
{
	cleanup(one_free) struct one o = {0};
	struct err e = {0};
	json_t *j;

	if (find(call, &o, &e)) {
		reply_err(call, &e);
		return;
	}
	add_words(call->app, &o.stack, o.facts);
	json_put(o.facts, "ways", ways(call->app, &o));
	json_object_update(o.facts, o.detail);
	j = json_object();
	json_put(j, "incident", json_incref(o.facts));
	reply_json(call, 200, j);
}

static bool is_newest(struct app *app, const struct incident *i)
{
	const struct service_facts *f;
	bool is;

	world_lock(app->world);
	f = world_service(app->world, i->stack, i->service);
	is = f && f->incident.id == i->id;
	world_unlock(app->world);
	return is;
}

static int take_wish(struct api_call *call, struct incident *i, struct err *e)
{
	const json_t *wish = json_object_get(call->body, "only_again");

	if (json_only(call->body, e, "only_again", NULL))
		return -1;
	if (!wish)
		return 0;
	if (!json_is_boolean(wish))
		return err_set(e, ERR_INPUT, "input.type", "only_again is true or false.");
	if (!is_newest(call->app, i))
		return err_set(e, ERR_CONFLICT, "incident.older",
			"Incident %lld is not the newest of %s.", (long long)i->id, i->service);
	i->only_again = json_is_true(wish);
	return 0;
}

/* A choice that holds for those to come is an event: what is told less of has to be seen. */
static void say_wish(struct api_call *call, const struct one *o)
{
	const struct incident *i = &o->incident;
	autofree char *text = NULL;

	if (!json_object_get(call->body, "only_again"))
		return;
	text = xasprintf(i->only_again ? "%s: an end for want of memory is told when it is the "
					 "second in 24\xc2\xa0hours."
				       : "%s: each end for want of memory is told.",
		o->recipe ? o->recipe->title : i->service);
	call_say_of(call, i->stack, i->service,
		i->only_again ? "incident.only_again" : "incident.each", text);
}

void api_see_incident(struct api_call *call)
{
	cleanup(one_free) struct one o = {0};
	struct err e = {0};
	json_t *j;

	if (find(call, &o, &e) || take_wish(call, &o.incident, &e) ||
		watch_seen(call->app->watch, &o.incident, &e)) {
		reply_err(call, &e);
		return;
	}
	say_wish(call, &o);
	json_put_int(o.facts, "seen_at", o.incident.seen_at);
	json_put_flag(o.facts, "only_again", o.incident.only_again);
	add_words(call->app, &o.stack, o.facts);
	j = json_object();
	json_put(j, "incident", json_incref(o.facts));
	reply_json(call, 200, j);
}
