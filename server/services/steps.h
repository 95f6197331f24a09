/*
 * steps: what each kind of step does and how it is undone: one table, found by the step's kind.
 *
 * The contract of every run and undo: it may be called again after a crash at any moment in it, and
 * must then come to the same end; undo after a run that never began does nothing. What an undo
 * needs to know is in step->args (from the plan) or step->result (from the run, journaled with
 * "done").
 */
#ifndef SERVICES_STEPS_H
#define SERVICES_STEPS_H

#include "services/app.h"

#include <stdatomic.h>

struct step_ctx {
	struct app *app;
	struct job *job;
	struct step *step;
	bool undoing;
	const atomic_bool *abort;  /* shutdown, or (forward) cancel: leave at the next safe point */
	atomic_bool *force;	   /* a person allowed SIGKILL */
	const atomic_bool *accept; /* a person is content with the new version */
	void *runner;		   /* for the two calls below */
};
/* Live progress; unit: bytes, seconds, blocks, files; eta_s -1 = not known. */
void step_progress(
	struct step_ctx *c, int64_t done, int64_t total, const char *unit, int64_t eta_s);
/* Sets job.waiting ("" = no longer). */
void step_waiting(struct step_ctx *c, const char *what);
/* How long the node was down, as the engine tells it. */
void step_down_ms(struct step_ctx *c, int64_t ms);
/* Sets a member of step->result (stolen): pages may be reading it. */
void step_result(struct step_ctx *c, const char *key, json_t *value);
/* Replaces the note for people. */
void step_note(struct step_ctx *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What the step's work writes, line by line: the last 64 KiB are shown while it runs (jobs_output)
 * and kept with the job's log. begin: empties it; keep: at the end of the step. */
void step_output_begin(struct step_ctx *c);
void step_output(struct step_ctx *c, const char *line);
void step_output_keep(struct step_ctx *c);

struct step_kind {
	const char *name;
	int (*run)(struct step_ctx *c, struct err *e);
	int (*undo)(struct step_ctx *c, struct err *e); /* NULL = nothing to take back */
	bool final; /* from here on the job cannot be cancelled or rolled back */
};
/* NULL for a kind that this version does not know. */
const struct step_kind *step_kind_find(const char *name);

#endif
