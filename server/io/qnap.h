/*
 * qnap: what QTS, the NAS's own system, tells and takes: is this a QNAP NAS, how is Container
 * Station, who is signed in to QTS, and a line for the system log.
 *
 * Every path is below a root, "/" on a NAS; tests use a tree of their own. Files of QTS are
 * "[Section]" with "Key = Value" lines, as its getcfg reads them (sections and keys in any case).
 * Nothing is kept between calls. Any thread.
 *
 * Sources: QNAP's QDK (getcfg, qpkg.conf, log_tool), QNAP's "File Station API v4.2" for
 * authLogin.cgi, and for the use of the desktop's cookies Tailscale's client/web/qnap.go.
 *
 * Error codes: qnap.silent (QTS's web server does not answer), qnap.reply (its answer is not
 * understood), qnap.log_failed; of an engine that does not answer: engine.station_missing,
 * engine.station_off, engine.station_starting, engine.station_stopped.
 */
#ifndef IO_QNAP_H
#define IO_QNAP_H

#include "base/err.h"

#include <stddef.h>

/* A QNAP NAS has /etc/config/uLinux.conf. */
bool qnap_here(const char *root);

/* ROOT + path in one string, owned by the caller; "/" adds nothing. */
char *qnap_path(const char *root, const char *path);

/* ---- Container Station ---- */

enum qnap_run { QNAP_DOWN, QNAP_STARTING, QNAP_UP, QNAP_RUN_UNKNOWN };

struct qnap_app {
	bool installed, enabled; /* by /etc/config/qpkg.conf */
	enum qnap_run run;	 /* by /etc/qpkg_run_status */
};
void qnap_container_station(const char *root, struct qnap_app *ret);
/* Of an engine that does not answer (engine.absent) it says what Container Station says of itself;
 * any other error, or one elsewhere than on a QNAP NAS, stays as it is. QTS has a second engine for
 * its own apps, at /var/run/system-docker.sock: that one is named, and never used, because its
 * containers are not those that Container Station shows. */
void qnap_explain_engine(const char *root, struct err *why);

/* ---- the system log, from which QTS makes the notices that its owner asked for ---- */

enum qnap_level { QNAP_INFO, QNAP_WARNING, QNAP_ERROR };

/* False: this QTS has no /sbin/log_tool. */
bool qnap_can_log(const char *root);
/* One line, "[Ethereum Station] text", by running log_tool without a shell; control characters
 * become blanks, what is too long is cut. Waits for its end, at most 10 s. */
int qnap_log(const char *root, enum qnap_level level, const char *text, struct err *e);

/* ---- who is signed in to QTS ---- */

#define QNAP_USER 65 /* bytes of a QTS user name with its NUL */

/* What a browser that is signed in to QTS sends along: its user with a token or a sid. Borrowed. */
struct qnap_cookies {
	const char *user;  /* NAS_USER, or NULL */
	const char *token; /* qtoken, or NULL */
	const char *sid;   /* NAS_SID, or NULL */
};

struct qnap_person {
	bool passed; /* QTS knows this sign-in; otherwise nothing else here is to be believed */
	bool admin;
	char user[QNAP_USER]; /* as QTS says */
};

/* Asks QTS's own web server on 127.0.0.1 (the port of uLinux.conf; after its "https only"
 * redirection on the port it names, still on 127.0.0.1). With a token it checks that and the user,
 * else the sid. address: of the browser, for QTS's own records. */
int qnap_who(const char *root, const struct qnap_cookies *c, const char *address,
	struct qnap_person *ret, struct err *e);

#endif
