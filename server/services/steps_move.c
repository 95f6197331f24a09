/* Steps that take over what somebody else made: its chain by renaming, and its containers' names.
 */
#include "services/steps_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/chain_move.h"
#include "io/docker.h"
#include "io/store.h"

static char *our_folder(const struct step_ctx *c)
{
	return xasprintf("%s/%s", arg_str(c, "dir"), arg_str(c, "sub"));
}

/* Which folder it is, known before it is moved for the first time: a re-run and the way back find
 * it by that, wherever it is. */
static int remember(struct step_ctx *c, const char *path, struct err *e)
{
	autoplace struct chain_place p = {0};

	if (json_object_get(c->step->result, "ino"))
		return 0;
	if (folder_is_free(c, "", path, e) || chain_locate(path, &p, e))
		return -1;
	step_result(c, "dev", json_integer((json_int_t)p.dev));
	step_result(c, "ino", json_integer((json_int_t)p.ino));
	step_result(c, "uid", json_integer(p.uid));
	step_result(c, "gid", json_integer(p.gid));
	return store_step_update(c->app->store, c->job->id, c->step, e);
}

static int move(struct step_ctx *c, const char *from, const char *to, struct err *e)
{
	return chain_move(from, to, (uint64_t)json_int(c->step->result, "dev", 0),
		(uint64_t)json_int(c->step->result, "ino", 0), e);
}

/* A volume without its folder could not be mounted any more. Not needed for what follows: a
 * failure is no reason to fail. */
static void leave_empty(struct step_ctx *c, const char *path)
{
	if (mkdir(path, 0755) == 0 && lchown(path, (uid_t)json_int(c->step->result, "uid", 0),
					      (gid_t)json_int(c->step->result, "gid", 0)) < 0)
		step_note(c, "An empty folder stays at %s.", path);
}

int run_move_in(struct step_ctx *c, struct err *e)
{
	autofree char *to = our_folder(c);
	msec since = clock_mono();

	if (remember(c, arg_str(c, "from"), e) || move(c, arg_str(c, "from"), to, e))
		return -1;
	if (json_flag(c->step->args, "leave_empty", false))
		leave_empty(c, arg_str(c, "from"));
	step_result(c, "ms", json_integer(clock_mono() - since));
	step_note(c, "moved in %lld ms", (long long)(clock_mono() - since));
	return 0;
}

int undo_move_in(struct step_ctx *c, struct err *e)
{
	autofree char *from = our_folder(c);

	return c->step->result ? move(c, from, arg_str(c, "from"), e) : 0;
}

int run_move_out(struct step_ctx *c, struct err *e)
{
	autofree char *from = our_folder(c);

	return remember(c, from, e) ? -1 : move(c, from, arg_str(c, "to"), e);
}

int undo_move_out(struct step_ctx *c, struct err *e)
{
	autofree char *to = our_folder(c);

	return c->step->result ? move(c, arg_str(c, "to"), to, e) : 0;
}

/* ---- by copying, across volumes ---- */

int run_copy_in(struct step_ctx *c, struct err *e)
{
	const char *from = arg_str(c, "from");

	if (folder_is_free(c, "", from, e) ||
		chain_bring(from, arg_str(c, "dir"), arg_str(c, "sub"), step_on_bytes, c, e))
		return -1;
	step_note(c, "copied whole; the old one stays in %s", from);
	return 0;
}

/* A whole copy is a chain, and no chain is deleted: it is kept. */
int undo_copy_in(struct step_ctx *c, struct err *e)
{
	const char *dir = arg_str(c, "dir"), *sub = arg_str(c, "sub");
	autofree char *place = our_folder(c);
	autoplace struct chain_place p = {0};
	autojson json_t *about = json_object();

	if (chain_bring_undo(dir, sub, e))
		return -1;
	if (chain_locate(place, &p, NULL) || p.empty)
		return 0;
	json_put_str(about, "reason", "adopt");
	json_put_int(about, "at", arg_int(c, "at", clock_wall()));
	return chain_set_aside(dir, sub, arg_str(c, "chain"), about, NULL, 0, e);
}

/* ---- the old containers ---- */

int run_rename(struct step_ctx *c, struct err *e)
{
	return name_it(c, arg_str(c, "container"), arg_str(c, "name"), e);
}

int undo_rename(struct step_ctx *c, struct err *e)
{
	return name_it(c, arg_str(c, "container"), arg_str(c, "was"), e);
}

int run_wake(struct step_ctx *c, struct err *e)
{
	return start_again(c, arg_str(c, "container"), "", "", arg_str(c, "policy"), e);
}

int undo_wake(struct step_ctx *c, struct err *e)
{
	return stop_softly(c, arg_str(c, "container"), arg_int(c, "timeout_s", 30),
		json_str(c->step->args, "signal", "SIGTERM"), e);
}
