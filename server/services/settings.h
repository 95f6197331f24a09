/*
 * settings: the settings of this program that services act upon, with their defaults. Kept as texts
 * in the store; api/settings checks what comes in. Any thread.
 */
#ifndef SERVICES_SETTINGS_H
#define SERVICES_SETTINGS_H

#include "base/err.h"

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

#endif
