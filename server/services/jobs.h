/*
 * jobs: runs plans. A plan becomes a job in one transaction; a thread of its own runs it step by
 * step, journaling before and after each step, so that a crash at any point is resumed or undone at
 * the next start. At most one job a stack at a time, and one that
 * belongs to none (stack ""): images. Any thread may call.
 *
 *   queued → running → done
 *                    ↘ rolling_back → rolled_back | failed
 *
 * While the engine is away a job waits (job.waiting = "engine.absent") instead of failing: up to 10
 * minutes forward, without end on the way back. There it also waits for a disk that
 * takes nothing, and for an engine that must be restarted.
 */
#ifndef SERVICES_JOBS_H
#define SERVICES_JOBS_H

#include "base/model.h"

struct app;
struct jobs;

struct jobs *jobs_new(struct app *app);
/* Takes up what the last run left open. Call once, when everything else runs. */
void jobs_resume(struct jobs *j);
/* Interrupts running jobs at a safe point (they stay open in the journal) and waits for their
 * threads; none is begun any more. Questions are still answered. */
void jobs_stop(struct jobs *j);
/* After jobs_stop, and after the threads that ask (watch). */
void jobs_free(struct jobs *j);

struct job_order {
	struct plan *plan; /* emptied: the job owns it now */
	const char *actor;
	const char *idem_key, *idem_hash; /* or NULL */
	const json_t *secrets;		  /* {service: {KEY: value|null}} or NULL */
	int64_t ret_id;
	int64_t ret_busy; /* with job.running: the job in the way */
};
/* Codes: job.running, job.key_reused, and the store's. */
int jobs_submit(struct jobs *j, struct job_order *o, struct err *e);
/* Codes: job.missing, job.ended, job.too_late (only cleaning up is left). */
int jobs_cancel(struct jobs *j, int64_t id, const char *actor, struct err *e);
/* Only while the job waits for a node to stop; otherwise job.not_waiting. */
int jobs_force(struct jobs *j, int64_t id, const char *actor, struct err *e);
/* Only while the job watches a new version: it may stay; otherwise job.not_waiting. */
int jobs_accept(struct jobs *j, int64_t id, const char *actor, struct err *e);
/* Waits until the job has ended, at most ms. */
void jobs_wait(struct jobs *j, int64_t id, msec ms);
/* The job of api.yaml with its progress; owned by the caller. */
int jobs_json(struct jobs *j, int64_t id, json_t **ret, struct err *e);
/* What the work of a running job has written so far; owned by the caller, NULL = it has no
 * such step. */
char *jobs_output(struct jobs *j, int64_t id);
/* The running job of a stack ("" = one of none), or 0. */
int64_t jobs_of_stack(struct jobs *j, const char *stack);

struct job_facts;
/* What runs on a stack now, and how the last job ended. */
void jobs_facts(struct jobs *j, const char *stack, struct job_facts *ret);

/* All that run now, also for stacks that are only being installed; how many. */
size_t jobs_running(struct jobs *j, struct job_facts *ret, size_t max);

/* The plan of api.yaml; owned by the caller. */
json_t *jobs_plan_json(const struct plan *p);

#endif
