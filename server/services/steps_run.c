/* Steps that stop, start and prove a container. */
#include "services/steps_priv.h"

#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "domain/advice.h"
#include "domain/wanted.h"
#include "io/cgroup.h"
#include "io/docker.h"
#include "io/host.h"
#include "io/rpc.h"
#include "io/store.h"
#include "services/evidence.h"
#include "services/kernel_limits.h"
#include "services/relay.h"

#define HELPER_PATIENCE_MS 10000 /* mostly its helper does so by itself */
#define LOST_PATIENCE_MS 25000	 /* the engine puts away what has ended, sooner or later */
#define PORT_PATIENCE_MS                                                                           \
	30000 /* a published port may stay bound some seconds after its owner's end */
#define LIMIT_PATIENCE_MS 3000
#define STOP_TRIES 50
#define STOP_PAUSE_MS 100
#define STEADY_MS 2000 /* a container that lives so long did not fail at its very start */

int step_sleep(struct step_ctx *c, msec ms, struct err *e)
{
	msec until = clock_mono() + ms, left;

	while ((left = until - clock_mono()) > 0) {
		if (*c->abort)
			return err_set(e, ERR_CONFLICT, "fetch.cancelled", "Interrupted.");
		clock_sleep(left < 100 ? left : 100);
	}
	return 0;
}

/* ---- stop ---- */

/* Up to a second, but ends within milliseconds of the process: the node is down meanwhile, and
 * asking the engine that often would cost it more than a look into /proc. */
int wait_for_process(struct step_ctx *c, int pid, struct err *e)
{
	autofree char *path = xasprintf("%s/%d", c->app->config.proc_root, pid);

	for (int i = 0; i < 200 && access(path, F_OK) == 0; i++) {
		if (*c->force || *c->abort)
			break;
		clock_sleep(5);
	}
	return step_sleep(c, 5, e);
}

static int wait_for_end(
	struct step_ctx *c, const char *id, int64_t timeout_s, struct container *k, struct err *e)
{
	/* by the recipe: of a service that keeps nothing, no chain can break */
	bool killed = false, may_kill = json_flag(c->step->args, "kill", false);
	msec since = clock_mono();

	for (;;) {
		int64_t spent = (clock_mono() - since) / 1000;

		if (wait_for_process(c, k->pid, e))
			return -1;
		container_free(k);
		if (inspect(c, id, k, e))
			return -1;
		if (!container_alive(k))
			return 0;
		step_progress(c, spent, timeout_s, "seconds", timeout_s - spent);
		if (spent >= timeout_s && !killed && !may_kill)
			step_waiting(c, "stop.slow");
		if ((*c->force || (may_kill && spent >= timeout_s)) && !killed) {
			killed = true;
			step_note(c, "Ended by force after %lld s%s.", (long long)spent,
				*c->force ? ", on request" : "; it keeps nothing");
			if (docker_signal(c->app->docker, id, "SIGKILL", e))
				return -1;
		}
	}
}

/* What the engine says, in words of its version's own, about a container whose process ends at
 * this very moment, or which it is about to start again: it passes. */
static bool in_between(const struct err *e)
{
	return err_is(e, "engine.error") ||
	       (err_is(e, "engine.rejected") && strstr(e->message, "restarting")) ||
	       err_is(e, "engine.slow");
}

/* An "always" container would be started again by the engine: disarm first. In a crash loop the
 * engine waits for its next try: only its own stop ends that. */
static int stop_once(
	struct step_ctx *c, const char *id, int64_t timeout_s, const char *signal, struct err *e)
{
	autocontainer struct container k = {0};
	int rc;

	if (docker_update_restart(c->app->docker, id, "no", e) || inspect(c, id, &k, e))
		return -1;
	if (!container_alive(&k))
		return !strcmp(k.state, "restarting")
			       ? docker_stop(c->app->docker, id, timeout_s, e)
			       : 0;
	if (docker_signal(c->app->docker, id, signal, e))
		return -1;
	*c->force = false;
	rc = wait_for_end(c, id, timeout_s, &k, e);
	step_waiting(c, "");
	return rc;
}

int stop_softly(
	struct step_ctx *c, const char *id, int64_t timeout_s, const char *signal, struct err *e)
{
	for (int i = 0; stop_once(c, id, timeout_s, signal, e); i++)
		if (!in_between(e) || i == STOP_TRIES || step_sleep(c, STOP_PAUSE_MS, e))
			return -1;
	return 0;
}

