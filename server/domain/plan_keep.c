/* Copies of the chain, the watch over a new version, and the trash. */
#include "domain/plan_priv.h"

#include <stdio.h>

#include "domain/words.h"

#define CHEAP (INT64_C(1) << 30) /* bytes: a copy that takes less is made without asking */
#define ROOM (INT64_C(64) << 20) /* bytes that are left free */

/* ---- whether, and how ---- */

/* What it takes on the disk at once. */
static int64_t copy_takes(const struct plan_copy *c, const struct recipe *r)
{
	if (c->reflinks)
		return 0;
	return c->links && r->fixed_globs.n ? c->bytes - c->fixed : c->bytes;
}

/* NULL = it can be made. */
static const char *copy_hindered(
	const struct build *b, const struct recipe *r, char why[300], bool must)
{
	const struct plan_copy *c = &b->f->copy;
	int64_t takes = copy_takes(c, r);
	char whole[WORDS_MAX], left[WORDS_MAX];

	words_gib(takes, whole);
	if (takes + ROOM > c->free) {
		snprintf(why, 300, "A copy of the chain needs %s, and %s are free.", whole,
			words_gib(c->free, left));
		return must ? "disk.too_small" : "chain.no_room";
	}
	if (takes <= CHEAP || c->wish == COPY_WHOLE)
		return NULL;
	snprintf(why, 300, "%s: a copy of the chain would take %s at once.",
		r->fixed_globs.n ? "This volume can neither link nor clone files"
				 : "The files of this client's database cannot be linked",
		whole);
	return "chain.no_links";
}

int plan_decide_copy(struct build *b, const char *reason, bool must, struct err *e)
{
	const struct service *node = stack_service(b->after, "node");
	const struct recipe *r = plan_recipe(b, node, e);
	const char *code;
	char why[300];

	if (!r)
		return -1;
	if (!b->f->copy.bytes || b->f->copy.wish == COPY_NEVER)
		return 0;
	must = must || b->f->copy.wish == COPY_WHOLE;
	code = copy_hindered(b, r, why, must);
	if (code && must)
		return err_set(e, ERR_CONFLICT, code, "%s", why);
	if (code) {
		plan_warn(b->p, code, "%s None is kept.", why);
		return 0;
	}
	b->copy = reason;
	b->copy_bytes = copy_takes(&b->f->copy, r);
	return 0;
}

/* ---- steps ---- */

void add_copy(struct build *b, const struct recipe *r)
{
	const struct plan_copy *c = &b->f->copy;
	bool linked = c->links && r->fixed_globs.n;
	const char *how = c->reflinks ? "cloned blocks" : linked ? "hard links" : "copied whole";
	const char *dir = b->after->data_dir;
	struct step *s = plan_add(b->p, "copy");
	char when[20], takes[WORDS_MAX], whole[WORDS_MAX];
	autofree char *id = NULL;

	plan_stamp(b->f->now, when);
	id = plan_text("%s-%s", when, b->copy);
	s->title = xstrdup("Keep a copy of the chain");
	s->detail = plan_text("%s of %s: takes %s now, and more only as the chain changes", how,
		words_gib(c->bytes, whole), words_gib(b->copy_bytes, takes));
	s->undo = xstrdup("put back in its place if anything was changed since; else it goes");
	s->docker = plan_text("cp -a%s %s/node %s/kept/%s/node",
		c->reflinks ? " --reflink=always"
		: linked    ? "l"
			    : "",
		dir, dir, id);
	s->down = b->p->down;
	json_put_str(s->args, "dir", dir);
	json_put_str(s->args, "sub", "node");
	json_put_str(s->args, "chain", id);
	json_put(s->args, "about", plan_about(b, b->copy));
	json_put(s->args, "fixed",
		plan_strings(linked ? &r->fixed_globs : &(struct recipe_strings){0}));
	plan_write(s, "%s/kept/%s", dir, id);
}

void add_watch(struct build *b, const struct recipe *r)
{
	const struct service *node = stack_service(b->after, "node");
	const struct recipe_network *n = recipe_network(r, node->options);
	struct step *s = plan_add(b->p, "watch");
	char time[WORDS_MAX];

	s->title = plan_text("Watch %s for %s", r->title, words_seconds(b->watch_s, time));
	s->detail =
		xstrdup("it answers, imports blocks, is not killed and does not crash; otherwise "
			"everything goes back by itself");
	s->undo = xstrdup("");
	s->expected_s = b->watch_s;
	json_put_str(s->args, "service", node->name);
	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_int(s->args, "seconds", b->watch_s);
	json_put_int(s->args, "answer_s", r->answer_s);
	json_put_flag(s->args, "rpc", r->rpc.port != 0);
	json_put_flag(s->args, "needs_peers", n && n->needs_peers);
	json_put_int(s->args, "block_time_ms", n ? n->block_time_ms : 0);
}

