/*
 * settings: the settings of this program that services act upon, with their defaults. Kept as texts
 * in the store; api/settings checks what comes in. Any thread.
 */
#ifndef SERVICES_SETTINGS_H
#define SERVICES_SETTINGS_H

#include "base/clock.h"
#include "base/err.h"
#include "io/history.h"

#include <stdint.h>

struct raised;
struct store;

#define SETTINGS_PROBATION_S 600
#define SETTINGS_PROBATION_MAX_S 86400

/* Free bytes below which a node is stopped; -1 = as domain/disk says, 0 = never. */
int64_t settings_disk_floor(struct store *s);
/* Whether the disk guard has stopped this stack, and a person has not started it since. */
bool settings_disk_stopped(struct store *s, const char *stack);
int settings_set_disk_stopped(struct store *s, const char *stack, bool stopped, struct err *e);
/* The last raise of a memory limit by the pressure guard (domain/advice.h); all 0 = none known. */
struct raised settings_raised(struct store *s, const char *stack, const char *service);
int settings_set_raised(struct store *s, const char *stack, const char *service,
	const struct raised *r, struct err *e);
/* How long a new version is watched; 0 = not at all. */
int64_t settings_probation_s(struct store *s);

/* How long readings are kept: of each second, ten seconds, minute, ten minutes. */
extern const struct settings_history {
	const char *key;
	int64_t most; /* days; at least 1, and none less than the one before it */
} settings_history[HISTORY_KEEPS];
void settings_history_days(struct store *s, int64_t ret[HISTORY_KEEPS]);
int settings_set_history_days(struct store *s, int which, int64_t days, msec now, struct err *e);
/* The same in seconds for history_keep(): what is kept longer since lately grows into its days, so
 * that a chart of the time before is drawn from what there is. */
void settings_history_keep(struct store *s, msec now, uint32_t ret[HISTORY_KEEPS]);

#endif
