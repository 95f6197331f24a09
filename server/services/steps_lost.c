/*
 * A process that its engine has lost: killed while it started a container, the engine comes back
 * and takes the container for stopped, but what was started runs on. It would write to the chain
 * beside the next node, and the engine starts this container no more until it has ended.
 */
#include "services/steps_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "io/cgroup.h"

#define HELPER_PAUSE_MS 6000 /* containerd takes up to 5 s to put away what a helper kept */
#define LOST_PAUSE_MS 200    /* for the engine's helpers to put away what has ended */

/* Still the engine's helper, before the image's own program began: it holds nothing, and as the
 * first of its namespace it would not hear a gentler signal. */
static bool not_begun(const struct step_ctx *c, int pid)
{
	autofree char *path = xasprintf("%s/%d/comm", c->app->config.proc_root, pid);
	autofile FILE *f = fopen(path, "re");
	char name[32] = "";

	return f && fgets(name, sizeof(name), f) && !strncmp(name, "runc", 4);
}

static int signal_number(const char *name)
{
	return !strcmp(name, "SIGINT") ? SIGINT : SIGTERM;
}

static int wait_for_it(struct step_ctx *c, int pid, const char *id, struct err *e)
{
	int64_t timeout_s = arg_int(c, "timeout_s", SLOW_STOP_S);
	msec since = clock_mono();

	while (cgroup_first_process(c->app->config.proc_root, id) == pid) {
		int64_t spent = (clock_mono() - since) / 1000;

		if (wait_for_process(c, pid, e))
			return -1;
		step_progress(c, spent, timeout_s, "seconds", timeout_s - spent);
		if (spent >= timeout_s)
			step_waiting(c, "stop.slow");
		if (*c->force && kill(pid, SIGKILL) < 0 && errno != ESRCH)
			return err_errno(e, "container.lost", "process %d of %.12s", pid, id);
	}
	step_waiting(c, "");
	return 0;
}

/* Nothing of the container runs any more, and still the engine says that it is there: it forgot
 * what its helper keeps, and its restart does not bring that back. Only with the helper's end the
 * rest is put away. */
static int end_helper(struct step_ctx *c, const char *id, const char *name, struct err *e)
{
	int pid = cgroup_helper(c->app->config.proc_root, id);

	if (!pid)
		return 0;
	log_warn("job %lld: the engine has forgotten what process %d keeps of %s",
		(long long)c->job->id, pid, name);
	if (kill(pid, SIGKILL) < 0 && errno != ESRCH)
		return err_errno(e, "container.lost", "process %d of %s", pid, name);
	return step_sleep(c, HELPER_PAUSE_MS, e);
}

int end_lost(struct step_ctx *c, const char *name, bool helper, struct err *e)
{
	autocontainer struct container k = {0};
	int pid;

	if (inspect(c, name, &k, e))
		return -1;
	if (container_alive(&k))
		return 0;
	*c->force = false;
	while ((pid = cgroup_first_process(c->app->config.proc_root, k.id))) {
		int sig = not_begun(c, pid)
				  ? SIGKILL
				  : signal_number(json_str(c->step->args, "signal", "SIGTERM"));

		log_warn("job %lld: the engine has lost process %d of %s", (long long)c->job->id,
			pid, k.name);
		if (kill(pid, sig) < 0 && errno != ESRCH)
			return err_errno(e, "container.lost", "process %d of %s", pid, k.name);
		if (wait_for_it(c, pid, k.id, e))
			return -1;
	}
	if (helper && end_helper(c, k.id, k.name, e))
		return -1;
	return step_sleep(c, LOST_PAUSE_MS, e);
}