static const char *stop_signal(const struct step_ctx *c)
{
	return json_str(c->step->args, "signal", "SIGTERM");
}

int run_stop(struct step_ctx *c, struct err *e)
{
	autocontainer struct container k = {0}, after = {0};
	const char *id;

	if (target(c, &id, e) || inspect(c, id, &k, e))
		return -1;
	/* The first run knows whether it was alive; a second one may find it stopped already: what
	 * is to be started again is journaled before the signal is sent. */
	if (!json_object_get(c->step->result, "was_alive")) {
		step_result(c, "was_alive", json_boolean(container_kept_alive(&k)));
		step_result(c, "policy", json_string(k.restart_policy ? k.restart_policy : "no"));
		if (store_step_update(c->app->store, c->job->id, c->step, e))
			return -1;
	}
	if (stop_softly(c, id, arg_int(c, "timeout_s", SLOW_STOP_S), stop_signal(c), e) ||
		inspect(c, id, &after, e))
		return -1;
	step_result(c, "ended_at", json_integer(after.finished_at));
	if (!c->step->note)
		step_note(c, "ended with code %d", after.exit_code);
	return 0;
}

/* A removed container was made again under its name by undo_remove: the id may be another now. */
static int find_again(struct step_ctx *c, const char **id, struct container *k, struct err *e)
{
	if (target(c, id, e) || docker_inspect(c->app->docker, *id, k, e))
		return -1;
	if (k->presence == PRESENCE_YES)
		return 0;
	*id = arg_str(c, "name");
	container_free(k);
	return inspect(c, *id, k, e);
}

/* Somebody else's container goes back to its own policy, as ours does. */
static const char *was_policy(const struct step_ctx *c)
{
	return json_str(c->step->result, "policy", "no");
}

int undo_stop(struct step_ctx *c, struct err *e)
{
	autocontainer struct container k = {0};
	const char *id;

	if (!json_object_get(c->step->result, "was_alive"))
		return 0; /* nothing was done to it */
	if (find_again(c, &id, &k, e))
		return -1;
	if (!json_flag(c->step->result, "was_alive", false))
		return docker_update_restart(c->app->docker, id, was_policy(c), e);
	/* Asked to stop a moment ago and still writing: let it end before it starts again. */
	if (container_alive(&k) &&
		stop_softly(c, id, arg_int(c, "timeout_s", SLOW_STOP_S), stop_signal(c), e))
		return -1;
	return start_again(c, id, arg_str(c, "dir"), arg_str(c, "sub"), was_policy(c), e);
}

/* ---- start ---- */

/* Is `path` the folder itself, inside it, or above it? */
static bool touches(const char *path, const char *folder)
{
	size_t a = strlen(path), b = strlen(folder), n = a < b ? a : b;

	if (strncmp(path, folder, n))
		return false;
	return a == b || (a > b ? path[b] == '/' : folder[a] == '/');
}

static bool uses_folder(const struct docker_listed *l, const char *folder)
{
	size_t i;
	json_t *m;

	if (strcmp(l->state, "running") && strcmp(l->state, "paused") &&
		strcmp(l->state, "restarting"))
		return false;
	json_array_foreach (l->mounts, i, m)
		if (touches(json_str(m, "Source", "//"), folder))
			return true;
	return false;
}

/* Law 1: never two node processes on one chain folder, whoever made the other container. */
int folder_is_free(struct step_ctx *c, const char *id, const char *folder, struct err *e)
{
	struct docker_list all = {0};
	int rc = docker_ps(c->app->docker, NULL, &all, e);

	for (size_t i = 0; rc == 0 && i < all.n; i++)
		if (strcmp(all.items[i].id, id) && strcmp(all.items[i].name, id) &&
			uses_folder(&all.items[i], folder))
			rc = err_set(e, ERR_CONFLICT, "chain.busy",
				"The container %s has the folder %s open.", all.items[i].name,
				folder);
	docker_list_free(&all);
	return rc;
}

