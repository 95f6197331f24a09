/* The verdict on an end, and its words. */
#include "domain/incident.h"

#include <string.h>

#include "domain/words.h"

#define BY_SIGKILL 137
#define BY_SIGILL 132
#define BY_SIGBUS 135 /* a database that is mapped into memory meets a full disk like this */
#define BY_SIGSEGV 139
#define DISK_IS_FULL (INT64_C(16) << 20) /* bytes free */

/* A client's words when it meets a chain of a newer one. Parity: "Database was created with newer
 * client version"; geth: "database version is v9, Geth v1.9 only supports v8". */
static const char *const newer[] = {"newer client version", "FutureDBVersion", "only supports v"};
static const char *const full[] = {"No space left on device", "ENOSPC", "os error 28"};

static bool says(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, list[i]))
			return true;
	return false;
}

/* The kill that counts: of the main process if there is one, else the last. */
static const struct kernel_kill *kill_of(const struct evidence_of_end *ev)
{
	for (size_t i = 0; i < ev->n_kills; i++)
		if (ev->kills[i].pid == ev->main_pid)
			return &ev->kills[i];
	return ev->n_kills ? &ev->kills[ev->n_kills - 1] : NULL;
}

static enum incident_cause by_log(const struct kernel_kill *k)
{
	if (k->whole_machine)
		return INCIDENT_HOST;
	return *k->limit_of && !strcmp(k->limit_of, k->container) ? INCIDENT_LIMIT : INCIDENT_GROUP;
}

/* Without the kernel's log: the limit, unless there is none or it was far away. */
static enum incident_cause by_figures(const struct evidence_of_end *ev)
{
	bool far = ev->needed >= 0 && ev->needed < ev->limit / 2;
	bool poor = ev->host_total > 0 && ev->host_available >= 0 &&
		    ev->host_available < ev->host_total / 20;

	return ev->limit <= 0 || (far && poor) ? INCIDENT_HOST : INCIDENT_LIMIT;
}

static bool for_memory(const struct evidence_of_end *ev)
{
	bool killed = ev->ended && ev->exit_code == BY_SIGKILL;

	if (ev->n_kills || ev->witnesses & WITNESS_COUNTER)
		return true;
	if (ev->witnesses & WITNESS_ENGINE_EVENT)
		return killed || !ev->log_readable;
	return ev->witnesses & WITNESS_ENGINE_FLAG && killed && !ev->log_readable;
}

bool incident_is_none(const struct evidence_of_end *ev)
{
	return !ev->ended && !for_memory(ev);
}

static enum incident_cause by_exit(const struct evidence_of_end *ev)
{
	if (ev->exit_code == BY_SIGILL)
		return INCIDENT_PROCESSOR;
	if (says(ev->last_lines, full, COUNT(full)) ||
		(ev->volume_free >= 0 && ev->volume_free < DISK_IS_FULL && ev->exit_code))
		return INCIDENT_DISK;
	if (ev->exit_code == BY_SIGSEGV || ev->exit_code == BY_SIGBUS)
		return INCIDENT_FAULT;
	if (ev->exit_code == BY_SIGKILL)
		return INCIDENT_KILLED;
	return says(ev->last_lines, newer, COUNT(newer)) ? INCIDENT_DATABASE : INCIDENT_ENDED;
}

void incident_judge(const struct evidence_of_end *ev, struct incident *ret)
{
	const struct kernel_kill *k = kill_of(ev);
	bool memory = for_memory(ev), main_killed = k && k->pid == ev->main_pid;

	ret->ended = ev->ended || main_killed;
	ret->exit_code = ev->ended ? ev->exit_code : BY_SIGKILL;
	ret->child = memory && (!ret->ended || ret->exit_code != BY_SIGKILL);
	ret->cause = k ? by_log(k) : memory ? by_figures(ev) : by_exit(ev);
	/* a reading may fall into its end; the kernel counted before */
	if (main_killed && k->anon > ret->needed)
		ret->needed = k->anon;
	/* a limit that was set a moment ago is in no reading yet */
	if (k && k->limit > 0 && ret->cause == INCIDENT_LIMIT)
		ret->limit = k->limit;
	ret->witnesses =
		ev->witnesses | (k ? WITNESS_KERNEL_LOG : 0) | (ev->ended ? WITNESS_EXIT_CODE : 0);
	if (!memory || (ev->log_readable && !(ev->ended && ev->exit_code == BY_SIGKILL)))
		ret->witnesses &= ~(unsigned)WITNESS_ENGINE_FLAG;
	snprintf(ret->process, sizeof(ret->process), "%s", k ? k->name : "");
}

