/*
 * notify: tells the outside what goes wrong. Today: a line in the log of QTS for every warning or
 * bad finding that lasts (domain/notice says which and how often) and for every job that failed or
 * was taken back; QTS makes mails and pushes of it when its owner set up an alert rule. Secrets are
 * masked.
 *
 * One thread of its own ("notify"); without QTS's log_tool it does nothing. Start it before the
 * jobs that are resumed, so that none of their ends is missed.
 */
#ifndef SERVICES_NOTIFY_H
#define SERVICES_NOTIFY_H

#include "services/app.h"

struct notify; /* opaque */

int notify_start(struct app *app, struct notify **ret, struct err *e);
/* After bus_close. NULL is allowed. */
void notify_stop(struct notify *n);

#endif
