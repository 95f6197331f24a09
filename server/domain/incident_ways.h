/*
 * incident_ways: what the owner can do after an incident: at most three ways, each checked against
 * the memory of this NAS as it is now; one that is not possible says why. Pure; any thread.
 */
#ifndef DOMAIN_INCIDENT_WAYS_H
#define DOMAIN_INCIDENT_WAYS_H

#include "domain/incident.h"
#include "domain/recipe.h"

struct ways_input {
	const struct incident *incident;
	const struct service *service; /* as wanted now */
	const struct recipe *recipe;
	int64_t needed_now;		    /* bytes; -1 = not known, or it does not run */
	int64_t host_available, host_total; /* bytes, now */
	int times;			    /* incidents of this cause in 30 days, this one too */
};

/* Array of {kind, possible, text, action: {label, primary, method, path, body} or null}, owned by
 * the caller. */
json_t *incident_ways(const struct ways_input *in);

#endif
