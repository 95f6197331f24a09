/* jobs_priv: what jobs.c and jobs_run.c share; nobody else includes it. */
#ifndef SERVICES_JOBS_PRIV_H
#define SERVICES_JOBS_PRIV_H

#include "base/buf.h"
#include "base/thread.h"
#include "services/app.h"

#include <stdatomic.h>

/* One running job. Its thread changes `job` only with jobs->gate held; readers hold it too. */
struct runner {
	struct runner *next;
	struct jobs *jobs;
	struct job job;
	int at;		   /* number of the step it is at */
	atomic_bool final; /* past the point of no return */
	struct {
		int64_t done, total, eta_s;
		const char *unit; /* NULL = none */
	} progress;
	struct buf output;  /* services/jobs_output.c */
	bool tells;	    /* a step has begun to fill it */
	msec shown_at;	    /* when progress was last told to the bus */
	atomic_bool abort;  /* shutdown or cancel */
	atomic_bool cancel; /* as job.cancel, readable without the lock */
	atomic_bool force;
	atomic_bool accept;
};

struct jobs {
	struct app *app;
	struct gate gate;
	struct runner *runners;
	int threads; /* that may still touch anything */
	atomic_bool stopping;
};

/* NULL when it belongs to none. */
const char *job_stack(const struct job *job);
/* An event of the job's, not stored yet; data is stolen. */
struct event job_event(const struct job *job, const char *code, json_t *data, const char *text);
/* Runs it to its end, or until the program stops. */
void job_run(struct runner *r);

#endif