bool incident_is_memory(const struct incident *i)
{
	return i->cause <= INCIDENT_HOST;
}

#define AGAIN_MS (INT64_C(24) * 3600 * 1000)

void incident_follows(struct incident *i, const struct incident *before)
{
	i->only_again = before->only_again;
	i->before_at = before->at && incident_is_memory(before) ? before->at : before->before_at;
}

bool incident_is_news(const struct incident *i)
{
	if (!i->at || i->seen_at || !incident_is_memory(i))
		return false;
	return !i->only_again || (i->before_at && i->at - i->before_at < AGAIN_MS);
}

/* ---- words ---- */

static const struct {
	const char *name, *code;
} causes[] = {
	[INCIDENT_LIMIT] = {"limit", "memory.oom"},
	[INCIDENT_GROUP] = {"group", "memory.group"},
	[INCIDENT_HOST] = {"host", "memory.host"},
	[INCIDENT_PROCESSOR] = {"processor", "service.bad_cpu"},
	[INCIDENT_FAULT] = {"fault", "service.fault"},
	[INCIDENT_DISK] = {"disk", "disk.full"},
	[INCIDENT_DATABASE] = {"database", "chain.newer"},
	[INCIDENT_KILLED] = {"killed", "service.killed"},
	[INCIDENT_ENDED] = {"ended", "service.ended"},
};

const char *incident_cause_name(enum incident_cause c)
{
	return causes[c].name;
}

const char *incident_code(const struct incident *i)
{
	return causes[i->cause].code;
}

static char *memory_why(const struct incident *i)
{
	char limit[WORDS_MAX];

	if (i->cause == INCIDENT_LIMIT)
		return xasprintf("%s needed more than %s %s", i->child ? "together they" : "it",
			i->child ? "the limit of" : "its", words_gib(i->limit, limit));
	if (i->cause == INCIDENT_GROUP)
		return xstrdup("the containers of this NAS together needed more than they may");
	return i->limit > 0 ? xasprintf("the memory of the whole NAS had run out, not because of "
					"its limit of %s",
				      words_gib(i->limit, limit))
			    : xstrdup("the memory of the whole NAS had run out; it has no limit");
}

static char *memory_sentence(const struct incident *i, const char *title)
{
	autofree char *why = memory_why(i);

	if (!i->child)
		return xasprintf("The kernel stopped %s because %s.", title, why);
	return xasprintf("The kernel stopped a process inside %s%s%s%s because %s; %s.", title,
		*i->process ? " (" : "", i->process, *i->process ? ")" : "", why,
		i->ended ? "then it ended" : "it runs on without it");
}

char *incident_sentence(const struct incident *i, const char *title)
{
	switch (i->cause) {
	case INCIDENT_LIMIT:
	case INCIDENT_GROUP:
	case INCIDENT_HOST:
		return memory_sentence(i, title);
	case INCIDENT_PROCESSOR:
		return xasprintf("%s ended because its image needs a newer processor than this NAS "
				 "has (code %d).",
			title, i->exit_code);
	case INCIDENT_FAULT:
		return xasprintf("%s crashed: it touched memory that is not its own (code %d).",
			title, i->exit_code);
	case INCIDENT_DISK:
		return xasprintf(
			"%s ended because its volume was full (code %d).", title, i->exit_code);
	case INCIDENT_DATABASE:
		return xasprintf(
			"%s does not open its chain: a newer version has written it.", title);
	case INCIDENT_KILLED:
		return xasprintf("%s was ended by a signal that neither this app nor the engine "
				 "sent (code %d).",
			title, i->exit_code);
	default:
		return xasprintf("%s ended by itself with code %d.", title, i->exit_code);
	}
}

