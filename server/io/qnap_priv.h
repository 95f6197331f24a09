/*
 * qnap_priv: the pure parts of the room qnap, for its files and its tests. Nobody else includes
 * this.
 */
#ifndef IO_QNAP_PRIV_H
#define IO_QNAP_PRIV_H

#include "base/buf.h"
#include "io/qnap.h"

/* The value of a key in a text of "[Section]" and "Key = Value" lines; false when it is not there
 * or does not fit. A section that comes twice counts as one; the first key wins. */
bool ini_get(const char *text, const char *section, const char *key, char *ret, size_t size);
bool ini_has_section(const char *text, const char *section);
/* A file below root; empty when it cannot be read or has more than 1 MiB. */
void qnap_read(const char *root, const char *path, struct buf *ret);

/* The answer of authLogin.cgi: XML whose values are CDATA. Only authPassed, isAdmin and username
 * directly below QDocRoot are taken; whatever is not well-formed, is there twice or has another
 * value than it may have is qnap.reply. len bytes, NULs refused. */
int qnap_parse_reply(const char *xml, size_t len, struct qnap_person *ret, struct err *e);
/* The port of an https URL, 443 when it names none; 0 when it is none. */
int qnap_https_port(const char *url);
/* The query of authLogin.cgi, without the question mark; owned by the caller. */
char *qnap_query(const struct qnap_cookies *c, const char *address);

#endif
