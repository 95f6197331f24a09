/*
 * sampler: one thread, one reading a second of every running container's cgroup, into the world and
 * into history; now and then the NAS and this program itself. The history is flushed once a minute,
 * so that disks can sleep, and at once after a kill for memory and before the end.
 */
#ifndef SERVICES_SAMPLER_H
#define SERVICES_SAMPLER_H

#include "services/app.h"

struct sampler;

int sampler_start(struct app *app, struct sampler **ret, struct err *e);
void sampler_stop(struct sampler *s); /* flushes; NULL is allowed */

/* Unit of a series ("bytes", "percent", …), NULL when there is no such series. */
const char *sampler_unit(const char *series);

#endif