/* ---- as JSON ---- */

static const struct {
	enum witness w;
	const char *name;
} witnesses[] = {
	{WITNESS_KERNEL_LOG, "kernel_log"},
	{WITNESS_COUNTER, "kernel_counter"},
	{WITNESS_ENGINE_EVENT, "engine_event"},
	{WITNESS_ENGINE_FLAG, "engine_flag"},
	{WITNESS_EXIT_CODE, "exit_code"},
};

static json_t *witnesses_json(unsigned set)
{
	json_t *j = json_array();

	for (size_t i = 0; i < COUNT(witnesses); i++)
		if (set & witnesses[i].w)
			json_array_append_new(j, json_string(witnesses[i].name));
	return j;
}

static unsigned witnesses_parse(const json_t *list)
{
	unsigned set = 0;
	size_t i;
	json_t *name;

	json_array_foreach ((json_t *)list, i, name)
		for (size_t k = 0; k < COUNT(witnesses); k++)
			if (!strcmp(json_string_value(name), witnesses[k].name))
				set |= witnesses[k].w;
	return set;
}

static enum incident_cause cause_parse(const char *name)
{
	for (size_t c = 0; c < COUNT(causes); c++)
		if (!strcmp(causes[c].name, name))
			return (enum incident_cause)c;
	return INCIDENT_ENDED;
}

json_t *incident_json(const struct incident *i)
{
	json_t *j = json_object();

	json_put_str(j, "service", i->service);
	json_put_int(j, "at", i->at);
	json_put_str(j, "cause", causes[i->cause].name);
	json_put_flag(j, "child", i->child);
	json_put_flag(j, "ended", i->ended);
	json_put(j, "exit_code", i->ended ? json_integer(i->exit_code) : json_null());
	json_put(j, "witnesses", witnesses_json(i->witnesses));
	json_put_str(j, "process", *i->process ? i->process : NULL);
	json_put_str(j, "container", i->container);
	json_put_limit(j, "limit_bytes", i->limit);
	json_put_known(j, "needed_bytes", i->needed);
	json_put_known(j, "cache_bytes", i->cache);
	json_put_known(j, "host_available_bytes", i->host_available);
	json_put_known(j, "host_total_bytes", i->host_total);
	json_put_known(j, "block", i->block);
	json_put_limit(j, "again_at", i->again_at);
	json_put_limit(j, "seen_at", i->seen_at);
	json_put_limit(j, "before_at", i->before_at);
	json_put_flag(j, "only_again", i->only_again);
	return j;
}

void incident_parse(const json_t *j, struct incident *ret)
{
	*ret = (struct incident){
		.at = json_int(j, "at", 0),
		.cause = cause_parse(json_str(j, "cause", "")),
		.child = json_flag(j, "child", false),
		.ended = json_flag(j, "ended", false),
		.exit_code = (int)json_int(j, "exit_code", 0),
		.witnesses = witnesses_parse(json_arr(j, "witnesses")),
		.limit = json_int(j, "limit_bytes", 0),
		.needed = json_int(j, "needed_bytes", -1),
		.cache = json_int(j, "cache_bytes", -1),
		.host_available = json_int(j, "host_available_bytes", -1),
		.host_total = json_int(j, "host_total_bytes", -1),
		.block = json_int(j, "block", -1),
		.again_at = json_int(j, "again_at", 0),
		.seen_at = json_int(j, "seen_at", 0),
		.before_at = json_int(j, "before_at", 0),
		.only_again = json_flag(j, "only_again", false),
	};
	snprintf(ret->service, sizeof(ret->service), "%s", json_str(j, "service", ""));
	snprintf(ret->process, sizeof(ret->process), "%s", json_str(j, "process", ""));
	snprintf(ret->container, sizeof(ret->container), "%s", json_str(j, "container", ""));
}
