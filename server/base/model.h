/*
 * model: the nouns of this program as plain structs. No behaviour but initialise, copy and free.
 *
 * Units in names or comments; times are Unix milliseconds; -1 = not known, unless said otherwise.
 * Strings are owned by the struct that holds them.
 */
#ifndef BASE_MODEL_H
#define BASE_MODEL_H

#include "base/clock.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

/* Who did it: "owner", "token:NAME", "watchdog", "engine", "kernel", "station". Bytes with NUL. */
#define ACTOR_MAX 80

/* What a credential may do; each includes the ones before it. */
enum scope { SCOPE_NONE, SCOPE_READ, SCOPE_OPERATE, SCOPE_ADMIN };

/* Resource limits of one container, in Docker's terms. 0 = no limit (or the kernel's default). */
struct limits {
	int64_t memory;	     /* bytes */
	int64_t reservation; /* bytes; soft limit */
	int64_t swap; /* bytes of swap beyond memory: Docker's MemorySwap - Memory; needs memory */
	int64_t cpu_millis;   /* 1500 = one and a half cores */
	int64_t cpu_shares;   /* 2..262144; 0 = kernel default 1024 */
	int64_t blkio_weight; /* 10..1000; 0 = kernel default */
};

/* What this program may do when a service runs towards its memory limit. */
enum guard_act { GUARD_WARN, GUARD_OFF, GUARD_RAISE, GUARD_RESTART };
struct guard {
	enum guard_act act;
	int64_t up_to; /* bytes: a raise goes no further; 0 with the others */
};

/* What of processor and disk a service gets; as in struct limits, but 0 = as its limits say. */
struct share {
	int64_t cpu_millis, cpu_shares, blkio_weight;
};
struct share limits_share(const struct limits *l);
void limits_set_share(struct limits *l, const struct share *s);
bool share_equal(const struct share *a, const struct share *b);

/* Good neighbour: what a service gets while the NAS is busy with other work, and in the quiet
 * hours, instead of what its limits say. */
struct neighbour {
	struct {
		bool on;
		int load_milli; /* of other work, for each processor, times 1000; 0 = no matter */
		int io_percent; /* of the time something waits for the disk; 0 = no matter */
		int for_s;	/* so long before it counts as busy, twice as long as calm */
		struct share share; /* never more than without it */
	} busy;
	struct {
		bool on;
		int from, to; /* minutes of the day, local time of the NAS; may go over midnight */
		struct share share;
	} quiet;
};

/* A published port. host_ip "" = every address of the NAS. */
struct port {
	int container;
	int host;
	char protocol[4]; /* tcp, udp */
	char host_ip[46];
};

/* One wanted service of a stack (Compose's word): one container, unless its recipe is built in. */
struct service {
	char *name;	 /* "node", "relay" */
	char *container; /* its container's own name; NULL: STACK-SERVICE */
	char *recipe;	 /* id of its recipe */
	char *image;	 /* reference with tag: parity/parity:v1.6.8; "" of a built-in service */
	json_t *options; /* object: option key → string, number or true; keys are the recipe's */
	json_t *env;	 /* object: extra environment, string → string; never secrets */
	struct limits limits;
	struct guard guard;
	struct neighbour neighbour;
	struct port *ports;
	size_t n_ports;
};

enum network_mode { NET_PRIVATE, NET_SHARED };

/* A stack: what should be. */
struct stack {
	char *name;	/* [a-z0-9][a-z0-9-]{0,30} */
	char *data_dir; /* folder of this stack below the data root, absolute */
	enum network_mode network;
	bool run;		  /* wanted state: running (true) or stopped */
	struct service *services; /* in start order of the private network: node first */
	size_t n_services;
	json_t *adopted; /* what it was taken over from (domain/plan_adopt.h); NULL: made here */
	msec created_at;
	msec updated_at;
};

void service_free(struct service *s);
void stack_free(struct stack *s);
/* Deep copy; a zeroed struct is a valid target. */
void stack_copy(struct stack *to, const struct stack *from);
/* Borrowed; NULL when the stack has no such service. */
struct service *stack_service(const struct stack *s, const char *name);
#define autostack cleanup(stack_free)

/* Whether a container is there. UNKNOWN: the engine does not answer, or answers too soon after
 * boot to be believed (law 7). */
enum presence { PRESENCE_UNKNOWN, PRESENCE_NO, PRESENCE_YES };

/* One container as the engine tells it. */
struct container {
	enum presence presence;
	char id[65];
	char *name;
	char *state;	      /* created, running, paused, restarting, removing, exited, dead */
	char *image;	      /* reference it was created from */
	char *image_id;	      /* sha256:… */
	char *network_mode;   /* bridge, NAME, container:ID */
	char *restart_policy; /* no, always, unless-stopped, on-failure */
	char *ip;	      /* in its first network, or NULL */
	json_t *labels;	      /* object */
	json_t *mounts;	      /* array of {Type, Source, Destination, RW, …} */
	json_t *args;	      /* array: Cmd */
	struct limits limits; /* as in HostConfig */
	int pid;	      /* 0 when not running */
	int exit_code;
	int restart_count;
	bool oom_killed;
	msec created_at, started_at, finished_at;
};
void container_free(struct container *c);
#define autocontainer cleanup(container_free)
/* True while a process of it exists (running, paused or restarting with a pid). */
bool container_alive(const struct container *c);
/* Alive, or between two tries of the engine to keep it running: it can live again at any moment. */
bool container_kept_alive(const struct container *c);

