#include "io/tar_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 60
#define END_BYTES (2 * TAR_BLOCK) /* of zeros */

struct tar_pack {
	int root;
	struct tar_entry *entries;
	size_t n, room;
	int64_t size; /* of the whole */
	struct err error;
	/* where it is */
	size_t next;	     /* entry that begins next */
	struct buf head;     /* of the present one */
	size_t head_done;    /* bytes of it that were handed out */
	int fd;		     /* its contents; -1 = none */
	int64_t left, zeros; /* bytes of its contents, and of zeros behind it, still to come */
};

/* ---- looking through the folder ---- */

struct looking {
	const struct tar_order *o;
	struct tar_pack *p;
	struct err *e;
};

static int64_t padding(int64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

static int unreadable(struct err *e, const char *rel)
{
	return err_set(e, ERR_CONFLICT, "tar.unreadable", "%.120s cannot be read: %s.",
		*rel ? rel : "The folder", strerror(errno));
}

static int add(struct looking *l, const struct tar_entry *entry)
{
	struct tar_pack *p = l->p;
	autobuf struct buf head = {0};

	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->entries = xrealloc(p->entries, p->room * sizeof(*p->entries));
	}
	p->entries[p->n++] = *entry;
	tar_head(entry, &head);
	p->size += (int64_t)head.len + entry->size + padding(entry->size);
	if (p->size > l->o->max_bytes || p->n > l->o->max_entries)
		return err_set(l->e, ERR_CONFLICT, "tar.too_large",
			"The folder %.150s holds more than %lld MiB or %zu files.", l->o->folder,
			(long long)(l->o->max_bytes >> 20), l->o->max_entries);
	return 0;
}

/* Of a kind that goes into a tar; a symlink's target is read. */
static bool takes(int dir, const char *name, const struct stat *st, struct tar_entry *ret)
{
	char target[PATH_MAX];
	ssize_t len;

	ret->mode = st->st_mode;
	ret->mtime = st->st_mtime;
	if (S_ISREG(st->st_mode))
		ret->size = st->st_size;
	if (!S_ISLNK(st->st_mode))
		return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode);
	len = readlinkat(dir, name, target, sizeof(target));
	if (len < 0 || (size_t)len == sizeof(target))
		return false;
	ret->link = xstrndup(target, (size_t)len);
	return true;
}

static int look(struct looking *l, int fd, const char *above, int depth);

static int look_at(struct looking *l, int fd, const char *above, const char *name, int depth)
{
	autofree char *rel = xasprintf("%s%s%s", above, *above ? "/" : "", name);
	struct tar_entry entry = {0};
	enum tar_wish wish = TAR_TAKE;
	autoclose int sub = -1;
	struct stat st;
	int rc = 0;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : unreadable(l->e, rel);
	if (l->o->wish)
		wish = l->o->wish(l->o->ctx, rel, S_ISDIR(st.st_mode));
	if (wish == TAR_TAKE && takes(fd, name, &st, &entry)) {
		entry.rel = xstrdup(rel);
		rc = add(l, &entry);
	}
	if (rc || !S_ISDIR(st.st_mode) || wish == TAR_LEAVE_ALL)
		return rc;
	sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return sub < 0 ? unreadable(l->e, rel) : look(l, sub, rel, depth + 1);
}

static int look(struct looking *l, int fd, const char *above, int depth)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autodir DIR *d = own < 0 ? NULL : fdopendir(own);
	struct dirent *de;

	if (!d || depth > DEPTH_MAX) {
		if (!d && own >= 0)
			close(own);
		errno = d ? ELOOP : errno;
		return unreadable(l->e, above);
	}
	while ((errno = 0, de = readdir(d)))
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, "..") &&
			look_at(l, fd, above, de->d_name, depth))
			return -1;
	return errno ? unreadable(l->e, above) : 0;
}

/* One name after the other, so that nothing on the way is a symlink. The last one is opened with
 * the flags. */