int start_plain(struct step_ctx *c, const char *id, const char *dir, const char *sub, struct err *e)
{
	autofree char *folder = xasprintf("%s/%s", dir, sub);
	msec since = clock_mono();

	if (*dir && folder_is_free(c, id, folder, e))
		return -1;
	while (docker_start(c->app->docker, id, e)) {
		bool lost = err_is(e, "container.lost");

		if (!lost && !err_is(e, "port.taken"))
			return -1;
		if (clock_mono() - since > (lost ? LOST_PATIENCE_MS : PORT_PATIENCE_MS))
			return -1;
		if (lost && end_lost(c, id, clock_mono() - since > HELPER_PATIENCE_MS, e))
			return -1;
		if (step_sleep(c, 500, e))
			return -1;
	}
	return 0;
}

int start_again(struct step_ctx *c, const char *id, const char *dir, const char *sub,
	const char *policy, struct err *e)
{
	autocontainer struct container k = {0};

	if (start_plain(c, id, dir, sub, e) ||
		docker_update_restart(c->app->docker, id, policy, e) || inspect(c, id, &k, e))
		return -1;
	/* what ended before its policy was back would stay down */
	return container_alive(&k) ? 0 : start_plain(c, id, dir, sub, e);
}

/* Downtime of the node: from the end of the old process to the start of the new one. */
static void note_downtime(struct step_ctx *c, msec started_at)
{
	for (size_t i = 0; i < c->job->plan.n_steps; i++) {
		const struct step *s = &c->job->plan.steps[i];
		msec ended = json_int(s->result, "ended_at", 0);

		if (!strcmp(s->kind, "stop") && json_flag(s->args, "node", false) && ended &&
			started_at >= ended)
			step_down_ms(c, started_at - ended);
	}
}

static int start_target(struct step_ctx *c, struct err *e)
{
	const char *id;

	return target(c, &id, e) || start_plain(c, id, arg_str(c, "dir"), arg_str(c, "sub"), e) ? -1
												: 0;
}

/* See make_anew. Only what this job made: then nothing is lost with the container. */
static bool half_started(struct step_ctx *c, const struct err *e)
{
	return err_is(e, "container.lost") && !json_object_get(c->step->args, "container");
}

int run_start(struct step_ctx *c, struct err *e)
{
	autocontainer struct container k = {0};
	const char *id;

	if (start_target(c, e) && (!half_started(c, e) || target(c, &id, e) ||
					  make_anew(c, id, e) || start_target(c, e)))
		return -1;
	if (target(c, &id, e) || inspect(c, id, &k, e))
		return -1;
	step_result(c, "id", json_string(id));
	step_result(c, "started_at", json_integer(k.started_at));
	if (json_flag(c->step->args, "node", false))
		note_downtime(c, k.started_at);
	if (!strcmp(arg_str(c, "service"), "relay") && strcmp(c->job->actor, "watchdog"))
		relay_again(c->app->relay, c->job->plan.stack); /* somebody takes care of it */
	return 0;
}

int undo_start(struct step_ctx *c, struct err *e)
{
	autocontainer struct container k = {0};
	const char *id;
	struct err none = {0};

	if (target(c, &id, &none) || docker_inspect(c->app->docker, id, &k, e))
		return none.kind ? 0 : -1;
	if (k.presence != PRESENCE_YES)
		return 0;
	if (stop_softly(c, id, arg_int(c, "timeout_s", SLOW_STOP_S), stop_signal(c), e))
		return -1;
	/* its container goes next, and its log with it; a lost log is no reason to stay half-way */
	if (!json_object_get(c->step->args, "container") &&
		json_flag(c->step->args, "node", false) &&
		evidence_keep(c->app, c->job->id, id, &none) == 0)
		step_result(c, "log", json_true());
	return 0;
}

/* ---- verify ---- */

static int not_applied(const char *name, unsigned drift, struct err *e)
{
	autojson json_t *names = drift_json(drift);
	autofree char *list = json_dumps(names, 0);

	return err_set(e, ERR_CONFLICT, "limit.not_applied",
		"The engine accepted the limits of %s, but the kernel reports others: %s.", name,
		list);
}

static int read_limits(
	struct step_ctx *c, int pid, const struct limits *want, struct limits *ret, struct err *e)
{
	struct cgroup *cg = NULL;
	struct usage u;
	int rc = cgroup_open(c->app->config.cgroup_root, c->app->config.proc_root, pid, &cg, e);

	if (rc == 0)
		rc = kernel_read(c->app, cg, &u, e);
	cgroup_close(cg);
	if (rc == 0)
		*ret = cgroup_limits(&u, want);
	return rc;
}

