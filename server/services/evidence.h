/*
 * evidence: the log of a version that failed, kept when its container goes, and
 * the output of a build: STATE/failed/JOB.log,
 * secrets masked, at most 1 MiB each and the last 20 of them. Any thread.
 *
 * Error codes: evidence.missing, and the engine's.
 */
#ifndef SERVICES_EVIDENCE_H
#define SERVICES_EVIDENCE_H

#include "services/app.h"

/* Keeps the log of a container for a job; replaces what was kept for it before. */
int evidence_keep(struct app *app, int64_t job, const char *container, struct err *e);
/* The same of a text in which secrets are masked already: the output of a build. */
int evidence_keep_text(struct app *app, int64_t job, const char *text, size_t len, struct err *e);
/* What was kept; owned by the caller. */
int evidence_read(struct app *app, int64_t job, char **ret, size_t *ret_len, struct err *e);

#endif