/* ---- actions ---- */

int plan_copy(const struct stack *s, const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = s, .after = s, .f = f};
	char title[80];

	if (plan_must_be_known(f, e))
		return -1;
	if (!f->copy.bytes)
		return err_set(e, ERR_CONFLICT, "chain.missing",
			"%s has no chain yet: there is nothing to copy.", s->name);
	snprintf(title, sizeof(title), "Keep a copy of the chain of %s", s->name);
	plan_begin(&b, "copy", title, "Delete the copy, on the Chain page.");
	if (plan_decide_copy(&b, "asked", true, e))
		return plan_finish(&b, -1);
	if (s->run) {
		b.touch[0] = plan_restart_touch(&b, &s->services[0]);
		b.config[0] = true;
		return plan_finish(&b, plan_transition(&b, e));
	}
	add_check(&b);
	add_copy(&b, plan_recipe(&b, stack_service(s, "node"), e));
	return 0;
}

/* A step that works on one kept chain. */
static struct step *kept_step(struct build *b, const char *kind, const char *chain)
{
	struct step *s = plan_add(b->p, kind);

	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_str(s->args, "chain", chain);
	json_put_int(s->args, "at", b->f->now);
	return s;
}

static int move_plan(const struct stack *st, const char *chain, const struct plan_facts *f,
	bool out, struct plan *ret)
{
	const char *from = out ? "trash" : "kept", *to = out ? "kept" : "trash";
	struct build b = {.p = ret, .before = st, .after = st, .f = f};
	struct step *s;
	char title[120];

	snprintf(title, sizeof(title),
		out ? "Take the chain %.40s out of the trash" : "Move the chain %.40s to the trash",
		chain);
	plan_begin(&b, out ? "untrash" : "trash", title,
		out ? "Move it to the trash again." : "Take it out of the trash.");
	s = kept_step(&b, out ? "untrash" : "trash", chain);
	s->title = xstrdup(title);
	s->detail = xstrdup("by renaming; nothing is deleted, and no space becomes free");
	s->undo = xstrdup("renamed back");
	s->docker = plan_text(
		"mv %s/%s/%s %s/%s/%s", st->data_dir, from, chain, st->data_dir, to, chain);
	plan_write(s, "%s/%s/%s", st->data_dir, to, chain);
	return 0;
}

int plan_trash(const struct stack *s, const char *chain, const struct plan_facts *f,
	struct plan *ret, struct err *e)
{
	(void)e;
	return move_plan(s, chain, f, false, ret);
}

int plan_untrash(const struct stack *s, const char *chain, const struct plan_facts *f,
	struct plan *ret, struct err *e)
{
	(void)e;
	return move_plan(s, chain, f, true, ret);
}

int plan_empty(const struct stack *st, const struct plan_trashed *list, size_t n,
	const struct plan_facts *f, struct plan *ret, struct err *e)
{
	struct build b = {.p = ret, .before = st, .after = st, .f = f};
	char title[120], size[WORDS_MAX];
	int64_t sum = 0;

	if (!n)
		return err_set(
			e, ERR_CONFLICT, "trash.nothing", "The trash of %s is empty.", st->name);
	snprintf(title, sizeof(title), "Empty the trash of %s", st->name);
	plan_begin(&b, "empty", title, "None: what is deleted is gone.");
	for (size_t i = 0; i < n; i++) {
		struct step *s = kept_step(&b, "delete", list[i].id);

		s->title = plan_text("Delete the chain %s", list[i].id);
		s->detail = plan_text("%s become free; this cannot be taken back",
			words_gib(list[i].bytes, size));
		s->undo = xstrdup("");
		s->docker = plan_text("rm -r %s/trash/%s", st->data_dir, list[i].id);
		plan_write(s, "%s/trash/%s", st->data_dir, list[i].id);
		sum += list[i].bytes;
	}
	plan_warn(ret, "trash.for_good", "%zu chain%s in %s/trash will be gone for good: %s.", n,
		n == 1 ? "" : "s", st->data_dir, words_gib(sum, size));
	return 0;
}
