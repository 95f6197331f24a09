/*
 * incident: why a service ended, or a process inside of it: one kill or crash, told by up to five
 * witnesses at slightly different times, as one thing with one cause and one sentence.
 *
 * Pure; any thread.
 *
 * What each witness is worth:
 *   - the kernel's log names process, container and whose limit it was: it decides alone;
 *   - the kernel's counter (oom_kill) counts every process of the container that was ended for want
 *     of memory, also of the whole NAS (mm/oom_kill.c, MEMCG_OOM_KILL);
 *   - the engine's event "oom" is sent for every container below a limit that was reached, also for
 *     those in which nothing was ended (cgroup v1, mem_cgroup_oom_notify): alone it is no proof
 * while the kernel's log can be read and the container lives;
 *   - its flag OOMKilled is about any process since the start of the container, so it counts only
 *     with an end by SIGKILL and when the kernel's log cannot be read;
 *   - the exit code: 128 + the signal.
 */
#ifndef DOMAIN_INCIDENT_H
#define DOMAIN_INCIDENT_H

#include "base/json.h"
#include "base/model.h"

enum incident_cause {
	INCIDENT_LIMIT,	    /* "limit": it needed more than its own memory limit */
	INCIDENT_GROUP,	    /* "group": a limit above its own, of several containers, was reached */
	INCIDENT_HOST,	    /* "host": the memory of the NAS had run out */
	INCIDENT_PROCESSOR, /* "processor": an instruction that this processor does not have */
	INCIDENT_FAULT,	    /* "fault": it touched memory that is not its own */
	INCIDENT_DISK,	    /* "disk": its volume was full */
	INCIDENT_DATABASE,  /* "database": the chain was written by a newer version */
	INCIDENT_KILLED,    /* "killed": by a signal from outside of the engine */
	INCIDENT_ENDED,	    /* "ended": by itself, for a reason of its own */
};

enum witness {
	WITNESS_KERNEL_LOG = 1,
	WITNESS_COUNTER = 2,
	WITNESS_ENGINE_EVENT = 4,
	WITNESS_ENGINE_FLAG = 8,
	WITNESS_EXIT_CODE = 16,
};

struct incident {
	int64_t id; /* 0 = not stored yet */
	char stack[32], service[32], container[65];
	msec at;
	enum incident_cause cause;
	bool child; /* a process inside of it was ended, not its main one */
	bool ended; /* the service ended */
	int exit_code;
	unsigned witnesses;
	char process[32];		    /* name, as the kernel's log has it; "" = not told */
	int64_t limit;			    /* bytes; 0 = none */
	int64_t needed, cache;		    /* bytes just before; -1 = not known */
	int64_t host_available, host_total; /* bytes; -1 = not known */
	int64_t block;			    /* the last one it told before; -1 = not known */
	msec again_at;			    /* started again; 0 = not yet */
	msec seen_at;			    /* the owner said that he knows; 0 = not yet */
	msec before_at;	 /* the one for memory before it, of this service; 0 = none */
	bool only_again; /* the owner is told of a second one in 24 hours only */
};

struct evidence_of_end {
	const struct kernel_kill *kills; /* of this container */
	size_t n_kills;
	bool log_readable;  /* of the kernel */
	unsigned witnesses; /* but for the kernel's log */
	bool ended; /* as the engine told; its main process ended by the kernel is an end as well */
	int exit_code;
	int main_pid;
	int64_t limit, needed, host_available, host_total; /* bytes; limit 0 = none, else -1 */
	int64_t volume_free;				   /* bytes; -1 = not known */
	const char *last_lines;				   /* of its log; "" = none */
};

/* Nothing happened to it after all: somebody else was ended at a common limit. */
bool incident_is_none(const struct evidence_of_end *ev);
/* Fills in cause, child, process, ended, exit_code and witnesses; raises needed to what the
 * kernel's log says of the main process, and takes its limit from there, if that was reached: it
 * may be newer than the last reading. */
void incident_judge(const struct evidence_of_end *ev, struct incident *ret);

/* Takes from the one before it, of the same service, what holds on: when that was, and what the
 * owner wants to be told. */
void incident_follows(struct incident *i, const struct incident *before);
/* One for memory that the owner is to be told of. */
bool incident_is_news(const struct incident *i);
bool incident_is_memory(const struct incident *i);
const char *incident_cause_name(enum incident_cause c);
/* Its stable code, with a hint in findings.json. */
const char *incident_code(const struct incident *i);
/* What happened, in one sentence; owned by the caller. title: of the service. */
char *incident_sentence(const struct incident *i, const char *title);

/* For the store, and the API without what only the program needs. */
json_t *incident_json(const struct incident *i);
void incident_parse(const json_t *j, struct incident *ret);

#endif
