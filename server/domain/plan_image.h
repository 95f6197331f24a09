/*
 * plan_image: the steps that bring an image onto this NAS: from a file that was uploaded, by
 * building it, by pulling it. They belong to no stack (plan.stack is ""). Pure.
 */
#ifndef DOMAIN_PLAN_IMAGE_H
#define DOMAIN_PLAN_IMAGE_H

#include "base/model.h"

/* file: its name in the spool's folder `dir`; size: bytes. */
void plan_image_load(const char *dir, const char *file, int64_t size, struct plan *ret);

struct image_source {
	const char *tag;
	const char *folder; /* on this NAS, without symlinks */
	const char *url;    /* or an address */
	bool no_cache;
};
void plan_image_build(const struct image_source *s, struct plan *ret);

void plan_image_pull(const char *image, struct plan *ret);

#endif
