/* One function for each step that a plan can hold: its words, its arguments, its docker command. */
#include "domain/plan_priv.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "domain/spec.h"
#include "domain/wanted.h"

#define INSTALL_NEEDS_BYTES                                                                        \
	(INT64_C(1) << 30) /* to begin with; how much in the end the network decides */

char *plan_text(const char *fmt, ...)
{
	char buf[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return xstrdup(buf);
}

void plan_stamp(msec now, char out[20])
{
	time_t t = (time_t)(now / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 20, "%Y%m%d-%H%M%S", &tm);
}

char *plan_kept_name(const struct build *b, const char *name, bool ours)
{
	char when[20];

	plan_stamp(b->f->now, when);
	return plan_text("%s%s%s", name, ours ? ".prev-" : "-before-", when);
}

void plan_write(struct step *s, const char *fmt, ...)
{
	char path[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	json_array_append_new(s->writes, json_string(path));
}

/* A step about one service; sub is its folder below the stack's. */
static struct step *service_step(struct build *b, const char *kind, const struct service *svc)
{
	struct step *s = plan_add(b->p, kind);

	json_put_str(s->args, "service", svc->name);
	json_put_flag(s->args, "node", plan_is_node(svc));
	return s;
}

static void put_folder(struct step *s, const struct build *b, const struct service *svc)
{
	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_str(s->args, "sub", svc->name);
}

static void put_stop(struct step *s, const struct recipe *r)
{
	json_put_int(s->args, "timeout_s", r->stop_timeout_s);
	json_put_str(s->args, "signal", r->stop_signal);
	json_put_flag(s->args, "kill", r->stop_kill);
}

void add_check(struct build *b)
{
	struct step *s = plan_add(b->p, "check");

	s->title = xstrdup("Check the engine and the volume");
	s->detail = xstrdup("the engine answers, the folder is on a local disk with room to begin");
	s->undo = xstrdup("");
	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_int(s->args, "need_bytes", b->install ? INSTALL_NEEDS_BYTES : 0);
}

void add_folder(struct build *b, const struct service *svc, const struct recipe_generation *g)
{
	struct step *s = service_step(b, "folder", svc);
	int uid = g && plan_is_node(svc) ? g->uid : 0, gid = g && plan_is_node(svc) ? g->gid : 0;

	s->title = plan_text("Make the folder of %s", plan_title(b, svc));
	s->detail = plan_text("%s/%s, owned by user %d; what is in it already stays",
		b->after->data_dir, svc->name, uid);
	s->undo = xstrdup("removed again if it is empty");
	put_folder(s, b, svc);
	json_put_int(s->args, "uid", uid);
	json_put_int(s->args, "gid", gid);
	plan_write(s, "%s/%s", b->after->data_dir, svc->name);
}

void add_config(struct build *b, const struct service *svc, const struct recipe *r)
{
	struct step *s = service_step(b, "config", svc);
	bool is_new = !plan_old(b, svc);

	s->title = plan_text("Write the settings of %s", plan_title(b, svc));
	s->detail = plan_text("%s/%s/%s, outside the container; the secret is not shown",
		b->after->data_dir, svc->name, r->config.file);
	s->undo = xstrdup(is_new ? "removed again" : "written as before");
	json_put_str(s->args, "dir", b->after->data_dir);
	json_put_str(s->args, "file", r->config.file);
	json_put_flag(s->args, "new", is_new);
	plan_write(s, "%s/%s/%s", b->after->data_dir, svc->name, r->config.file);
}

void add_pull(struct build *b, const struct service *svc)
{
	struct step *s = service_step(b, "pull", svc);

	s->title = plan_text("Download the image of %s", plan_title(b, svc));
	s->detail = plan_text(
		"%s%s", svc->image, b->before ? "; what runs now goes on running meanwhile" : "");
	s->undo = xstrdup("");
	s->docker = plan_text("docker pull %s", svc->image);
	json_put_str(s->args, "image", svc->image);
	json_put_flag(s->args, "local_ok", true);
}

void add_network(struct build *b)
{
	struct step *s = plan_add(b->p, "network");
	autofree char *name = spec_network_name(b->after);

	s->title = xstrdup("Make a private network");
	s->detail = xstrdup("for this stack alone; no RPC port is published");
	s->undo = xstrdup("removed again if it was made here");
	s->docker = plan_text("docker network create %s", name);
	json_put_str(s->args, "name", name);
	json_put_str(s->args, "stack", b->after->name);
}

json_t *plan_config(const struct build *b, const struct stack *stack, const struct service *svc,
	const char *relay, struct err *e)
{
	struct spec_input in = {
		.stack = stack,
		.service = svc,
		.recipe = plan_recipe(b, svc, e),
		.namespace_of = relay,
	};
	json_t *config;

	if (!in.recipe)
		return NULL;
	in.generation = recipe_generation(in.recipe, svc->image);
	if (!in.generation) {
		err_set(e, ERR_INPUT, "image.unknown",
			"The image %s is not of a version that the recipe %s knows.", svc->image,
			in.recipe->title);
		return NULL;
	}
	return spec_container(&in, &config, e) ? NULL : config;
}

int add_create(struct build *b, const struct service *svc, enum touch owner, struct err *e)
{
	autofree char *name = spec_container_name(b->after, svc->name);
	autofree char *next = plan_text("%s.next", name);
	autofree char *relay = spec_container_name(b->after, "relay");
	autofree char *relay_next = plan_text("%s.next", relay);
	json_t *config = plan_config(b, b->after, svc, owner == RECREATE ? relay_next : relay, e);
	struct step *s;

	if (!config)
		return -1;
	s = service_step(b, "create", svc);
	s->title = plan_text("Create the container of %s", plan_title(b, svc));
	s->detail = plan_text("%s from %s", name, svc->image);
	s->undo = xstrdup("the new container is removed");
	s->docker = spec_docker_command(config, name);
	json_put_str(s->args, "name", next);
	json_put(s->args, "config", config);
	return 0;
}

void add_stop(struct build *b, const struct service *svc, const struct recipe *r)
{
	const struct plan_actual *a = plan_actual(b->f, svc->name);
	struct step *s = service_step(b, "stop", svc);

	s->title = plan_text("Stop %s", plan_title(b, svc));
	s->detail =
		plan_is_node(svc)
			? plan_text(
				  "it finishes its database first; up to %d s, never killed without"
				  " asking",
				  r->stop_timeout_s)
			: xstrdup("");
	s->undo = xstrdup("started again");
	s->docker = plan_text("docker stop -t %d %s", r->stop_timeout_s, a->container->name);
	s->down = plan_is_node(svc);
	b->p->down |= s->down;
	json_put_str(s->args, "container", a->container->id);
	json_put_str(s->args, "name", a->container->name);
	put_stop(s, r);
	put_folder(s, b, svc);
}

void add_owner(struct build *b, const struct service *svc, const struct recipe_generation *g)
{
	struct step *s = service_step(b, "owner", svc);

	s->title = xstrdup("Give the chain folder to the image's user");
	if (b->f->uid == g->uid)
		s->detail = plan_text("all files of the copy: user %d", g->uid);
	else
		s->detail = plan_text("%s/%s: user %d instead of %d", b->after->data_dir, svc->name,
			g->uid, b->f->uid);
	s->undo = plan_text("given back to user %d", b->f->uid);
	s->docker =
		plan_text("chown -R %d:%d %s/%s", g->uid, g->gid, b->after->data_dir, svc->name);
	s->down = true;
	put_folder(s, b, svc);
	json_put_int(s->args, "uid", g->uid);
	json_put_int(s->args, "gid", g->gid);
	plan_write(s, "%s/%s", b->after->data_dir, svc->name);
}

static json_t *about(const struct build *b, const struct stack *s, const char *reason)
{
	const struct service *node = s ? stack_service(s, "node") : NULL;
	json_t *j = json_object();

	json_put_str(j, "reason", reason);
	json_put_str(j, "image", node ? node->image : NULL);
	json_put(j, "options", node ? json_deep_copy(node->options) : json_object());
	json_put_int(j, "at", b->f->now);
	return j;
}

json_t *plan_about(const struct build *b, const char *reason)
{
	json_t *j = about(b, b->before, reason);

	json_put_int(j, "height", b->f->copy.bytes ? b->f->copy.height : -1);
	json_put_int(j, "db_version", b->f->db_version);
	return j;
}

json_t *plan_strings(const struct recipe_strings *list)
{
	json_t *j = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(j, json_string(list->items[i]));
	return j;
}

void add_chain(struct build *b, const struct recipe *r)
{
	bool aside = b->chain_op == CHAIN_ASIDE;
	struct step *s = plan_add(b->p, aside ? "set_aside" : "put_back");
	const char *dir = b->after->data_dir;
	char when[20];

	plan_stamp(b->f->now, when);
	s->down = true;
	json_put_str(s->args, "dir", dir);
	json_put_str(s->args, "sub", "node");
	if (aside) {
		autofree char *id = plan_text("%s-resync", when);

		s->title = xstrdup("Set the present chain aside");
		s->detail = plan_text(
			"renamed to %s/kept/%s, nothing is deleted; identity keys are kept", dir,
			id);
		s->undo = xstrdup("put back in its place");
		s->docker = plan_text("mv %s/node %s/kept/%s/node", dir, dir, id);
		json_put_str(s->args, "chain", id);
		json_put(s->args, "about", plan_about(b, "resync"));
		json_put(s->args, "about_failed", about(b, b->after, "failed_resync"));
		json_put(s->args, "identity", plan_strings(&r->identity_globs));
		plan_write(s, "%s/kept/%s", dir, id);
	} else {
		autofree char *id = plan_text("%s-putback", when);

		s->title = xstrdup("Put the kept chain back");
		s->detail = plan_text("the present one is set aside as %s", id);
		s->undo = xstrdup("both renamed back");
		s->docker = plan_text("mv %s/node %s/kept/%s/node; mv %s/kept/%s/node %s/node", dir,
			dir, id, dir, b->chain, dir);
		json_put_str(s->args, "chain", b->chain);
		json_put_str(s->args, "now_chain", id);
		json_put(s->args, "about_now", plan_about(b, "put_back"));
		json_put(s->args, "about", json_deep_copy(b->f->kept_about));
		plan_write(s, "%s/kept/%s", dir, id);
	}
	plan_write(s, "%s/node", dir);
}

void add_start(struct build *b, const struct service *svc, const struct recipe *r, enum touch t)
{
	const struct plan_actual *a = plan_actual(b->f, svc->name);
	struct step *s = service_step(b, "start", svc);
	autofree char *name = spec_container_name(b->after, svc->name);

	s->title = plan_text("Start %s", plan_title(b, svc));
	s->detail =
		xstrdup(plan_is_node(svc) ? "only if no other container has the chain open" : "");
	s->undo = xstrdup("stopped again");
	s->docker = plan_text("docker start %s", name);
	s->down = plan_is_node(svc);
	if (t != RECREATE)
		json_put_str(s->args, "container", a->container->id);
	put_stop(s, r);
	put_folder(s, b, svc);
}

void add_swap(struct build *b, const struct service *svc)
{
	const struct plan_actual *a = plan_actual(b->f, svc->name);
	struct step *s = service_step(b, "swap", svc);
	autofree char *name = spec_container_name(b->after, svc->name);
	bool old = a && a->container->presence == PRESENCE_YES;

	s->title = plan_text("Give the container of %s its name", plan_title(b, svc));
	s->detail = xstrdup(name);
	s->undo = xstrdup(old ? "names exchanged back" : "");
	json_put_str(s->args, "name", name);
	if (old) {
		autofree char *old_name = plan_kept_name(b, name, a->ours);

		json_put_str(s->args, "old", a->container->id);
		json_put_str(s->args, "old_name", old_name);
		s->docker = plan_text("docker rename %s %s && docker rename %s.next %s", name,
			old_name, name, name);
	} else {
		s->docker = plan_text("docker rename %s.next %s", name, name);
	}
}

void add_verify(struct build *b, const struct service *svc, const struct recipe *r, enum touch t)
{
	const struct plan_actual *a = plan_actual(b->f, svc->name);
	struct step *s = service_step(b, "verify", svc);
	bool shared = b->after->network == NET_SHARED && plan_is_node(svc);

	s->title = plan_text("Check %s", plan_title(b, svc));
	s->detail = plan_text("it stays up%s, the kernel reports its limits%s",
		r->rpc.port ? ", it answers" : "",
		shared ? ", it shares one network with the relay" : "");
	s->undo = xstrdup("");
	if (t != RECREATE)
		json_put_str(s->args, "container", a->container->id);
	json_put_int(s->args, "answer_s", r->answer_s);
	json_put_int(s->args, "rpc_port", r->rpc.port);
	json_put(s->args, "limits", limits_json(&svc->limits));
	if (shared) {
		autofree char *relay = spec_container_name(b->after, "relay");

		json_put_str(s->args, "shared_with", relay);
	}
}

void add_commit(struct build *b, const char *detail)
{
	struct step *s = plan_add(b->p, "commit");

	s->title = xstrdup("Keep the new settings");
	s->detail = xstrdup(detail);
	s->undo = xstrdup("");
	if (b->after)
		plan_write(s, "%s/ethstation.json", b->after->data_dir);
}

void add_discard(struct build *b, const struct service *svc)
{
	const struct plan_actual *a = plan_actual(b->f, svc->name);
	const struct recipe *was = plan_stop_recipe(b, svc, NULL);
	struct step *s = service_step(b, "discard", svc);

	s->title = plan_text("Remove the old container of %s", plan_title(b, svc));
	s->undo = xstrdup("");
	s->docker = plan_text("docker rm %.12s", a->container->id);
	json_put_str(s->args, "container", a->container->id);
	/* nobody reads its file any more, and it holds the secret */
	if (plan_builtin(b, svc) && was && was->config.file) {
		s->detail = plan_text("with %s/%s, which held the secret; its image stays",
			svc->name, was->config.file);
		json_put_str(s->args, "dir", b->after->data_dir);
		json_put_str(s->args, "file", was->config.file);
		plan_write(s, "%s/%s/%s", b->after->data_dir, svc->name, was->config.file);
	} else {
		s->detail = xstrdup("only the container: its image and all data stay");
	}
}

/* After the settings are kept: from then on the program reports by itself, again and again, so
 * that there is nothing to take back and no reason to fail. */
void add_report(struct build *b, const struct service *svc)
{
	struct step *s = service_step(b, "report", svc);
	const struct recipe *r = plan_recipe(b, svc, NULL);
	const struct recipe_option *o = r ? recipe_option(r, "server") : NULL;
	const char *server = o ? json_string_value(recipe_option_value(o, svc->options)) : NULL;

	s->title = xstrdup("Begin to report to the ethstats page");
	s->detail = plan_text("%s as \"%s\"; a server that is away is tried again for ever",
		server ? server : "", json_str(svc->options, "instance_name", ""));
	s->undo = xstrdup("");
}

static char *docker_update(const struct limits *l, const char *name)
{
	int64_t swap = l->memory ? l->memory + l->swap : -1;
	char text[300];

	snprintf(text, sizeof(text),
		"docker update --memory %lld --memory-swap %lld --memory-reservation %lld"
		" --cpu-period 100000 --cpu-quota %lld --cpu-shares %lld --blkio-weight %lld %s",
		(long long)(l->memory ? l->memory : -1), (long long)swap, (long long)l->reservation,
		(long long)(l->cpu_millis ? l->cpu_millis * 100 : -1),
		(long long)(l->cpu_shares ? l->cpu_shares : 1024), (long long)l->blkio_weight,
		name);
	return xstrdup(text);
}

void add_limits(struct build *b, const struct service *s, const struct plan_actual *a)
{
	struct step *st = plan_add(b->p, "limits");
	autofree char *title = xasprintf("Set the limits of %s", plan_title(b, s));
	autofree char *update = docker_update(&s->limits, a->container->name);

	st->title = take(title);
	st->detail = xstrdup("without a restart; then the kernel is asked what it enforces");
	st->undo = xstrdup("the limits are set as before");
	st->docker = take(update);
	json_put_str(st->args, "service", s->name);
	json_put_str(st->args, "container", a->container->id);
	json_put(st->args, "after", limits_json(&s->limits));
	json_put(st->args, "before", limits_json(&a->container->limits));
}