int limits_read_back(struct step_ctx *c, const char *id, const struct limits *want, struct err *e)
{
	autocontainer struct container k = {0};
	struct limits got = *want;
	msec since = clock_mono();

	if (inspect(c, id, &k, e))
		return -1;
	if (!container_alive(&k))
		return 0; /* nothing to read back: the limits apply from its next start */
	do {
		if (read_limits(c, k.pid, want, &got, e) == 0) {
			if (limits_equal(&got, want))
				return 0;
		} else if (!err_is(e, "cgroup.gone")) {
			return -1;
		} else {
			/* it has just ended, or was started again since it was looked at */
			container_free(&k);
			if (inspect(c, id, &k, e))
				return -1;
			if (!container_alive(&k))
				return 0;
		}
		if (step_sleep(c, 100, e))
			return -1;
	} while (clock_mono() - since < LIMIT_PATIENCE_MS);
	return not_applied(k.name, drift_of(want, &got), e);
}

static int ended_early(struct step_ctx *c, const struct container *k, struct err *e)
{
	char last[DOCKER_LAST_WORDS];

	docker_last_words(c->app->docker, k->id, 0, last);
	if (k->exit_code == 132)
		return err_set(e, ERR_CONFLICT, "service.bad_cpu",
			"%s ended at once: its image needs a newer processor than this NAS has.",
			k->name);
	return err_set(e, ERR_CONFLICT, "service.ended", "%s ended with code %d%s%s%s%s", k->name,
		k->exit_code, *last ? ": \"" : "", last, *last ? "\"" : "", ".");
}

static int must_live(struct step_ctx *c, const char *id, struct container *k, struct err *e)
{
	container_free(k);
	if (inspect(c, id, k, e))
		return -1;
	if (!container_alive(k) || k->restart_count > 0)
		return ended_early(c, k, e);
	return 0;
}

static int wait_for_answer(struct step_ctx *c, const char *id, struct container *k, struct err *e)
{
	int64_t limit = arg_int(c, "answer_s", 60);
	msec since = clock_mono();
	struct err why = {0};

	for (;;) {
		struct rpc rpc = {
			.pid = k->pid, .port = (int)arg_int(c, "rpc_port", 0), .timeout_ms = 2000};
		autojson json_t *version = NULL;
		int64_t spent;

		if (rpc_call(&rpc, "web3_clientVersion", NULL, &version, &why) == 0) {
			step_note(c, "answers as %s",
				json_is_string(version) ? json_string_value(version) : "a node");
			return 0;
		}
		spent = (clock_mono() - since) / 1000;
		if (spent >= limit)
			return err_set(e, ERR_CONFLICT, "rpc.silent",
				"%s runs but did not answer within %lld s.", k->name,
				(long long)limit);
		step_progress(c, spent, limit, "seconds", -1);
		if (step_sleep(c, 250, e) || must_live(c, id, k, e))
			return -1;
	}
}

static int check_namespace(struct step_ctx *c, const struct container *k, struct err *e)
{
	autocontainer struct container other = {0};
	const char *with = json_str(c->step->args, "shared_with", NULL);

	if (!with)
		return 0;
	if (inspect(c, with, &other, e))
		return -1;
	/* one that has just ended has none: how it ended is told by who looks whether it lives */
	if (!host_netns(k->pid) || host_netns(k->pid) == host_netns(other.pid))
		return 0;
	return err_set(e, ERR_CONFLICT, "network.split",
		"%s and %s do not share one network namespace.", k->name, other.name);
}

int run_verify(struct step_ctx *c, struct err *e)
{
	autocontainer struct container k = {0};
	struct limits want = {0};
	const char *id;
	msec left;

	if (target(c, &id, e) || must_live(c, id, &k, e) || check_namespace(c, &k, e))
		return -1;
	if (json_object_get(c->step->args, "limits") &&
		(limits_parse(json_object_get(c->step->args, "limits"), &want, e) ||
			limits_read_back(c, id, &want, e)))
		return -1;
	left = STEADY_MS - (clock_wall() - k.started_at);
	if (left > 0 && left <= STEADY_MS && step_sleep(c, left, e))
		return -1;
	if (must_live(c, id, &k, e) || (arg_int(c, "rpc_port", 0) && wait_for_answer(c, id, &k, e)))
		return -1;
	/* Armed only now: the engine must not start a failing version over and over. What ended a
	 * moment before would stay down. */
	if (docker_update_restart(c->app->docker, id, "always", e))
		return -1;
	return must_live(c, id, &k, e);
}
