/* The settings: environment first, then BASE/double.control, which wins while its lines are there.
 */
#include "parity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct key {
	const char *name;
	size_t offset;
	size_t size; /* 0 = a number, else a text of that size */
	long preset;
};

#define NUMBER(k, field, preset)                                                                   \
	{                                                                                          \
		k, offsetof(struct settings, field), 0, preset                                     \
	}
#define STRING(k, field)                                                                           \
	{                                                                                          \
		k, offsetof(struct settings, field), sizeof(((struct settings *)0)->field), 0      \
	}

static const struct key KEYS[] = {
	NUMBER("SYNC_RATE", sync_rate, 20),
	NUMBER("HIGHEST", highest, 2400000),
	NUMBER("START", start, 0),
	NUMBER("BLOCK_MS", block_ms, 13000),
	NUMBER("PEERS", peers, 25),
	NUMBER("PEERS_AFTER_MS", peers_after_ms, 0),
	NUMBER("FREEZE", freeze, 0),
	NUMBER("FLICKER", flicker_ms, 0),
	NUMBER("WARP_CHUNKS", warp_chunks, 0),
	NUMBER("WARP_RATE", warp_rate, 50),
	NUMBER("BLOCK_BYTES", block_bytes, 512),
	NUMBER("FLUSH_MS", flush_ms, 1000),
	NUMBER("INFORM_MS", inform_ms, 5000),
	NUMBER("STOP_DELAY_MS", stop_delay_ms, 0),
	NUMBER("MIGRATE_MS", migrate_ms, 200),
	NUMBER("CRASH_AFTER_MS", crash_after_ms, 0),
	NUMBER("EXIT_CODE", exit_code, 101),
	NUMBER("SILENT", silent, 0),
	NUMBER("LATENCY_MS", latency_ms, 0),
	NUMBER("HEAP_MB", heap_mb, 0),
	NUMBER("LEAK_MB_S", leak_mb_s, 0),
	NUMBER("CPU_PERCENT", cpu_percent, 0),
	NUMBER("CHILD_MB", child_mb, 0),
	NUMBER("READ_MB", read_mb, 0),
	STRING("CRASH", crash),
	STRING("CRASH_MESSAGE", crash_message),
	STRING("SAY", say),
};

static char control[PATH_MAX + 16];
static struct settings from_env;
static struct timespec last_change;
static off_t last_size;
static ino_t last_inode;

/* Unknown keys are ignored on purpose: a control file may serve several versions of the double. */
static void set(struct settings *s, const char *name, const char *value)
{
	if (strcmp(name, "BLOCK_GAP") == 0) {
		s->gap_first = s->gap_last = 0;
		sscanf(value, "%ld,%ld", &s->gap_first, &s->gap_last);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		char *field = (char *)s + KEYS[i].offset;

		if (strcmp(KEYS[i].name, name) != 0)
			continue;
		if (KEYS[i].size)
			snprintf(field, KEYS[i].size, "%s", value);
		else
			*(long *)field = strtol(value, NULL, 10);
	}
}

void settings_init(const char *base_path)
{
	char name[64];

	snprintf(control, sizeof(control), "%s/double.control", base_path);
	memset(&from_env, 0, sizeof(from_env));
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		const char *value;

		if (!KEYS[i].size)
			*(long *)((char *)&from_env + KEYS[i].offset) = KEYS[i].preset;
		snprintf(name, sizeof(name), "PARITY_DOUBLE_%s", KEYS[i].name);
		value = getenv(name);
		if (value)
			set(&from_env, KEYS[i].name, value);
	}
	if (getenv("PARITY_DOUBLE_BLOCK_GAP"))
		set(&from_env, "BLOCK_GAP", getenv("PARITY_DOUBLE_BLOCK_GAP"));
	last_size = -1;
}

void settings_poll(struct settings *s)
{
	struct stat st;
	char line[512];
	FILE *f;

	if (stat(control, &st) < 0)
		memset(&st, 0, sizeof(st));
	if (st.st_size == last_size && st.st_ino == last_inode &&
		st.st_mtim.tv_sec == last_change.tv_sec &&
		st.st_mtim.tv_nsec == last_change.tv_nsec)
		return;
	last_size = st.st_size;
	last_inode = st.st_ino;
	last_change = st.st_mtim;
	*s = from_env;
	f = fopen(control, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *equals = strchr(line, '=');

		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '#' || !equals)
			continue;
		*equals = '\0';
		set(s, line, equals + 1);
	}
	fclose(f);
}
