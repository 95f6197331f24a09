#include "base/model.h"

#include <stdlib.h>
#include <string.h>

static const char *const job_states[] = {
	"queued", "running", "rolling_back", "done", "failed", "rolled_back"};
static const char *const step_states[] = {
	"pending", "running", "done", "failed", "undoing", "undone", "skipped"};
static const char *const scopes[] = {"none", "read", "operate", "admin"};

static int index_of(const char *const *names, size_t n, const char *s)
{
	for (size_t i = 0; s && i < n; i++)
		if (!strcmp(names[i], s))
			return (int)i;
	return -1;
}

void service_free(struct service *s)
{
	free(s->name);
	free(s->container);
	free(s->recipe);
	free(s->image);
	json_decref(s->options);
	json_decref(s->env);
	free(s->ports);
	*s = (struct service){0};
}

void stack_free(struct stack *s)
{
	free(s->name);
	free(s->data_dir);
	for (size_t i = 0; i < s->n_services; i++)
		service_free(&s->services[i]);
	free(s->services);
	json_decref(s->adopted);
	*s = (struct stack){0};
}

static void service_copy(struct service *to, const struct service *from)
{
	*to = (struct service){
		.name = xstrdup(from->name),
		.container = xstrdup(from->container),
		.recipe = xstrdup(from->recipe),
		.image = xstrdup(from->image),
		.options = json_deep_copy(from->options),
		.env = json_deep_copy(from->env),
		.limits = from->limits,
		.guard = from->guard,
		.neighbour = from->neighbour,
		.n_ports = from->n_ports,
	};
	/* an empty list was chosen; none at all stands for the recipe's */
	if (from->ports) {
		to->ports = xcalloc(from->n_ports, sizeof(*to->ports));
		memcpy(to->ports, from->ports, from->n_ports * sizeof(*to->ports));
	}
}

void stack_copy(struct stack *to, const struct stack *from)
{
	stack_free(to);
	*to = *from;
	to->name = xstrdup(from->name);
	to->data_dir = xstrdup(from->data_dir);
	to->adopted = json_deep_copy(from->adopted);
	to->services = xcalloc(from->n_services, sizeof(*to->services));
	for (size_t i = 0; i < from->n_services; i++)
		service_copy(&to->services[i], &from->services[i]);
}

struct service *stack_service(const struct stack *s, const char *name)
{
	for (size_t i = 0; i < s->n_services; i++)
		if (!strcmp(s->services[i].name, name))
			return &s->services[i];
	return NULL;
}

void container_free(struct container *c)
{
	free(c->name);
	free(c->state);
	free(c->image);
	free(c->image_id);
	free(c->network_mode);
	free(c->restart_policy);
	free(c->ip);
	json_decref(c->labels);
	json_decref(c->mounts);
	json_decref(c->args);
	*c = (struct container){0};
}

struct share limits_share(const struct limits *l)
{
	return (struct share){l->cpu_millis, l->cpu_shares, l->blkio_weight};
}

void limits_set_share(struct limits *l, const struct share *s)
{
	l->cpu_millis = s->cpu_millis;
	l->cpu_shares = s->cpu_shares;
	l->blkio_weight = s->blkio_weight;
}

bool share_equal(const struct share *a, const struct share *b)
{
	return a->cpu_millis == b->cpu_millis && a->cpu_shares == b->cpu_shares &&
	       a->blkio_weight == b->blkio_weight;
}

bool container_alive(const struct container *c)
{
	return c->presence == PRESENCE_YES && c->pid > 0;
}

bool container_kept_alive(const struct container *c)
{
	return container_alive(c) ||
	       (c->presence == PRESENCE_YES && c->state && !strcmp(c->state, "restarting"));
}

void step_free(struct step *s)
{
	free(s->kind);
	free(s->title);
	free(s->detail);
	free(s->undo);
	free(s->docker);
	free(s->note);
	json_decref(s->writes);
	json_decref(s->args);
	json_decref(s->result);
	*s = (struct step){0};
}

void plan_free(struct plan *p)
{
	free(p->action);
	free(p->stack);
	free(p->title);
	free(p->undo);
	json_decref(p->warnings);
	json_decref(p->data);
	for (size_t i = 0; i < p->n_steps; i++)
		step_free(&p->steps[i]);
	free(p->steps);
	*p = (struct plan){0};
}

struct step *plan_add(struct plan *p, const char *kind)
{
	struct step *s;

	p->steps = xrealloc(p->steps, (p->n_steps + 1) * sizeof(*p->steps));
	s = &p->steps[p->n_steps++];
	*s = (struct step){
		.n = (int)p->n_steps,
		.kind = xstrdup(kind),
		.writes = json_array(),
		.args = json_object(),
		.expected_s = -1,
	};
	return s;
}

void job_free(struct job *j)
{
	plan_free(&j->plan);
	*j = (struct job){0};
}

bool job_ended(const struct job *j)
{
	return j->state == JOB_DONE || j->state == JOB_FAILED || j->state == JOB_ROLLED_BACK;
}

void event_free(struct event *e)
{
	free(e->type);
	free(e->stack);
	free(e->service);
	free(e->actor);
	free(e->code);
	free(e->message);
	json_decref(e->data);
	*e = (struct event){0};
}

const char *job_state_name(enum job_state s)
{
	return job_states[s];
}

const char *step_state_name(enum step_state s)
{
	return step_states[s];
}

const char *scope_name(enum scope s)
{
	return scopes[s];
}

int job_state_parse(const char *s)
{
	return index_of(job_states, COUNT(job_states), s);
}

int step_state_parse(const char *s)
{
	return index_of(step_states, COUNT(step_states), s);
}

int scope_parse(const char *s)
{
	return index_of(scopes, COUNT(scopes), s);
}
