/*
 * exposition: the text form in which Prometheus reads metrics, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * One bad line makes Prometheus refuse the whole scrape, so nothing that comes from outside can
 * break one: label values are escaped, what is no UTF-8 becomes "?" byte by byte, and a value that
 * is not known has no sample. Pure; the buffer is the caller's.
 */
#ifndef DOMAIN_EXPOSITION_H
#define DOMAIN_EXPOSITION_H

#include "base/buf.h"

/* name: of this program's own choice, [a-z_]+; value: any text. Borrowed. */
struct label {
	const char *name, *value;
};

/* The two lines before a family's samples; all samples of it must follow at once. type: gauge or
 * counter. help: one line without backslashes. */
void exposition_family(struct buf *b, const char *name, const char *type, const char *help);
/* Nothing is written of a value that is not known: negative, or not a number. */
void exposition_sample(
	struct buf *b, const char *name, const struct label *labels, size_t n, double value);
/* A family of one sample without labels. */
void exposition_single(
	struct buf *b, const char *name, const char *type, const char *help, double value);

#endif
