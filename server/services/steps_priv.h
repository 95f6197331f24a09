/*
 * steps_priv: the step kinds, one pair a kind, and what the files of this room share. The comment
 * of each names its arguments (step->args) and results (step->result).
 */
#ifndef SERVICES_STEPS_PRIV_H
#define SERVICES_STEPS_PRIV_H

#include "services/steps.h"

#define STEP(name) int name(struct step_ctx *c, struct err *e)

/* ---- steps_disk.c ---- */
STEP(run_check);  /* {dir, need_bytes} engine, volume, space */
STEP(run_folder); /* {dir, sub, uid, gid} → {made} */
STEP(undo_folder);
STEP(run_config); /* {service}: writes the relay's app.json from the wanted state + secrets */
STEP(undo_config);
STEP(run_owner); /* {dir, sub, uid, gid} → {uid, gid} as before */
STEP(undo_owner);
STEP(run_set_aside); /* {dir, sub, chain, about, identity} */
STEP(undo_set_aside);
STEP(run_put_back); /* {dir, sub, chain, now_chain, about_now} */
STEP(undo_put_back);
STEP(run_commit); /* {} the job's data.after becomes the wanted state */

/* ---- steps_engine.c ---- */
STEP(run_pull);	   /* {service, image} → {digest} */
STEP(run_network); /* {name, stack} → {made} */
STEP(undo_network);
STEP(run_network_remove); /* {name} */
STEP(run_create);	  /* {service, name, config} → {id} */
STEP(undo_create);
STEP(run_swap); /* {service, name, old, old_name}: the created one takes the name */
STEP(undo_swap);
STEP(run_limits); /* {service, container, after, before} */
STEP(undo_limits);
STEP(run_remove); /* {service, container, name, config}: of a stopped one, with a way back */
STEP(undo_remove);
STEP(run_discard); /* {service, container, dir?, file?}: of the replaced one, and its file */

/* ---- steps_run.c ---- */
STEP(run_stop); /* {service, container, timeout_s, signal, node} → {was_alive, ended_at} */
STEP(undo_stop);
STEP(run_start); /* {service, container?, dir, sub, node} → {id, started_at} */
STEP(undo_start);
STEP(run_verify); /* {service, container?, answer_s, rpc_port, shared_with?, limits} */

/* ---- steps_keep.c ---- */
STEP(run_copy); /* {dir, sub, chain, about, fixed} → {uid, gid} of the folder */
STEP(undo_copy);
STEP(run_trash); /* {dir, chain, at} */
STEP(undo_trash);
STEP(run_untrash);
STEP(undo_untrash);
STEP(run_delete); /* {dir, chain}: the one place where chain data ends */

/* ---- steps_watch.c ---- */
STEP(run_watch); /* {service, dir, seconds, answer_s, rpc, needs_peers, block_time_ms} → {seen} */

/* ---- steps_move.c ---- */
STEP(run_move_in); /* {from, dir, sub, leave_empty} → {dev, ino} */
STEP(undo_move_in);
STEP(run_move_out); /* {to, dir, sub} → {dev, ino} */
STEP(undo_move_out);
STEP(run_copy_in); /* {from, dir, sub, chain: id to keep it as, at} */
STEP(undo_copy_in);
STEP(run_rename); /* {container, name, was} */
STEP(undo_rename);
STEP(run_wake); /* {container, policy, timeout_s, signal, kill} */
STEP(undo_wake);
/* ---- steps_relay.c ---- */
STEP(run_report); /* {service}: the built-in relay begins anew; waits a little for its word */
/* ---- steps_image.c ---- */
STEP(run_image_check); /* {need_bytes, dir?, file?, size?} the engine, its volume, the file */
STEP(undo_image_check);
STEP(run_image_load);  /* {dir, file, size} → {images} */
STEP(run_image_tidy);  /* {dir, file} */
STEP(run_image_build); /* {tag, folder | url, no_cache} → {log} */

/* ---- shared ---- */
/* Borrowed strings of a JSON array; the list is owned by the caller. */
const char **globs_of(const json_t *list, size_t *ret_n);
/* Law 1: no running container, but the one with this id or name, has the folder mounted;
 * chain.busy.
 */
int folder_is_free(struct step_ctx *c, const char *id, const char *folder, struct err *e);
const char *arg_str(const struct step_ctx *c, const char *key); /* "" when missing */
int64_t arg_int(const struct step_ctx *c, const char *key, int64_t dflt);
/* The container that the step means: args.container, or what this job created for the service.
 * container.missing when there is neither. Borrowed. */
int target(struct step_ctx *c, const char **ret_id, struct err *e);
/* Inspect that treats a missing container as an error. */
int inspect(struct step_ctx *c, const char *id, struct container *ret, struct err *e);
/* Sleeps unless the job is to be left; fetch.cancelled then. */
int step_sleep(struct step_ctx *c, msec ms, struct err *e);
/* After a container.lost: lets the process that the engine has lost end by its signal, as long as
 * it takes; killed only when a person allowed it, or before its image's program began. helper:
 * that was not enough for long; the engine's helper that keeps what it forgot is ended, too.
 * container.lost: it cannot be ended. */
int end_lost(struct step_ctx *c, const char *name, bool helper, struct err *e);
/* Up to a second, less when the process ends or the job is to be left. */
int wait_for_process(struct step_ctx *c, int pid, struct err *e);
/* chain_tick of a step_ctx: tells the bytes, and ends the work when the job is to be left. */
bool step_on_bytes(void *ctx, int64_t done, int64_t total);
/* Lets a container stop by its signal; waits as long as it takes, says stop.slow after timeout_s,
 * and kills only when a person allowed it. */
#define SLOW_STOP_S 30 /* timeout when the recipe has none */
int stop_softly(
	struct step_ctx *c, const char *id, int64_t timeout_s, const char *signal, struct err *e);
/* Removes the never started container `id` of this job, and makes it and those after it again. */
int make_anew(struct step_ctx *c, const char *id, struct err *e);
/* Starts (law 1 checked first when dir is not ""). */
int start_plain(
	struct step_ctx *c, const char *id, const char *dir, const char *sub, struct err *e);
/* The same, and the engine keeps it running by this policy of its own from then on. */
int start_again(struct step_ctx *c, const char *id, const char *dir, const char *sub,
	const char *policy, struct err *e);
/* The same container under another name; gone, or named so already = 0. */
int name_it(struct step_ctx *c, const char *id, const char *name, struct err *e);
/* Reads the limits the kernel reports until they equal `want` (a moment may pass);
 * limit.not_applied. */
int limits_read_back(struct step_ctx *c, const char *id, const struct limits *want, struct err *e);

#endif