/* One reading of a container's cgroup. Counters are since the cgroup was made; -1 = the kernel
 * does not tell. */
struct usage {
	msec at;
	int64_t usage; /* bytes charged, page cache included */
	int64_t anon;  /* bytes needed: anonymous memory */
	int64_t held;  /* bytes that the kernel cannot free: needed ones, and its own for it */
	int64_t cache; /* bytes of page cache */
	int64_t working_set;  /* usage - inactive file, as docker stats shows */
	int64_t swap;	      /* bytes */
	int64_t memory_limit; /* bytes; 0 = none */
	int64_t reservation;  /* bytes; 0 = none */
	int64_t swap_limit;   /* bytes of memory + swap; 0 = none, -1 = no swap accounting */
	int64_t peak;	      /* bytes */
	int64_t oom_kills;    /* counter */
	int64_t cpu_ns;	      /* counter: CPU time */
	int64_t cpu_quota_us, cpu_period_us;		  /* quota 0 = none */
	int64_t cpu_shares;				  /* v1 scale, also on v2; 0 = not known */
	int64_t blkio_weight;				  /* 0 = not known */
	int64_t periods, throttled_periods, throttled_ns; /* counters */
	int64_t read_bytes, write_bytes;		  /* counters */
	int64_t pids;
};

/* A process that the kernel ended for want of memory, as its log tells it. */
struct kernel_kill {
	int pid;	    /* in the NAS's own numbering */
	char name[32];	    /* of the program */
	char container[65]; /* id of the container it was in; "" = not told, or in none */
	char limit_of[65];  /* id of the container whose limit was reached; "" = no container's */
	bool whole_machine; /* nobody's limit: the memory of the NAS had run out */
	int64_t anon;	    /* bytes that it needed; -1 = not told */
	int64_t limit;	    /* bytes of the limit that was reached; 0 = not told */
};

/* One step of a plan, before, during and after it ran. The same steps are shown by a dry run, run
 * by a job, and kept in its journal. */
enum step_state {
	STEP_PENDING,
	STEP_RUNNING,
	STEP_DONE,
	STEP_FAILED,
	STEP_UNDOING,
	STEP_UNDONE,
	STEP_SKIPPED,
};

enum job_state {
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_ROLLING_BACK,
	JOB_DONE,
	JOB_FAILED,	 /* failed, and not everything could be undone: its findings say what */
	JOB_ROLLED_BACK, /* failed or cancelled, everything is as before */
};

const char *job_state_name(enum job_state s);
const char *step_state_name(enum step_state s);
int job_state_parse(const char *s);  /* -1 = no such name */
int step_state_parse(const char *s); /* -1 = no such name */
const char *scope_name(enum scope s);
int scope_parse(const char *s); /* -1 = no such name */

struct step {
	int n;		    /* 1, 2, 3, … */
	char *kind;	    /* key of services/steps: "pull", "create", "stop", … */
	char *title;	    /* "Stop Parity" */
	char *detail;	    /* "lets it finish its database, up to 5 min" */
	char *undo;	    /* how it is taken back, or "" */
	char *docker;	    /* the same as a docker command, or NULL */
	json_t *writes;	    /* array of paths it writes */
	bool down;	    /* the node is down during this step */
	int64_t expected_s; /* -1 = not known */
	json_t *args;	    /* all the step needs to run, be re-run and be undone; never a secret */
	enum step_state state;
	msec started_at, ended_at; /* 0 = not yet */
	json_t *result;		   /* what the run found out and the undo needs; NULL before */
	char *note;		   /* for people: what it found or did */
};
void step_free(struct step *s);

struct plan {
	char *action; /* install, start, stop, restart, limits, options, upgrade, resync, putback,
			 remove, import, adopt, goback, letgo, load, build, pull */
	char *stack;  /* "" = of none: an image */
	char *title;
	char *undo;		 /* how the whole is taken back */
	bool down;		 /* the node stops for a while */
	int64_t down_expected_s; /* -1 = not known */
	bool one_way;		 /* the database cannot be read by the old version afterwards */
	json_t *warnings;	 /* array of {code, message} */
	json_t *data; /* {before: stack or null, after: stack or null}: the wanted state */
	struct step *steps;
	size_t n_steps;
};
void plan_free(struct plan *p);
#define autoplan cleanup(plan_free)
/* Appends a zeroed step with its number; borrowed until the next call. */
struct step *plan_add(struct plan *p, const char *kind);

struct job {
	int64_t id; /* 0 = not stored yet */
	struct plan plan;
	char actor[ACTOR_MAX];
	enum job_state state;
	bool cancel;	  /* somebody asked to go back */
	char waiting[32]; /* as in the API: engine.absent, disk.full, stop.slow …, or "" */
	struct err error; /* kind ERR_NONE while all is well */
	msec created_at, started_at, ended_at;
	int64_t down_ms; /* -1 = the node did not stop */
};
void job_free(struct job *j);
#define autojob cleanup(job_free)
bool job_ended(const struct job *j);

/* Something that happened, kept for ever and streamed. */
struct event {
	int64_t id; /* grows by one; 0 = not stored yet */
	msec at;
	char *type;  /* job, stack, service, engine, finding, oom, limits, access, settings, station
		      */
	char *stack; /* or NULL */
	char *service; /* or NULL */
	char *actor;
	char *code; /* or NULL */
	char *message;
	json_t *data; /* object: the changed thing, whole */
};
void event_free(struct event *e);
#define autoevent cleanup(event_free)

#endif
