/*
 * images: what is needed to bring an image onto this NAS: the place for files that are uploaded,
 * which folders may be built from, which images are there. Any thread.
 *
 * Uploaded files lie in DATA/.uploads (ours alone), one for each job, until their job has ended;
 * what a crash left behind goes at the next start.
 *
 * Error codes: image.too_large, image.space, image.folder, image.no_dockerfile, path.missing,
 * ignore.too_large, recipe.missing, engine.*, and those of io/spool and io/tar.
 */
#ifndef SERVICES_IMAGES_H
#define SERVICES_IMAGES_H

#include "io/spool.h"
#include "io/tar.h"
#include "services/app.h"

#define IMAGES_FILE_MAX (INT64_C(8) << 30)   /* bytes of an uploaded file */
#define IMAGES_FOLDER_MAX (INT64_C(2) << 30) /* bytes of a folder that is built from */

char *images_dir(const struct app *app); /* owned by the caller */
/* Before jobs_resume: removes the files that no open job wants. */
void images_sweep(struct app *app);

/* Whether a volume has room for so many bytes more, without the disk guard stopping a node. */
int images_room(struct app *app, const char *path, int64_t bytes, struct err *e);
/* A file of so many bytes may come; its name is made up. */
int images_expect(struct app *app, int64_t size, struct err *e);
int images_begin(struct app *app, int64_t size, struct spool *ret, struct err *e);

/* A folder that a person named, as its path without symlinks (owned by the caller): below the data
 * folder, or in a shared folder of a QNAP NAS, and apart from what this program keeps. */
int images_folder(struct app *app, const char *folder, char **ret, struct err *e);
/* The folder as a tar, without what its .dockerignore leaves out. */
int images_pack(const char *folder, struct tar_pack **ret, struct err *e);

/* Image of api.yaml, an array; recipe: only what may be run with it, NULL = with any. Owned by the
 * caller. Asks the engine. */
int images_list(struct app *app, const char *recipe, json_t **ret, struct err *e);

#endif