static int open_below(int fd, const char *rel, int flags)
{
	char name[NAME_MAX + 1];
	int at = fcntl(fd, F_DUPFD_CLOEXEC, 0), next;

	while (at >= 0 && *rel) {
		size_t len = strcspn(rel, "/");
		bool last = !rel[len];

		snprintf(name, sizeof(name), "%.*s", (int)len, rel);
		next = openat(
			at, name, (last ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		rel += len + (rel[len] == '/');
	}
	return at;
}

static int open_folder(const char *folder)
{
	autoclose int top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder[0] != '/') {
		errno = EINVAL;
		return -1;
	}
	return top < 0 ? -1 : open_below(top, folder + 1, O_RDONLY | O_DIRECTORY);
}

int tar_open(const struct tar_order *o, struct tar_pack **ret, struct err *e)
{
	autotar struct tar_pack *p = xcalloc(1, sizeof(*p));
	struct looking l = {o, p, e};

	p->fd = -1;
	p->size = END_BYTES;
	p->root = open_folder(o->folder);
	if (p->root < 0)
		return unreadable(e, o->folder);
	if (look(&l, p->root, "", 0))
		return -1;
	p->zeros = p->n ? 0 : END_BYTES;
	*ret = take(p);
	return 0;
}

void tar_close(struct tar_pack *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->entries[i].rel);
		free(p->entries[i].link);
	}
	free(p->entries);
	buf_free(&p->head);
	close_fd(&p->fd);
	close_fd(&p->root);
	free(p);
}

void tar_drop(struct tar_pack **p)
{
	tar_close(*p);
}

int64_t tar_size(const struct tar_pack *p)
{
	return p->size;
}

size_t tar_entries(const struct tar_pack *p)
{
	return p->n;
}

const struct err *tar_error(const struct tar_pack *p)
{
	return &p->error;
}

/* ---- making it ---- */

static int changed(struct tar_pack *p, const struct tar_entry *entry)
{
	return err_set(&p->error, ERR_CONFLICT, "tar.changed",
		"%.200s was changed while it was read.", entry->rel);
}

static int begin(struct tar_pack *p)
{
	const struct tar_entry *entry = &p->entries[p->next++];
	struct stat st;

	buf_reset(&p->head);
	p->head_done = 0;
	tar_head(entry, &p->head);
	p->left = entry->size;
	p->zeros = padding(entry->size) + (p->next == p->n ? END_BYTES : 0);
	close_fd(&p->fd);
	p->fd = -1;
	if (!entry->size)
		return 0;
	p->fd = open_below(p->root, entry->rel, O_RDONLY | O_NONBLOCK);
	if (p->fd < 0 || fstat(p->fd, &st) || !S_ISREG(st.st_mode) || st.st_size < entry->size)
		return changed(p, entry);
	return 0;
}

static ssize_t some(struct tar_pack *p, char *to, size_t len)
{
	size_t head = p->head.len - p->head_done;
	ssize_t n;

	if (head) {
		n = (ssize_t)(head < len ? head : len);
		memcpy(to, p->head.data + p->head_done, (size_t)n);
		p->head_done += (size_t)n;
	} else if (p->left) {
		n = read(p->fd, to, (int64_t)len < p->left ? len : (size_t)p->left);
		if (n <= 0)
			return changed(p, &p->entries[p->next - 1]);
		p->left -= n;
	} else {
		n = (ssize_t)((int64_t)len < p->zeros ? len : (size_t)p->zeros);
		memset(to, 0, (size_t)n);
		p->zeros -= n;
	}
	return n;
}

static bool between(const struct tar_pack *p)
{
	return p->head_done == p->head.len && !p->left && !p->zeros;
}

ssize_t tar_read(void *pack, char *to, size_t len)
{
	struct tar_pack *p = pack;
	size_t done = 0;

	while (done < len) {
		ssize_t n;

		if (between(p)) {
			if (p->next == p->n)
				break;
			if (begin(p))
				return -1;
		}
		n = some(p, to + done, len - done);
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}
